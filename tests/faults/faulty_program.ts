/**
 * @module
 * How to start `faulty_worker.ts` in the place of the plain program.
 */
import { fileURLToPath } from "node:url";
import type { PointName } from "./points.ts";
import type { Program } from "./workers.ts";

/** Where the faulty worker fails. */
export interface FaultAt {
  point: PointName;
  /** How many times it passes there before. */
  passes?: number;
  /** A file that does not exist: it is made just before. */
  marker: string;
}

const FAULTY: Program = {
  flags: ["run", "--no-prompt", "--allow-all"],
  entry: fileURLToPath(new URL("./faulty_worker.ts", import.meta.url)),
};

/** The faulty worker as a program. */
export function faultyProgram({ point, passes = 0, marker }: FaultAt): Program {
  return { ...FAULTY, env: { FAULT_POINT: point, FAULT_AT: String(passes), FAULT_MARKER: marker } };
}

/** A worker that does not fail, for gaps to be widened in it. */
export const FAULTLESS: Program = FAULTY;
