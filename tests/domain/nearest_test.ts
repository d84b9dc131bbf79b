/**
 * @module
 * The word that was meant.
 */
import assert from "node:assert/strict";
import { nearest } from "../../src/domain/nearest.ts";

const COMMANDS = ["enqueue", "list", "logs", "status", "worker"];

Deno.test("a letter too many, too few, wrong or swapped is forgiven", () => {
  for (const typed of ["enqueuee", "enqeue", "enqueve", "neqeue", "ENQUEUE"]) {
    assert.equal(nearest(typed, COMMANDS), "enqueue", typed);
  }
  assert.equal(nearest("lsit", COMMANDS), "list");
});

Deno.test("what resembles nothing suggests nothing", () => {
  for (const typed of ["x", "banana", ""]) assert.equal(nearest(typed, COMMANDS), undefined, typed);
});
