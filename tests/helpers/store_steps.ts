/**
 * @module
 * Random steps to take with a store, as data. A step says roughly what to do; what exactly that is (which job,
 * at what time) depends on what there is by then, and a `Script` decides it.
 */
import fc from "npm:fast-check@4.10.2";
import { OUTCOMES } from "../../src/domain/job.ts";

/** The queues of the steps. */
export const QUEUES = ["a", "b"] as const;
/** Who claims and settles. A supervisor that left is followed by another in the same place. */
export const PLACES = ["s", "t"] as const;

const queue = fc.constantFrom(...QUEUES);
const place = fc.constantFrom(...PLACES);
const which = fc.nat(50);
const delay = fc.integer({ min: -50, max: 100 });
const priority = fc.integer({ min: -1, max: 1 });
/** Mostly small, and now and then more than a page of a database. */
const size = fc.oneof(
  { arbitrary: fc.nat(100), weight: 4 },
  { arbitrary: fc.integer({ min: 3000, max: 9000 }), weight: 1 },
);

/** What keeps jobs from running must not be so frequent that hardly any runs. */
const seldom = fc.oneof({ arbitrary: fc.constant(false), weight: 4 }, {
  arbitrary: fc.constant(true),
  weight: 1,
});

const enqueue = fc.record({
  do: fc.constant("enqueue" as const),
  count: fc.oneof(
    { arbitrary: fc.constant(1), weight: 4 },
    { arbitrary: fc.integer({ min: 2, max: 5 }), weight: 1 },
  ),
  queue,
  priority,
  held: seldom,
  delay: fc.option(delay),
  named: fc.boolean(),
  size,
});

const claim = fc.record({
  do: fc.constant("claim" as const),
  place,
  count: fc.integer({ min: 1, max: 4 }),
});

const settle = fc.record({
  do: fc.constant("settle" as const),
  place,
  which,
  outcome: fc.constantFrom(...OUTCOMES, "unstarted" as const),
  again: fc.boolean(),
  delay,
});

const print = fc.record({ do: fc.constant("print" as const), which, size });

const others = [
  fc.record({ do: fc.constantFrom("cancel" as const, "retry" as const, "delete" as const), which }),
  fc.record({ do: fc.constant("hold" as const), which, held: fc.boolean() }),
  fc.record({ do: fc.constant("edit" as const), which, queue, priority, delay }),
  fc.record({
    do: fc.constant("setQueue" as const),
    queue,
    paused: seldom,
    concurrency: fc.option(fc.integer({ min: 0, max: 4 }), { freq: 1 }),
  }),
  fc.record({ do: fc.constant("clear" as const), queue }),
  fc.record({ do: fc.constantFrom("retryDead" as const, "deleteDead" as const) }),
  fc.record({ do: fc.constant("prune" as const), olderThanMs: fc.nat(500) }),
  fc.record({ do: fc.constant("change" as const), place }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 120 }) }),
];

/** What makes a queue go round comes often. */
const step = fc.oneof(
  { arbitrary: enqueue, weight: 4 },
  { arbitrary: claim, weight: 4 },
  { arbitrary: settle, weight: 4 },
  { arbitrary: print, weight: 2 },
  { arbitrary: fc.oneof(...others), weight: 8 },
);

/** One step. */
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs `check` with random sequences of steps, and shortens one with which it throws. */
export async function forAnySteps(check: (steps: Step[]) => Promise<void>, runs: number): Promise<void> {
  const steps = fc.array(step, { minLength: 20, maxLength: 80, size: "max" });
  await fc.assert(fc.asyncProperty(steps, check), { numRuns: runs });
}

/** The same `count` steps for the same seed. */
export function stepsFrom(seed: number, count: number): Step[] {
  return fc.sample(step, { seed, numRuns: count });
}
