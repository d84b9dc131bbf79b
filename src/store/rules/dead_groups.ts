/**
 * @module
 * Dead jobs by what they died of. What that is called is found out when a job dies, or, where that was not possible or an
 * older program settled it, soon after; so each store keeps a name with the job, and counts groups by an index of names.
 */
import { diedOf } from "../../domain/died_of.ts";
import type { DeadGroup, DeadPage } from "../contract.ts";

/** Bytes of stderr that are looked at, from its end. */
export const TAIL = 4096;

/** So many jobs are named in one transaction, where many are to be. */
export const NAMED_AT_ONCE = 200;

/** A dead job without a name, and the last pieces of its stderr, the latest first. */
export interface Unnamed {
  seq: number;
  error: string | null;
  pieces: readonly Uint8Array[];
}

/** What it died of. */
export function nameOf({ error, pieces }: Unnamed): string {
  const decoder = new TextDecoder();
  const stderr = pieces.toReversed().map((bytes) => decoder.decode(bytes, { stream: true })).join("");
  return diedOf({ error, stderr });
}

/** A group without its course. */
export type BareGroup = Omit<DeadGroup, "course">;

/** Deaths of a group in a step of its course. */
export interface Deaths {
  step: number;
  n: number;
}

/** How many died in each step, the oldest first. */
export function courseOf(deaths: readonly Deaths[], { steps }: NonNullable<DeadPage["course"]>): number[] {
  const course = new Array<number>(steps).fill(0);
  for (const { step, n } of deaths) if (step >= 0 && step < steps) course[step]! += n;
  return course;
}
