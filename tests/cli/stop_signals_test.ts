/**
 * @module
 * How often a worker was told to stop.
 */
import assert from "node:assert/strict";
import { StopWishes } from "../../src/cli/commands/worker/stop_signals.ts";

Deno.test("who tells a process and its group to stop has told it once", () => {
  let now = 1000;
  const wishes = new StopWishes({ monotonicMs: () => now });
  const told = (signal: Deno.Signal, laterMs: number) => {
    now += laterMs;
    return wishes.heard(signal);
  };
  assert.ok(told("SIGTERM", 0));
  assert.ok(!told("SIGTERM", 1));
  assert.ok(!told("SIGTERM", 499), "however many there are");
  assert.ok(told("SIGTERM", 500), "who has waited means it");
  assert.ok(told("SIGINT", 0), "and so does who tells it in another way");
  assert.equal(wishes.count, 3);
});
