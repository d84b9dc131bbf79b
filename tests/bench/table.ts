/**
 * @module
 * The table in which the bench shows its results.
 */
import { holds, type Result, type Target } from "./row.ts";

/** The results as aligned lines, with a heading. */
export function table(results: readonly Result[]): string {
  const rows = [
    ["what", "measured", "against", "figure", "target", ""],
    ...results.map((one) => [
      one.what,
      one.measured,
      one.against,
      one.figure.toPrecision(3),
      one.target ? showTarget(one.target) : "",
      one.target ? (holds(one.figure, one.target) ? "ok" : "MISSED") : "",
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()).join(
    "\n",
  );
}

function showTarget(target: Target): string {
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}
