/**
 * @module
 * One fault of the fault suite: something is broken on purpose, many times, and everything that must hold is checked.
 */

/** How much of it: a minute or less for every test run, or as long as it takes. */
export type Scale = "short" | "full";

/** How much gaps are widened by: what a loaded machine does now and then. */
export const GAP_MS = 50;

/** What is made harder besides. */
export interface Circumstances {
  /** Workers pause up to so long between what they see and what they do about it; 0 unless given. */
  gapMs?: number;
}

/** What came of it. */
export interface Report {
  /** What was broken and how often: `143 workers killed`. */
  injected: string;
  /** What was checked, a phrase each. */
  checked: string[];
  /** What did not hold, a sentence each; empty when all is well. */
  found: string[];
}

/** One kind of fault. */
export interface Fault {
  /** The word that selects it on the command line. */
  name: string;
  /** Why it cannot be tried here, such as a tool that is missing; undefined when it can. */
  impossible?: string;
  /** Whether gaps can be widened in it. */
  hasGaps?: boolean;
  run(scale: Scale, circumstances?: Circumstances): Promise<Report>;
}
