/**
 * @module
 * Durations as people write them ("90s", "1h30m", "2d", "90 minutes", or plain seconds) to milliseconds and back. Pure.
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const NUMBER = String.raw`\d+(?:\.\d+)?`;
/** Units largest first, as letters or in words. */
const UNITS = ["w(?:eeks?)?", "d(?:ays?)?", "h(?:(?:ou)?rs?)?", "m(?:in(?:ute)?s?)?", "s(?:ec(?:ond)?s?)?"];
const DURATION = new RegExp(
  `^${UNITS.map((unit) => `(?:${NUMBER} ?${unit}(?: |$|(?=\\d)))?`).join("")}(?:\\d+ ?ms)?$`,
);
const PART = new RegExp(`(${NUMBER}) ?(ms|[dhmsw])`, "g");

/**
 * Reads a duration: a number of seconds (`1.5`), or numbers with units `w d h m s ms`, largest first (`1h30m`),
 * also in words (`1 hour 30 minutes`).
 * Returns whole milliseconds, or undefined for anything else, negatives and infinities included.
 */
export function parseDuration(text: string | number): number | undefined {
  if (typeof text === "number") return fromSeconds(text);
  const trimmed = text.trim();
  if (/^\d*\.?\d+$/.test(trimmed)) return fromSeconds(Number(trimmed));
  if (!DURATION.test(trimmed)) return undefined;
  let total = 0;
  for (const [, amount, unit] of trimmed.matchAll(PART)) total += Number(amount) * UNIT_MS[unit!]!;
  return trimmed === "" || !Number.isSafeInteger(Math.round(total)) ? undefined : Math.round(total);
}

function fromSeconds(seconds: number): number | undefined {
  const ms = Math.round(seconds * 1000);
  return seconds >= 0 && Number.isSafeInteger(ms) ? ms : undefined;
}

/** Writes a duration for people, with at most two units: `850ms`, `1.5s`, `1m30s`, `2h`, `3d4h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${trimZeros((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))}s`;
  const seconds = Math.round(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts.slice(first, first + 2).filter(([amount]) => amount > 0).map((part) => part.join("")).join("");
}

function trimZeros(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}
