/**
 * @module
 * Findings as a table, or as JSON.
 */
import type { Context } from "../../line/context.ts";
import type { Colour } from "../../show/print.ts";
import { table } from "../../show/table.ts";
import type { Finding, Level } from "./finding.ts";

const COLOUR: Readonly<Record<Level, Colour>> = { ok: "green", warning: "yellow", problem: "red" };

/** Prints them. Returns the exit code that goes with them: that of one that says it, else 1 when there is a problem. */
export function printFindings({ print }: Context, findings: readonly Finding[]): number {
  const json = findings.map(({ check, level, found, advice }) => ({ check, level, found, advice }));
  print.result(json, () =>
    table(print, {
      rows: findings,
      columns: [
        {
          title: "",
          value: ({ level }) => level,
          paint: ({ level }, cell) => print.paint(COLOUR[level], cell),
        },
        { title: "CHECK", value: ({ check }) => check },
        { title: "FOUND", value: ({ found, advice }) => advice ? `${found}: ${advice}` : found },
      ],
    }));
  const said = findings.find(({ exitCode }) => exitCode !== undefined)?.exitCode;
  return said ?? (findings.some(({ level }) => level === "problem") ? 1 : 0);
}
