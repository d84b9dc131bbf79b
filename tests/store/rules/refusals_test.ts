/**
 * @module
 * What a store refuses, and in which words.
 */
import assert from "node:assert/strict";
import { NoSuch, Refused } from "../../../src/domain/errors.ts";
import { type State, STATES, statesBefore } from "../../../src/domain/job.ts";
import type { Verb } from "../../../src/store/contract.ts";
import { ALLOWED, allowed, checkDeletable } from "../../../src/store/rules/refusals.ts";

const said = (action: () => unknown): string => {
  try {
    action();
    return "done";
  } catch (error) {
    assert.ok(error instanceof Refused);
    return error.message;
  }
};
const to = (verb: Verb, state: State, only?: State) =>
  said(() => allowed({ state }, { verb, id: "x", only }));

Deno.test("what is asked of a job is done in some states and refused in the others, which are named", () => {
  for (const verb of Object.keys(ALLOWED) as Verb[]) {
    for (const state of STATES) {
      if (ALLOWED[verb].includes(state)) assert.equal(to(verb, state), "done");
      else assert.match(to(verb, state), new RegExp(`^Cannot ${verb} job "x": it is ${state}`));
    }
  }
});

Deno.test("nothing is allowed that the table of states forbids", () => {
  for (const state of ALLOWED.retry) assert.ok(statesBefore("pending").includes(state));
  // a job that runs is called off by its worker, which is what it is told
  for (const state of ALLOWED.cancel) assert.ok(statesBefore("cancelled").includes(state));
  for (const verb of ["delete", "edit", "hold", "release", "retry"] as const) {
    assert.ok(!ALLOWED[verb].includes("processing"), verb);
  }
});

Deno.test("who is refused is told what to do, where something can be done", () => {
  assert.equal(to("retry", "pending"), 'Cannot retry job "x": it is pending already');
  assert.equal(
    to("retry", "scheduled"),
    'Cannot retry job "x": it is scheduled; edit its time to run it now',
  );
  assert.equal(to("delete", "processing"), 'Cannot delete job "x": it is processing; cancel it first');
  assert.equal(to("edit", "dead"), 'Cannot edit job "x": it is dead; retry it first');
  assert.equal(to("hold", "completed"), 'Cannot hold job "x": it is completed');
});

Deno.test("what is limited to a state is refused in another, though it could be done there", () => {
  assert.equal(to("retry", "dead", "dead"), "done");
  assert.equal(to("retry", "completed", "dead"), 'Cannot retry job "x": it is completed, not dead');
  assert.equal(
    to("delete", "processing", "dead"),
    'Cannot delete job "x": it is processing; cancel it first',
  );
});

Deno.test("a job that is not there is named", () => {
  assert.throws(() => allowed(undefined, { verb: "edit", id: "42x" }), {
    constructor: NoSuch,
    message: 'Cannot edit job "42x": no such job',
  });
});

Deno.test("a queue can be removed when it is known and empty", () => {
  checkDeletable("q", 0);
  assert.throws(() => checkDeletable("q", undefined), { constructor: NoSuch });
  assert.equal(
    said(() => checkDeletable("q", 1)),
    'Cannot delete queue "q": it has 1 job; delete them first',
  );
  assert.equal(
    said(() => checkDeletable("q", 2)),
    'Cannot delete queue "q": it has 2 jobs; delete them first',
  );
});
