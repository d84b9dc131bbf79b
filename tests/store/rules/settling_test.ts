/**
 * @module
 * What a settlement makes of a job and its attempt, and what is counted of it.
 */
import assert from "node:assert/strict";
import { noFigures } from "../../../src/domain/figures.ts";
import { type Outcome, OUTCOMES, type State, STATES, TRANSITIONS } from "../../../src/domain/job.ts";
import { countAttempt, moveOf } from "../../../src/store/rules/settling.ts";
import { settlement } from "../../helpers/jobs.ts";

const move = (state: State, outcome: Outcome | "unstarted" = "failed", runAt: number | null = null) =>
  moveOf(settlement("t", { finishedAt: 500, state, outcome, runAt }));

Deno.test("an attempt moves its job only to where the table of states leads, called off or not", () => {
  for (const state of STATES) {
    if (!TRANSITIONS.processing.includes(state)) {
      assert.throws(() => move(state), { message: `An attempt cannot make its job ${state}` });
      continue;
    }
    assert.equal(move(state).state, state);
    assert.ok(TRANSITIONS.processing.includes(move(state).stateIfCalledOff));
  }
});

Deno.test("a job that was to be called off neither waits on nor is dead, but what is completed stays so", () => {
  for (const state of ["pending", "failed", "dead", "cancelled"] as const) {
    assert.equal(move(state).stateIfCalledOff, "cancelled");
  }
  assert.equal(move("completed").stateIfCalledOff, "completed");
});

Deno.test("a job that was put back may run from the end of its attempt on, and that one is not counted", () => {
  assert.deepEqual(
    move("pending", "released"),
    { state: "pending", stateIfCalledOff: "cancelled", runAt: 500, uncounted: 1, heldIfPaused: true },
  );
  assert.equal(move("pending", "released", 900).runAt, 900);
});

Deno.test("a job whose attempt never began keeps its time, whatever the settlement says", () => {
  assert.deepEqual(
    move("pending", "unstarted", 900),
    { state: "pending", stateIfCalledOff: "cancelled", runAt: null, uncounted: 1, heldIfPaused: true },
  );
});

Deno.test("a job that was paused is held where it would go on by itself", () => {
  for (const state of ["pending", "failed"] as const) assert.ok(move(state).heldIfPaused);
  for (const state of ["completed", "dead", "cancelled"] as const) assert.ok(!move(state).heldIfPaused);
});

Deno.test("a job that failed waits for the time it was given, and one that ended keeps its own", () => {
  assert.deepEqual([move("failed", "failed", 900).runAt, move("failed", "failed", 900).uncounted], [900, 0]);
  assert.equal(move("completed", "completed").runAt, null);
  assert.equal(move("dead", "timed_out").runAt, null);
});

const counted = (outcome: Outcome, state?: State) => {
  const figures = noFigures();
  countAttempt(figures, { outcome, state, readyAt: 100, startedAt: 400, finishedAt: 1000 });
  return figures;
};

Deno.test("every attempt that began is counted once, with its wait; one that was put back in nothing else", () => {
  for (const outcome of OUTCOMES) {
    const { started, waitMs, completed, failed, timedOut, cancelled, lost, snoozed } = counted(outcome);
    assert.deepEqual([started, waitMs.count, waitMs.sum], [1, 1, 300]);
    const ended = completed + failed + timedOut + cancelled + lost + snoozed;
    assert.equal(ended, outcome === "released" ? 0 : 1, outcome);
  }
});

Deno.test("an attempt has run for as long as it took, unless nobody knows", () => {
  assert.equal(counted("completed").runMs.sum, 600);
  assert.equal(counted("lost").runMs.count, 0);
  assert.equal(counted("released").runMs.count, 0);
  assert.equal(counted("snoozed").runMs.count, 0);
});

Deno.test("what became of the job is counted with the attempt", () => {
  assert.deepEqual([counted("failed", "failed").retried, counted("failed", "failed").dead], [1, 0]);
  assert.deepEqual([counted("timed_out", "dead").retried, counted("timed_out", "dead").dead], [0, 1]);
  assert.deepEqual([counted("failed").retried, counted("failed").dead], [0, 0]);
});
