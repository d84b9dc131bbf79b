/**
 * @module
 * The care that supervisors take of the store: thorough, and never in anybody's way.
 */
import assert from "node:assert/strict";
import type { Kept, Pruned, PruneStep } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { Maintenance } from "../../src/worker/supervisor/maintenance.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

const WEEK_MS = 7 * 86_400_000;
const settings = () => ({ retentionMs: WEEK_MS, retentionDeadMs: 0 });

/** Old jobs in a store that answers as SQLite's does: without giving way to any timer. */
function storeOf(old: number, tookMs = 0) {
  const clock = new FakeClock();
  const steps: number[] = [];
  return {
    clock,
    steps,
    get left() {
      return old;
    },
    recover: () => Promise.resolve(false),
    prune(kept: Kept, { now, limit, after }: PruneStep): Promise<Pruned> {
      assert.deepEqual([kept.endedMs, kept.ofQueues, now], [WEEK_MS, true, clock.now()]);
      assert.ok(after === undefined || after === "more");
      steps.push(limit);
      const pruned = Math.min(old, limit);
      old -= pruned;
      clock.spend(tookMs);
      return Promise.resolve({ pruned, after: old === 0 ? null : "more" });
    },
  };
}

/** Has it done once, on a clock that stands still but for what is spent. */
async function round(store: ReturnType<typeof storeOf>): Promise<void> {
  const maintenance = new Maintenance({ store, clock: store.clock, settings });
  const closing = new AbortController();
  let over = false;
  const done = maintenance.round(closing.signal).then(() => over = true);
  while (!over) await store.clock.pass(25);
  await done;
}

Deno.test("a round of care removes all that is old", async () => {
  const store = storeOf(5000);
  await round(store);
  assert.equal(store.left, 0);
});

Deno.test("after each step of pruning timers get their turn", async () => {
  let turns = 0;
  const pruned: number[] = [];
  const timer = setInterval(() => turns += 1, 0);
  const store = {
    recover: () => Promise.resolve(false),
    prune: () => Promise.resolve({ pruned: 1, after: pruned.push(turns) < 5 ? "more" : null }),
  };
  await new Maintenance({ store, clock: systemClock, settings }).round(new AbortController().signal);
  clearInterval(timer);
  assert.equal(new Set(pruned).size, 5, `steps after ${pruned} turns`);
});

Deno.test("however long the disk takes for each step, as much is removed in one", async () => {
  const store = storeOf(5000, 40);
  await round(store);
  assert.deepEqual([store.left, new Set(store.steps).size], [0, 1], `${store.steps}`);
});

Deno.test("where very many are to be kept, a round goes some steps, and the next one goes on from there", async () => {
  const asked: unknown[] = [];
  const store = {
    recover: () => Promise.resolve(false),
    prune(kept: Kept, { after = "0" }: PruneStep): Promise<Pruned> {
      assert.deepEqual([kept.endedMs, kept.deadMs], [null, WEEK_MS], "0 is for ever");
      asked.push(after);
      return Promise.resolve({ pruned: 0, after: after === "49" ? null : String(Number(after) + 1) });
    },
  };
  const settings = () => ({ retentionMs: 0, retentionDeadMs: WEEK_MS });
  const maintenance = new Maintenance({ store, clock: systemClock, settings });
  const { signal } = new AbortController();
  await maintenance.round(signal);
  assert.ok(asked.length < 50, `${asked.length} steps in one round`);
  for (let rounds = 1; asked.length < 50; rounds++) await maintenance.round(signal);
  assert.deepEqual(asked, Array.from({ length: 50 }, (_, n) => String(n)));
  await maintenance.round(signal);
  assert.equal(asked[50], "0", "then it begins anew");
});
