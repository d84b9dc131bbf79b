/**
 * @module
 * Tallies of a transaction, and counts against a recount.
 */
import assert from "node:assert/strict";
import { addValue, noFigures } from "../../../src/domain/figures.ts";
import { FigureTally, spansAt } from "../../../src/store/rules/figure_tally.ts";
import { NewJobTally } from "../../../src/store/rules/new_jobs.ts";
import { compareCounts, compareFigures } from "../../../src/store/rules/recount.ts";

Deno.test("new jobs are counted by queue and state, and the first that can be claimed is known", () => {
  const tally = new NewJobTally();
  const add = (
    seq: number,
    changes: { priority?: number; held?: boolean; state?: "pending" | "scheduled" },
  ) => tally.add({ queue: "q", state: "pending", held: false, priority: 0, seq, ...changes });
  add(1, { priority: -9, held: true });
  add(2, { priority: -8, state: "scheduled" });
  add(3, { priority: 5 });
  add(4, {});
  add(5, {});
  assert.deepEqual([...tally.queues()], [["q", {
    counts: [{ state: "pending", n: 4, held: 1 }, { state: "scheduled", n: 1, held: 0 }],
    enqueued: 5,
    first: { priority: 0, seq: 4 },
  }]]);
});

Deno.test("a queue into which only held or scheduled jobs went has no first one, and states without jobs are left out", () => {
  const tally = new NewJobTally();
  tally.add({ queue: "q", state: "scheduled", held: true, priority: 0, seq: 1 });
  assert.deepEqual([...tally.queues()], [["q", {
    counts: [{ state: "scheduled", n: 1, held: 1 }],
    enqueued: 1,
    first: undefined,
  }]]);
});

Deno.test("figures of all queues together are the sum of those of each", () => {
  const tally = new FigureTally();
  assert.deepEqual([tally.isEmpty, [...tally.figures()]], [true, []]);
  for (const [queue, ms] of [["a", 5], ["b", 7], ["a", 9]] as const) {
    tally.of(queue).started += 1;
    addValue(tally.of(queue).waitMs, ms);
  }
  const [all, ...queues] = tally.figures();
  assert.deepEqual([all!.queue, all!.figures.started, all!.figures.waitMs.sum], [undefined, 3, 21]);
  assert.deepEqual(queues.map(({ queue, figures }) => [queue, figures.started]), [["a", 2], ["b", 1]]);
});

Deno.test("what happens counts in its minute, its hour and all time", () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  assert.deepEqual(spansAt(now), [
    { span: "minute", start: Date.UTC(2026, 0, 2, 3, 4) },
    { span: "hour", start: Date.UTC(2026, 0, 2, 3) },
    { span: "total", start: 0 },
  ]);
});

Deno.test("counts that differ from what is there are told with both numbers", () => {
  const count = (n: number, held = 0) => ({ queue: "q", state: "pending", n, held }) as const;
  assert.deepEqual(compareCounts([count(2)], [count(2)]), []);
  assert.deepEqual(compareCounts([count(2)], [count(2, 1)]), [
    'The pending jobs of queue "q" are 2 (1 held), but 2 (0 held) were counted',
  ]);
  assert.deepEqual(compareCounts([], [count(2)]), [
    'The pending jobs of queue "q" are 2 (0 held), but 0 were counted',
  ]);
  assert.deepEqual(compareCounts([count(2)], []), [
    'The pending jobs of queue "q" are 0, but 2 (0 held) were counted',
  ]);
});

Deno.test("figures may be more than what is there, never less, and never less than those of the queues", () => {
  const figures = (started: number) => {
    const figures = noFigures();
    Object.assign(figures, { enqueued: started, started, completed: started });
    for (let n = 0; n < started; n++) {
      addValue(figures.waitMs, 1);
      addValue(figures.runMs, 1);
    }
    return figures;
  };
  const there = { jobs: 2, ended: [{ outcome: "completed", n: 2 }] } as const;
  assert.deepEqual(
    compareFigures({ overall: figures(3), queues: [{ queue: "q", figures: figures(2) }] }, there),
    [],
  );
  assert.deepEqual(compareFigures({ overall: figures(1), queues: [] }, there), [
    "There are 2 enqueued, but the figures count 1",
    "There are 2 started, but the figures count 1",
    "There are 2 completed, but the figures count 1",
  ]);
  const [less] = compareFigures(
    { overall: figures(2), queues: [{ queue: "q", figures: figures(4) }] },
    there,
  );
  assert.equal(less, "The queues' figures count 4 enqueued, but those of all queues 2");
});

Deno.test("a histogram with more or fewer values than there were events is found", () => {
  const figures = noFigures();
  figures.started = 1;
  const findings = compareFigures({ overall: figures, queues: [] }, { jobs: 0, ended: [] });
  assert.deepEqual(findings, ["What there is of all queues has 0 wait times in its figures for 1 attempts"]);
});
