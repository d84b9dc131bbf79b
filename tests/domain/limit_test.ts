/**
 * @module
 * Limits as people say them, and things of hosts.
 */
import assert from "node:assert/strict";
import { readAtOnce, readRate, sayRate } from "../../src/domain/limit.ts";
import { readThings, unitVariable } from "../../src/domain/units.ts";

Deno.test("a rate is so many in so much time", () => {
  assert.deepEqual(readRate("60/1m", "--rate"), { count: 60, perMs: 60_000 });
  assert.deepEqual(readRate("100/s", "--rate"), { count: 100, perMs: 1000 });
  assert.deepEqual(readRate(" 1 / 90s ", "--rate"), { count: 1, perMs: 90_000 });
  assert.deepEqual(readRate("5/1h30m", "--rate"), { count: 5, perMs: 5_400_000 });
  assert.equal(sayRate({ count: 60, perMs: 60_000, smooth: true }), "60/1m, evenly");
  assert.deepEqual(readRate(sayRate({ count: 7, perMs: 61_001, smooth: false }), "r"), {
    count: 7,
    perMs: 61_001,
  });
});

Deno.test("what is no rate is refused with what is wrong about it", () => {
  const refusals = {
    "60": "it takes N/TIME, such as 60/1m or 100/s",
    "0/1m": "nothing would ever start; to let nothing start for now, use --at-once 0, or pause the queue",
    "5/fortnight": '"fortnight" is no time; it takes units s, m, h, d and ms, as in 60/1m',
    "5/10": '"10" is no time; it takes units s, m, h, d and ms, as in 60/1m',
    "5/50ms": "the time is from 100ms to 31d",
    "5/32d": "the time is from 100ms to 31d",
    "1000001/1m": "it takes at most 1000000",
    "-1/1m": "it takes N/TIME, such as 60/1m or 100/s",
  };
  for (const [text, why] of Object.entries(refusals)) {
    assert.throws(() => readRate(text, "--rate"), { message: `Cannot use --rate "${text}": ${why}` });
  }
  assert.equal(readAtOnce("0", "--at-once"), 0);
  for (const text of ["-1", "x", "", "1000001"]) {
    assert.throws(() => readAtOnce(text, "--at-once"), /Cannot use --at-once/);
  }
});

Deno.test("things of a host have names that can be variables of their own", () => {
  const taken = new Set(["QUEUECTL_HOME"]);
  assert.deepEqual(readThings(["gpu=2", "ffmpeg"], taken), new Map([["gpu", 2], ["ffmpeg", 1]]));
  assert.equal(unitVariable("big-gpu.2"), "QUEUECTL_BIG_GPU_2");
  for (const bad of [["gpu=0"], ["gpu=x"], ["1gpu"], ["gpu", "gpu=2"], ["a-b", "a_b"], ["home"], [""]]) {
    assert.throws(() => readThings(bad, taken), /^BadInput: Cannot use --has/);
  }
});
