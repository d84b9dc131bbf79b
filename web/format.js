/** Figures and times for people. */

/** What is past for less than this is not told in seconds: a page at rest would be drawn each second. */
const FRESH_S = 60;

/** Seconds as `3ms`, `1.2s`, `4m 5s`, `3h 2m`, `5d 1h`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const s = Math.max(0, seconds);
  if (s < 1) return `${Math.round(s * 1000)}ms`;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${Math.floor(s % 60)}s`;
  if (s < 86_400) return `${Math.floor(s / 3600)}h ${Math.floor((s % 3600) / 60)}m`;
  return `${Math.floor(s / 86_400)}d ${Math.floor((s % 86_400) / 3600)}h`;
}

/** Seconds from one time to another, or to now. */
export function secondsBetween(from, to) {
  return ((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000;
}

/** `just now`, `4m ago`, `in 5s`. */
export function fromNow(time) {
  if (!time) return "";
  const seconds = secondsBetween(time);
  if (seconds > -0.5 && seconds < FRESH_S) return "just now";
  return seconds > 0 ? `${coarse(seconds)} ago` : `in ${coarse(-seconds)}`;
}

/** `under 1m`, `4m`: how old something is. */
export function age(time) {
  const seconds = secondsBetween(time);
  return seconds < FRESH_S ? "under 1m" : coarse(seconds);
}

/** In so many ms `fromNow` and `age` say something else. */
export function untilOlder(time) {
  const seconds = secondsBetween(time);
  return seconds >= 0 && seconds < FRESH_S ? (FRESH_S - seconds) * 1000 : untilCoarser(time);
}

/** In so many ms `coarse` says something else of the time from then, or until then. */
export function untilCoarser(time) {
  const seconds = secondsBetween(time);
  const [unit] = [[1, 60], [60, 3600], [3600, 86_400], [86_400, Infinity]]
    .find(([, below]) => Math.abs(seconds) < below);
  const units = seconds / unit - 0.5;
  return Math.min(3_600_000, Math.max(200, (Math.floor(units) + 1 - units) * unit * 1000));
}

/** `12m`: seconds where the order of size is enough. */
export function coarse(seconds) {
  if (seconds < 60) return `${Math.round(seconds)}s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** A time in the reader's zone. */
export function localTime(time) {
  return time ? new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }) : "";
}

/** `12,345`. */
export function number(value) {
  return value.toLocaleString("en");
}

/** `api=2, gpu=1`: units by name. */
export function units(taken) {
  return Object.entries(taken).map(([name, count]) => `${name}=${count}`).join(", ");
}

/** The value of a field as it is typed. */
export function typed(value) {
  return value !== null && typeof value === "object" ? units(value) : String(value ?? "");
}

/** `158k`, `1.2M`: where the order of size is enough. */
export function compact(value) {
  if (value < 10_000) return number(value);
  return value < 999_500 ? `${Math.round(value / 1000)}k` : `${(value / 1e6).toFixed(1)}M`;
}

/** `12m`, `1.5h`: round seconds, as an axis has them. */
export function span(seconds) {
  if (seconds === 0) return "0";
  const [size, unit] = [[86_400, "d"], [3600, "h"], [60, "m"], [1, "s"]].find(([size]) => seconds >= size) ??
    [0.001, "ms"];
  return `${Number((seconds / size).toPrecision(2))}${unit}`;
}

/** `12.3 MB`. */
export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  const power = Math.min(4, Math.floor(Math.log10(count) / 3));
  return `${(count / 1000 ** power).toPrecision(3)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

/** `1 job`, `2 jobs`. */
export function jobs(count) {
  return count === 1 ? "1 job" : `${number(count)} jobs`;
}

const UNSEEN =
  /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f])[\u200d\ufe0f]|(?![\u200d\ufe0f \u3000\n\t])[\p{Cc}\p{Cf}\p{Z}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** The text with what nobody would see, or what turns the direction of text, written out; lines and tabs stay. */
export function visible(text) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return text?.replace(UNSEEN, (char) => char.split("").map(escape).join(""));
}

/** The time of day, to the millisecond, where it is known. */
export function clockTime(at) {
  return at ? `${new Date(at).toTimeString().slice(0, 8)}${at.slice(19, 23)}` : "-".padEnd(12);
}
