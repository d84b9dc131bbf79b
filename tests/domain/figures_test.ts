/**
 * @module
 * Histograms and what they tell.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { addFigures, addValue, emptyHistogram, mean, noFigures, quantile } from "../../src/domain/figures.ts";

function histogram(values: readonly number[]) {
  const histogram = emptyHistogram();
  for (const value of values) addValue(histogram, value);
  return histogram;
}

const values = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { minLength: 1 });

Deno.test("a percentile is within 5 % of the value that has that rank", () => {
  fc.assert(fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, q) => {
    const rank = Math.max(1, Math.ceil(q * values.length));
    const exact = values.toSorted((a, b) => a - b)[rank - 1]!;
    const found = quantile(histogram(values), q)!;
    assert.ok(Math.abs(found - exact) <= exact * 0.05, `${found} for ${exact}`);
  }));
});

Deno.test("the mean is exact", () => {
  assert.equal(mean(histogram([1, 2, 6])), 3);
});

Deno.test("nothing has no mean and no percentile", () => {
  assert.equal(mean(emptyHistogram()), null);
  assert.equal(quantile(emptyHistogram(), 0.5), null);
});

Deno.test("less than a millisecond, and a clock set back, count as 0", () => {
  assert.equal(quantile(histogram([-5, 0, 0.4]), 1), 0);
  assert.equal(histogram([-5]).sum, 0);
});

Deno.test("figures added together are those of all the values together", () => {
  fc.assert(fc.property(values, values, (first, second) => {
    const sum = { ...noFigures(), started: 1, waitMs: histogram(first) };
    addFigures(sum, { ...noFigures(), started: 2, waitMs: histogram(second) });
    assert.deepEqual(sum, { ...noFigures(), started: 3, waitMs: histogram([...first, ...second]) });
  }));
});
