/**
 * @module
 * How pages tell of times: what is past in minutes at least, so that a page at rest is not drawn each second.
 */
import assert from "node:assert/strict";

const { age, fromNow, untilCoarser, untilOlder } = await import(
  new URL("../../web/format.js", import.meta.url).href
);

Deno.test("what is past is told in minutes, what is to come to the second, each drawn when it says something else", () => {
  const real = Date.now;
  Date.now = () => 1_800_000_000_000;
  try {
    const told = (seconds: number) => {
      const time = new Date(Date.now() - seconds * 1000).toISOString();
      return [fromNow(time), age(time), untilOlder(time)];
    };
    assert.deepEqual(told(0), ["just now", "under 1m", 60_000]);
    assert.deepEqual(told(59), ["just now", "under 1m", 1000]);
    assert.deepEqual(told(60), ["1m ago", "1m", 30_000]);
    assert.deepEqual(told(7200), ["2h ago", "2h", 1_800_000]);
    assert.deepEqual(told(-5).toSpliced(1, 1), ["in 5s", 500]);
    assert.equal(
      untilCoarser(new Date(Date.now() - 7000).toISOString()),
      500,
      "what runs is told to the second",
    );
  } finally {
    Date.now = real;
  }
});
