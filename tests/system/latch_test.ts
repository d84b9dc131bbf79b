/**
 * @module
 * A latch gives others their turn.
 */
import assert from "node:assert/strict";
import { Latch } from "../../src/system/latch.ts";

Deno.test("a latch that is rung all the time is answered once a turn, and keeps no timer waiting", async () => {
  const latch = new Latch();
  let fired = false;
  setTimeout(() => fired = true);
  for (let answers = 0; !fired; answers++) {
    assert.ok(answers < 100_000, "the timer never fires");
    latch.ring();
    await latch.heard();
  }
});
