/**
 * @module
 * How much of a long work is done in one transaction.
 */
import assert from "node:assert/strict";
import { byHandfuls } from "../../src/store/sqlite/engine/turns.ts";
import { systemClock } from "../../src/system/clock.ts";

const things = Array.from({ length: 500 }, (_, n) => n);

/** Does all with handfuls that take so long, in ms, and returns how many things each had. */
function sizes(ms: number, options: { limitMs: number; least: number }): number[] {
  const seen: number[] = [];
  const sizes: number[] = [];
  const next = byHandfuls(things, 0, (some) => {
    seen.push(...some);
    sizes.push(some.length);
    for (const start = systemClock.monotonicMs(); systemClock.monotonicMs() - start < ms;);
  }, options);
  assert.deepEqual(seen, things.slice(0, next), "each once, in order");
  return sizes;
}

Deno.test("things that take long are done in ever smaller handfuls, and what takes too long is the last", () => {
  assert.deepEqual(sizes(2, { limitMs: Infinity, least: 32 }).slice(0, 7), [32, 16, 8, 4, 2, 1, 1]);
  assert.deepEqual(sizes(2, { limitMs: 1, least: 32 }), [32]);
});

Deno.test("many things are done in few handfuls, however many none is large", () => {
  const many = sizes(0, { limitMs: Infinity, least: 1 });
  assert.equal(many[0], 1);
  assert.ok(Math.max(...many) <= 64);
  assert.ok(many.length < things.length / 2, `${many.length} handfuls`);
});
