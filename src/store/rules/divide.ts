/**
 * @module
 * Few jobs are stored in one transaction, very many in several. Pure. Invariant: no more of very many jobs than
 * necessary are held in memory.
 */
import type { NewJob } from "../../domain/job.ts";

/** As many jobs as are stored in one transaction. */
const MOST = 1000;
const MOST_TEXT = 2 * 1024 * 1024;

/** Jobs, and whether they are too many for one transaction: then they can be taken one by one, once. */
export interface Divided {
  /** All of them, or all that are to be taken. */
  jobs: Iterable<NewJob>;
  many: boolean;
}

/** Finds out whether jobs are many, without taking more of them than necessary. */
export function divide(jobs: Iterable<NewJob>): Divided {
  const some: NewJob[] = [];
  const iterator = jobs[Symbol.iterator]();
  let text = 0;
  while (some.length <= MOST && text < MOST_TEXT) {
    const next = iterator.next();
    if (next.done) return { jobs: some, many: false };
    some.push(next.value);
    text += textOf(next.value);
  }
  return { jobs: chain(some, iterator), many: true };
}

/** About how many characters a job has. */
export function textOf({ command, env }: NewJob): number {
  return command.length + (env === null ? 0 : JSON.stringify(env).length);
}

function* chain(some: readonly NewJob[], rest: Iterator<NewJob>): Iterable<NewJob> {
  yield* some;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}
