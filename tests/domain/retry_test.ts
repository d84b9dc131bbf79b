/**
 * @module
 * The delay before the next attempt, and where a job goes.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { OUTCOMES, TRANSITIONS } from "../../src/domain/job.ts";
import { nextState, retryDelayMs } from "../../src/domain/retry.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";
import { ended } from "../helpers/jobs.ts";

const delays = (changes: Partial<typeof DEFAULT_SETTINGS>, count = 4) =>
  Array.from({ length: count }, (_, i) => retryDelayMs(i + 1, { ...DEFAULT_SETTINGS, ...changes }, 0.5));

Deno.test("with the defaults a job waits 2, 4, 8, 16 s", () => {
  assert.deepEqual(delays({}), [2000, 4000, 8000, 16_000]);
});

Deno.test("with a base of 3 and a factor of 2 it waits 3, 6, 12, 24 s", () => {
  assert.deepEqual(delays({ backoffBase: 3, backoffFactor: 2 }), [3000, 6000, 12_000, 24_000]);
});

Deno.test("a base of 0 or 1 without a factor, and a factor of 1, give the same delay every time", () => {
  assert.deepEqual(delays({ backoffBase: 0 }), [0, 0, 0, 0]);
  assert.deepEqual(delays({ backoffBase: 1 }), [1000, 1000, 1000, 1000]);
  assert.deepEqual(delays({ backoffBase: 5, backoffFactor: 1 }), [5000, 5000, 5000, 5000]);
});

Deno.test("no delay is longer than the longest, not even after a million failures", () => {
  assert.equal(retryDelayMs(1_000_000, { ...DEFAULT_SETTINGS, backoffBase: 86_400 }, 0.5), 3_600_000);
});

Deno.test("jitter spreads a delay evenly around itself, and never below 0", () => {
  const spread = (random: number) => retryDelayMs(1, { ...DEFAULT_SETTINGS, backoffJitter: 0.5 }, random);
  assert.deepEqual([spread(0), spread(0.5), spread(1)], [1000, 2000, 3000]);
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(fraction, fraction, (backoffJitter, random) => {
    assert.ok(retryDelayMs(3, { ...DEFAULT_SETTINGS, backoffJitter }, random) >= 0);
  }));
});

Deno.test("max_retries 2 is three runs, then dead", () => {
  const after = (attempts: number) => nextState(ended({ attempts, maxRetries: 2 }), DEFAULT_SETTINGS, 0.5);
  assert.deepEqual([1, 2, 3].map(after), [
    { state: "failed", runAt: 2000 },
    { state: "failed", runAt: 4000 },
    { state: "dead", runAt: null },
  ]);
});

Deno.test("a timeout and a loss count as failures; the rest does not", () => {
  const after = Object.fromEntries(OUTCOMES.map((outcome) => [
    outcome,
    nextState(ended({ outcome, attempts: 1, maxRetries: 0 }), DEFAULT_SETTINGS, 0.5).state,
  ]));
  assert.deepEqual(after, {
    completed: "completed",
    failed: "dead",
    timed_out: "dead",
    idle: "dead",
    cancelled: "cancelled",
    lost: "dead",
    snoozed: "pending",
    released: "pending",
  });
});

Deno.test("every attempt leaves its job where the table allows", () => {
  fc.assert(
    fc.property(fc.constantFrom(...OUTCOMES), fc.nat(9), fc.nat(9), (outcome, attempts, maxRetries) => {
      const { state, runAt } = nextState(
        ended({ outcome, attempts, maxRetries, finishedAt: 7 }),
        DEFAULT_SETTINGS,
        0,
      );
      assert.ok(TRANSITIONS.processing.includes(state));
      assert.equal(runAt !== null, state === "failed");
    }),
  );
});
