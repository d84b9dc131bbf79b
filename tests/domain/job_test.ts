/**
 * @module
 * The states and the one table of moves between them.
 */
import assert from "node:assert/strict";
import { ID_PATTERN } from "../../src/domain/fields.ts";
import { ENDED, STATES, statesBefore, TRANSITIONS, WAITING } from "../../src/domain/job.ts";

Deno.test("every state but processing either waits or has ended", () => {
  assert.deepEqual([...WAITING, ...ENDED, "processing"].sort(), [...STATES].sort());
});

Deno.test("only a pending job is claimed, and only a running one ends by itself", () => {
  assert.deepEqual(statesBefore("processing"), ["pending"]);
  for (const state of ["completed", "failed", "dead"] as const) {
    assert.deepEqual(statesBefore(state), ["processing"]);
  }
});

Deno.test("an ended job goes nowhere but back to the start", () => {
  for (const state of ENDED) {
    const start = TRANSITIONS[state].every((to) => ["blocked", "pending", "scheduled"].includes(to));
    assert.ok(start, state);
  }
});

Deno.test("ids are short and plain, and never the store's own", () => {
  for (const id of ["a", "job-123", "J7", "j7x", "a.b:c_d", "x".repeat(128)]) assert.match(id, ID_PATTERN);
  for (const id of ["", "j7", "j0", "../x", "a b", "ä", "a\n", "x".repeat(129)]) {
    assert.doesNotMatch(id, ID_PATTERN, id);
  }
});
