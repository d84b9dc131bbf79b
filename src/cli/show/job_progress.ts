/**
 * @module
 * How far a job is, by its own words, for people.
 */

/** Cells of a bar. */
const WIDTH = 10;

/** `████░░░░░░ 40% step 3`, as far as it is known; empty where nothing is. */
export function progressText(percent: number | null, text: string | null): string {
  if (percent === null) return text ?? "";
  const full = Math.round(percent / 100 * WIDTH);
  const bar = "█".repeat(full) + "░".repeat(WIDTH - full);
  return `${bar} ${percent}%${text === null ? "" : ` ${text}`}`;
}
