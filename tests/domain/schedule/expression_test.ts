import assert from "node:assert/strict";
import { BadInput } from "../../../src/domain/errors.ts";
import { firstSlot, nextSlots, readExpression, slotsOf } from "../../../src/domain/schedule/expression.ts";
import { jitterOf } from "../../../src/domain/schedule/jitter.ts";
import { readZone } from "../../../src/domain/schedule/zone.ts";

const at = (text: string) => Date.parse(text);

Deno.test("an expression is kept as it was written, with single spaces", () => {
  assert.equal(readExpression("  0   9 * *  MON-FRI "), "0 9 * * MON-FRI");
  assert.equal(readExpression("*/10 * * * * *"), "*/10 * * * * *");
  assert.equal(readExpression("@Daily"), "@daily");
  assert.equal(readExpression("every 90s"), "every 90s");
  assert.equal(readExpression("Every 1 hour 30 minutes"), "every 1hour30minutes");
  assert.equal(readExpression("@every 5m"), "every 5m");
});

const REFUSED: readonly [said: unknown, why: RegExp][] = [
  ["", /it takes 5 fields/],
  [7, /Cannot use the schedule 7: it takes 5 fields/],
  ["* * * *", /it takes 5 fields/],
  ["0 0 1 1 * 2027", /it takes no year/],
  ["0 0 0 1 1 * 2027", /it takes no year/],
  ["* * * * * * *", /it takes no year/],
  ["2027-01-01T00:00:00Z", /comes again and again; for one time, use enqueue --run-at/],
  ["2027-01-01 00:00 * * *", /comes again and again/],
  ["60 * * * *", /"60 \* \* \* \*": invalid value for minute: 60/],
  ["*/0 * * * *", /stepping/],
  ["a b c d e", /illegal characters/],
  ["@dayly", /did you mean @daily\?/],
  ["@reboot", /the service that starts workers at boot/],
  ["every 0s", /every takes a duration from 1s to 366d/],
  ["every 90", /every takes a duration/],
  ["every day", /every takes a duration/],
  ["every 400d", /every takes a duration/],
];

for (const [said, why] of REFUSED) {
  Deno.test(`${JSON.stringify(said)} is no expression, and one sentence says why`, () => {
    assert.throws(() => readExpression(said), (error: Error) => {
      assert.ok(error instanceof BadInput);
      assert.match(error.message, why);
      assert.ok(!error.message.includes("\n") && !error.message.endsWith("."), error.message);
      return true;
    });
  });
}

Deno.test("a pattern that never comes is refused", () => {
  for (const expression of ["0 0 30 2 *", "0 0 31 2,4 *"]) {
    const timing = { expression: readExpression(expression), zone: "UTC", since: 0 };
    assert.throws(() => firstSlot(timing, at("2026-11-26T00:00:00Z")), /it never comes/);
  }
  assert.equal(
    firstSlot({ expression: "0 0 29 2 *", zone: "UTC", since: 0 }, at("2026-11-26T00:00:00Z")),
    at("2028-02-29T00:00:00Z"),
  );
});

Deno.test("every counts from where the schedule began, forwards and backwards", () => {
  const slots = slotsOf({ expression: "every 90s", zone: "UTC", since: 1000 });
  assert.deepEqual(nextSlots(slots, 0, 3), [91_000, 181_000, 271_000]);
  assert.deepEqual(nextSlots(slots, 91_000, 1), [181_000]);
  assert.deepEqual(slots.previous(271_001, 2), [271_000, 181_000]);
  assert.deepEqual(slots.previous(271_000, 9), [181_000, 91_000]);
  assert.deepEqual(slots.previous(91_000, 9), []);
});

Deno.test("a zone is kept by its name; one that there is not is refused with the nearest", () => {
  assert.equal(readZone("europe/berlin"), "Europe/Berlin");
  assert.equal(readZone("UTC"), "UTC");
  assert.throws(
    () => readZone("Europe/Berln"),
    /there is no such time zone, did you mean "Europe\/Berlin"\?/,
  );
  assert.throws(() => readZone("Berlin"), /did you mean "Europe\/Berlin"\?/);
  assert.throws(() => readZone("+02:00"), /it takes a name such as Europe\/Berlin or UTC/);
  assert.throws(() => readZone("UTC+2"), /it takes a name/);
  assert.throws(() => readZone(""), /it takes a name/);
  assert.throws(() => readZone("Middle-earth/Shire of the west"), /there is no such time zone; it takes/);
});

Deno.test("the jitter of a slot is always the same, within its limit, and spread", () => {
  const all = Array.from({ length: 2000 }, (_, n) => jitterOf("nightly", n * 86_400_000, 60_000));
  assert.deepEqual(all, Array.from({ length: 2000 }, (_, n) => jitterOf("nightly", n * 86_400_000, 60_000)));
  assert.ok(all.every((ms) => ms >= 0 && ms <= 60_000 && ms % 1000 === 0));
  assert.equal(new Set(all).size, 61);
  const mean = all.reduce((sum, ms) => sum + ms, 0) / all.length;
  assert.ok(mean > 28_000 && mean < 32_000, String(mean));
  assert.equal(jitterOf("nightly", 1, 0), 0);
});

Deno.test("a + before the weekday has both day fields hold", () => {
  const day = (expression: string) =>
    firstSlot({ expression, zone: "UTC", since: 0 }, at("2026-11-26T00:00:00Z"));
  assert.equal(day("0 0 1-7 * +*/7"), at("2026-12-06T00:00:00Z"), "the first Sunday");
  assert.equal(day("0 0 */2 * +1"), at("2026-12-07T00:00:00Z"), "a Monday with an odd date");
  assert.equal(day("0 0 1 * 1"), at("2026-11-30T00:00:00Z"), "without it, either will do");
});
