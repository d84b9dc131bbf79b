/**
 * @module
 * One row of the bench: what is measured, against which ceiling, and what ratio is asked for. A ceiling is
 * measured in the same run, turn by turn with the thing itself, so that a busy machine slows both alike.
 */
import type { Fixtures } from "./fixtures.ts";

/** One row. It may give several results where one number would hide something. */
export interface Row {
  /** The word that selects it on the command line. */
  name: string;
  run(fixtures: Fixtures): Promise<Result[]>;
}

/** A line of the table. */
export interface Result {
  what: string;
  /** What was measured, with its unit. */
  measured: string;
  /** What it is compared with, with its unit. */
  against: string;
  /** The figure the target is about, mostly a ratio. */
  figure: number;
  /** Null for a line that only informs. */
  target: Target | null;
}

/** A bound on a figure. */
export type Target = { atLeast: number } | { atMost: number };

/** Whether a figure keeps within its target. */
export function holds(figure: number, target: Target): boolean {
  return "atLeast" in target ? figure >= target.atLeast : figure <= target.atMost;
}
