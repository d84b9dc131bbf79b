/**
 * @module
 * What a need comes to, by how the other job ended: every cell of the table, and what needs make of a job.
 */
import assert from "node:assert/strict";
import { endOf } from "../../src/domain/ends.ts";
import { decisionOf, type End, SKIP_REASONS, standingOf, tallyOf, WANTINGS } from "../../src/domain/needs.ts";
import { ENDED, STATES } from "../../src/domain/job.ts";

Deno.test("a need is decided by what it wants and how the other ended: all cells of the table", () => {
  const table: [End, string][] = [
    [{ state: "completed" }, "met unneeded met"],
    [{ state: "dead" }, "failed met met"],
    [{ state: "cancelled" }, "called_off called_off met"],
    [{ state: "skipped", reason: "failed" }, "failed met met"],
    [{ state: "skipped", reason: "called_off" }, "called_off called_off met"],
    [{ state: "skipped", reason: "unneeded" }, "unneeded unneeded met"],
  ];
  for (const [end, decisions] of table) {
    assert.equal(
      WANTINGS.map((wanting) => decisionOf(end, wanting)).join(" "),
      decisions,
      JSON.stringify(end),
    );
  }
});

Deno.test("only ends decide: a job that waits, runs, or is to be tried again has none", () => {
  for (const state of STATES) {
    const end = endOf({ state, skippedFor: state === "skipped" ? "unneeded" : null });
    assert.equal(end !== undefined, ENDED.includes(state), state);
  }
});

Deno.test("a job that needs all is free when all are met, and skipped as soon as one can no longer be", () => {
  assert.equal(standingOf(tallyOf([], false)), "free");
  assert.equal(standingOf(tallyOf(["met", "met"], false)), "free");
  assert.equal(standingOf(tallyOf(["met", null], false)), "blocked");
  for (const reason of SKIP_REASONS) assert.equal(standingOf(tallyOf(["met", null, reason], false)), reason);
});

Deno.test("a job that needs any is free when one is met, and skipped when none can be any more", () => {
  assert.equal(standingOf(tallyOf([null, "failed", "met"], true)), "free");
  assert.equal(standingOf(tallyOf([null, "failed"], true)), "blocked");
  for (const reason of SKIP_REASONS) assert.equal(standingOf(tallyOf([reason, reason], true)), reason);
});

Deno.test("of several reasons the strongest counts, whichever came first", () => {
  for (const any of [true, false]) {
    assert.equal(standingOf(tallyOf(["unneeded", "called_off", "failed"], any)), "failed");
    assert.equal(standingOf(tallyOf(["called_off", "unneeded"], any)), "called_off");
  }
});
