/**
 * @module
 * The table in which the bench shows its results, line by line: each is printed when it is there.
 */
import { holds, type Result, type Target } from "./row.ts";

/** Columns for most of what stands in them; what is longer pushes the rest of its line. */
const WIDTHS = [52, 26, 30, 6, 7];

/** What stands above. */
export const HEADING = aligned(["what", "measured", "against", "figure", "target"]);

/** A result as a line. */
export function lineOf({ what, measured, against, figure, target }: Result): string {
  const judged = target ? [showTarget(target), holds(figure, target) ? "ok" : "MISSED"] : [];
  return aligned([what, measured, against, figure.toPrecision(3), ...judged]);
}

function aligned(cells: readonly string[]): string {
  return cells.map((cell, column) => cell.padEnd(WIDTHS[column] ?? 0)).join("  ").trimEnd();
}

function showTarget(target: Target): string {
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}
