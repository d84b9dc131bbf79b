import assert from "node:assert/strict";
import { arrived, type Coming, LATE_MS, MOST_CAUGHT_UP } from "../../../src/domain/schedule/coming.ts";
import { slotsOf } from "../../../src/domain/schedule/expression.ts";

const at = (text: string) => Date.parse(text);
const MINUTE = 60_000;
const DAY = 86_400_000;
const FIRST = at("2026-11-01T02:00:00Z");

function daily(more: Partial<Coming> = {}): Coming {
  return { name: "nightly", missed: "once", jitterMs: 0, nextSlot: FIRST, ...more };
}

const DAILY = slotsOf({ expression: "0 2 * * *", zone: "UTC", since: 0 });
const MINUTELY = slotsOf({ expression: "* * * * *", zone: "UTC", since: 0 });
const SECONDLY = slotsOf({ expression: "* * * * * *", zone: "UTC", since: 0 });

Deno.test("a slot that has come runs, and the next one follows it", () => {
  assert.deepEqual(arrived(daily(), DAILY, FIRST), {
    runs: [{ slot: FIRST, late: false }],
    left: null,
    next: { slot: FIRST + DAY, at: FIRST + DAY },
  });
  assert.deepEqual(arrived(daily(), DAILY, FIRST + LATE_MS).runs, [{ slot: FIRST, late: false }]);
  assert.deepEqual(arrived(daily(), DAILY, FIRST + LATE_MS + 1).runs, [{ slot: FIRST, late: true }]);
});

Deno.test("before its time, nothing runs", () => {
  assert.deepEqual(arrived(daily(), DAILY, FIRST - 1), {
    runs: [],
    left: null,
    next: { slot: FIRST, at: FIRST },
  });
});

Deno.test("after a month, once runs the newest missed slot, and what was left out is counted", () => {
  const now = FIRST + 30 * DAY + 5 * 3_600_000;
  assert.deepEqual(arrived(daily(), DAILY, now), {
    runs: [{ slot: FIRST + 30 * DAY, late: true }],
    left: { from: FIRST, until: FIRST + 29 * DAY, count: 30 },
    next: { slot: FIRST + 31 * DAY, at: FIRST + 31 * DAY },
  });
});

Deno.test("a slot on time makes up for those that were missed before it", () => {
  const now = FIRST + 30 * DAY + 1000;
  const { runs, left } = arrived(daily(), DAILY, now);
  assert.deepEqual(runs, [{ slot: FIRST + 30 * DAY, late: false }]);
  assert.deepEqual(left, { from: FIRST, until: FIRST + 29 * DAY, count: 30 });
});

Deno.test("skip leaves out all that were missed", () => {
  const { runs, left, next } = arrived(daily({ missed: "skip" }), DAILY, FIRST + 2 * DAY + 5 * MINUTE);
  assert.deepEqual(runs, []);
  assert.deepEqual(left, { from: FIRST, until: FIRST + 2 * DAY, count: 3 });
  assert.equal(next?.slot, FIRST + 3 * DAY);
});

Deno.test("all runs the newest hundred, oldest first, and counts the rest as far as that goes", () => {
  const now = FIRST + 30 * DAY + 500;
  const { runs, left, next } = arrived(daily({ missed: "all" }), MINUTELY, now);
  const on = runs.filter(({ late }) => !late);
  assert.deepEqual(on.map(({ slot }) => slot), [FIRST + 30 * DAY]);
  assert.equal(runs.length, MOST_CAUGHT_UP + 1);
  assert.deepEqual(
    runs.map(({ slot }) => slot),
    runs.map((_, n) => FIRST + 30 * DAY - (MOST_CAUGHT_UP - n) * MINUTE),
  );
  assert.deepEqual(left, { from: FIRST, until: runs[0]!.slot - MINUTE, count: null });
  assert.equal(next?.slot, FIRST + 30 * DAY + MINUTE);
});

Deno.test("a schedule of each second that was off for a year is decided in moments", () => {
  const start = performance.now();
  const { runs, left } = arrived(daily(), SECONDLY, FIRST + 365 * DAY);
  assert.ok(performance.now() - start < 20_000);
  assert.equal(runs.at(-1)!.slot, FIRST + 365 * DAY);
  assert.equal(left?.count, null);
});

Deno.test("the jitter of a slot puts off its run, not the slot, and what is late counts from there", () => {
  const jitterMs = 600_000;
  const schedule = daily({ jitterMs });
  const before = arrived(schedule, DAILY, FIRST);
  const due = before.next!;
  if (due.slot === FIRST) {
    assert.deepEqual(before.runs, []);
    assert.ok(due.at > FIRST && due.at <= FIRST + jitterMs);
    assert.deepEqual(arrived(schedule, DAILY, due.at - 1).runs, []);
  }
  const later = due.slot === FIRST ? due.at : FIRST;
  assert.deepEqual(arrived(schedule, DAILY, later + LATE_MS).runs, [{ slot: FIRST, late: false }]);
  assert.deepEqual(arrived(schedule, DAILY, later + LATE_MS + 1).runs, [{ slot: FIRST, late: true }]);
});

Deno.test("however often it is asked, each slot is decided once", () => {
  for (const missed of ["once", "skip", "all"] as const) {
    for (
      const [slots, step] of [[MINUTELY, 7 * MINUTE + 3000], [DAILY, 11 * 3_600_000], [
        SECONDLY,
        17_000,
      ]] as const
    ) {
      let nextSlot: number = slots.next(FIRST - 1)!;
      const first = nextSlot;
      let covered = first - 1;
      let now = FIRST;
      for (let n = 0; n < 20; n += 1, now += step) {
        const { runs, left, next } = arrived(daily({ missed, nextSlot }), slots, now);
        for (const { slot } of left ? [{ slot: left.from }] : []) assert.equal(slot, slots.next(covered));
        if (left) covered = left.until;
        for (const { slot } of runs) {
          assert.equal(slot, slots.next(covered));
          covered = slot;
        }
        nextSlot = next!.slot;
        assert.equal(nextSlot, slots.next(covered));
      }
    }
  }
});
