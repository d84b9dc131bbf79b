/**
 * @module
 * What every store must do. Figures.
 */
import assert from "node:assert/strict";
import { addFigures, noFigures, quantile } from "../../src/domain/figures.ts";
import {
  claim,
  claimOne,
  death,
  enqueue,
  exchangeOf,
  failure,
  newJob,
  newSupervisor,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import type { Test } from "./suite.ts";

/** Figures. */
export function counting(test: Test): void {
  test("figures count what happened, by queue, minute, hour and in all", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { queue: "a" }, { queue: "a" }, { queue: "b" });
    const claimed = await claim(store, "s", { count: 3, now: T0 + 500 });
    const [completed, dead, late] = claimed.map(({ token }) => token);
    await settle(
      store,
      "s",
      settlement(completed!, { finishedAt: T0 + 600, cpuMs: 70 }),
      failure(dead!, { outcome: "timed_out", state: "dead", runAt: null, cpuMs: 30 }),
    );
    await store.exchange(exchangeOf("s", { now: T0 + 3_600_000, settlements: [failure(late!)] }));

    const totals = await store.figures({ span: "total" });
    assert.deepEqual(totals.map(({ queue, start }) => [queue, start]), [["a", 0], ["b", 0]]);
    const a = totals[0]!.figures;
    assert.deepEqual(
      { ...a, waitMs: a.waitMs.count, runMs: a.runMs.sum },
      {
        enqueued: 2,
        started: 2,
        completed: 1,
        failed: 0,
        timedOut: 1,
        cancelled: 0,
        lost: 0,
        retried: 0,
        dead: 1,
        snoozed: 0,
        cpuMs: 100,
        waitMs: 2,
        runMs: 600,
      },
    );
    assert.deepEqual([totals[1]!.figures.failed, totals[1]!.figures.retried], [1, 1]);
    assert.ok(Math.abs(quantile(a.waitMs, 0.5)! - 500) < 500 * 0.05);
    const minutes = await store.figures({ span: "minute", from: T0, to: T0 + 60_000 });
    assert.deepEqual(minutes.map(({ queue, start }) => [queue, start]), [["a", T0], ["b", T0]]);
    const hours = await store.figures({ span: "hour", from: T0 });
    assert.deepEqual(
      hours.map(({ queue, figures }) => `${queue}: ${figures.started} started, ${figures.failed} failed`),
      ["a: 2 started, 0 failed", "b: 0 started, 0 failed", "b: 1 started, 1 failed"],
    );
  });

  test("waiting counts from when a job could have run to when it really began", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { runAt: T0 + 1000 });
    const first = await claimOne(store, "s", T0 + 1010);
    await settle(store, "s", death(first.token));
    await store.retry(["j1"], { now: T0 + 5000 });
    const second = await claimOne(store, "s", T0 + 5030);
    await settle(store, "s", settlement(second.token, { startedAt: T0 + 5100, finishedAt: T0 + 5103 }));
    const [total] = await store.figures({ span: "total" });
    assert.equal(total!.figures.waitMs.sum, 10 + 100);
    assert.equal(total!.figures.runMs.sum, 0 + 3); // the first ended before its claim: clocks differ
  });

  test("figures of all queues are kept for longer than those of one, and totals for ever", async (store) => {
    await store.register(newSupervisor("s"));
    const days = 24 * 3_600_000;
    const after = async (ms: number) => {
      await store.enqueue([newJob()], { now: T0 + ms, idFormat: "short" });
      await claim(store, "s", { now: T0 + ms });
      const starts = async (span: "minute" | "hour", queue: string | null) =>
        (await store.figures({ span, queue })).map(({ start }) => (start - T0) / 3_600_000);
      return [
        ...[await starts("minute", null), await starts("hour", null)],
        ...[await starts("minute", "default"), await starts("hour", "default")],
      ];
    };
    assert.deepEqual(await after(0), [[0], [0], [0], [0]]);
    assert.deepEqual(await after(3 * 3_600_000), [[0, 3], [0, 3], [3], [0, 3]]);
    assert.deepEqual(await after(2 * days), [[48], [0, 3, 48], [48], [0, 3, 48]]);
    assert.deepEqual(await after(9 * days), [[216], [0, 3, 48, 216], [216], [48, 216]]);
    assert.deepEqual(await after(500 * days), [[12_000], [12_000], [12_000], [12_000]]);
    assert.equal((await store.figures({ span: "total", queue: null }))[0]!.figures.enqueued, 5);
  });

  test("figures of all queues together are their sum; of very many, the busiest can be asked for", async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { queue: "a" }, { queue: "b" }, { queue: "b" }, { queue: "c" }, { queue: "b" });
    const claimed = await claim(store, "s", { count: 5 });
    await settle(
      store,
      "s",
      ...claimed.map(({ token }, n) => settlement(token, { finishedAt: T0 + 10 ** n })),
    );
    for (const span of ["minute", "hour", "total"] as const) {
      const sum = noFigures();
      for (const { figures } of await store.figures({ span })) addFigures(sum, figures);
      assert.deepEqual(
        (await store.figures({ span, queue: null })).map(({ queue, figures }) => ({ queue, figures })),
        [{ queue: "", figures: sum }],
      );
    }
    const names = async (most: number) =>
      (await store.figures({ span: "total", most })).map(({ queue }) => queue);
    assert.deepEqual([await names(1), await names(2), await names(9)], [["b"], ["a", "b"], ["a", "b", "c"]]);
    const of = await store.figures({ span: "total", queue: "b" });
    assert.deepEqual(of.map(({ queue, figures }) => [queue, figures.completed]), [["b", 3]]);
  });

  test("hours of all queues are kept for a year and a month, those of one for a week, totals for ever", async (store) => {
    const day = 24 * 3_600_000;
    const hours = async (queue?: null) =>
      (await store.figures({ span: "hour", queue })).map(({ start }) => (start - T0) / day);
    await store.register(newSupervisor("s"));
    for (
      const [at, ofAll, ofOne] of [[0, [0], [0]], [7, [0, 7], [0, 7]], [400, [0, 7, 400], [400]], [401, [
        7,
        400,
        401,
      ], [400, 401]]] as const
    ) {
      await store.enqueue([newJob()], { now: T0 + at * day, idFormat: "short" });
      await claimOne(store, "s", T0 + at * day); // whoever works forgets
      assert.deepEqual([await hours(null), await hours()], [ofAll, ofOne], `after ${at} days`);
    }
    assert.equal((await store.figures({ span: "total" }))[0]!.figures.enqueued, 4);
  });
}
