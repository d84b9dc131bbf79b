/**
 * @module
 * One fault of the fault suite: something is broken on purpose, many times, and everything that must hold is checked.
 */

/** How much of it: a minute or less for every test run, or as long as it takes. */
export type Scale = "short" | "full";

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
  run(scale: Scale): Promise<Report>;
}
