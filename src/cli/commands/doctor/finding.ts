/**
 * @module
 * What a check of `doctor` comes to.
 */

/** How bad it is: a `problem` keeps queuectl from working, a `warning` may one day, or already costs something. */
export type Level = "ok" | "warning" | "problem";

export interface Finding {
  /** What was looked at, in a word or two. */
  check: string;
  level: Level;
  found: string;
  /** What to do about it; null where nothing has to be done. */
  advice: string | null;
  /** With which every command ends because of it, where it is not 1 for a problem. */
  exitCode?: number;
}

export function ok(check: string, found: string): Finding {
  return { check, level: "ok", found, advice: null };
}

export function warning(check: string, found: string, advice: string): Finding {
  return { check, level: "warning", found, advice };
}

/** It does not work. */
export function problem(check: string, found: string, advice: string): Finding {
  return { check, level: "problem", found, advice };
}
