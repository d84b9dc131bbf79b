/**
 * @module
 * Summing up figures, and the text for Prometheus.
 */
import assert from "node:assert/strict";
import { addValue, type Figures, noFigures } from "../../src/domain/figures.ts";
import { STATES } from "../../src/domain/job.ts";
import type { FigureRow, QueueInfo } from "../../src/store/contract.ts";
import { PERIODS, rangeOf, summarizePeriod, summarizeTotal } from "../../src/views/metrics.ts";
import { prometheusText } from "../../src/views/prometheus.ts";

const MINUTE_MS = 60_000;

function row(start: number, figures: Partial<Figures>): FigureRow {
  return { queue: "default", start, figures: { ...noFigures(), ...figures } };
}

Deno.test("a period asks for the step in which it begins and counts it in proportion", () => {
  const now = 10 * MINUTE_MS + 15_000;
  assert.deepEqual(rangeOf(PERIODS.minute, now), { span: "minute", from: 9 * MINUTE_MS, to: now + 1 });
  const rows = [row(9 * MINUTE_MS, { completed: 100 }), row(10 * MINUTE_MS, { completed: 5 })];
  const summary = summarizePeriod(rows, PERIODS.minute, now);
  assert.equal(summary.completed, 75 + 5);
  assert.equal(summary.perSecond, 80 / 60);
});

Deno.test("the success rate is of attempts that came to an end of their own", () => {
  const rows = [
    row(0, { completed: 6, failed: 1, timedOut: 1, cancelled: 5 }),
    row(0, { completed: 1, lost: 1 }),
  ];
  assert.equal(summarizeTotal(rows).successRate, 0.7);
  assert.equal(summarizeTotal([]).successRate, null);
  assert.equal(summarizeTotal([]).runMs.p50, null);
});

/** What a Prometheus server would take of the text; throws where it would refuse it. */
function parseExposition(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  let family = "";
  for (const line of text.split("\n").slice(0, -1)) {
    const head = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    if (head) {
      family = head[2]!;
      if (head[1] === "TYPE") assert.match(head[3]!, /^(counter|gauge|histogram)$/);
      continue;
    }
    const sample = /^([a-z_]+)((?:\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})?) (\S+)$/.exec(line);
    assert.ok(sample, `not a sample: ${line}`);
    assert.ok(sample[1]!.startsWith(family), `${sample[1]} is not of ${family}`);
    assert.ok(!samples.has(sample[1]! + sample[2]), `twice: ${line}`);
    samples.set(sample[1]! + sample[2], Number(sample[3]));
  }
  assert.ok(text.endsWith("\n"));
  return samples;
}

Deno.test("the text for Prometheus is valid, escapes labels, and its histograms add up", () => {
  const figures = { ...noFigures(), enqueued: 9, completed: 4, timedOut: 1 };
  for (const ms of [0.5, 1, 3, 1000, 10_000_000]) addValue(figures.runMs, ms);
  const counts = Object.fromEntries(STATES.map((state, i) => [state, i])) as QueueInfo["counts"];
  const samples = parseExposition(prometheusText({
    queues: [{ name: 'a"b\\c\nd', paused: true, counts }],
    totals: [{ queue: "mail", start: 0, figures }],
    openGroups: 3,
    limits: [],
    workers: [],
    memory: new Map([["mail", 4096]]),
  }));
  assert.equal(samples.get("queuectl_open_groups"), 3);
  assert.equal(samples.get('queuectl_running_memory_bytes{queue="mail"}'), 4096);
  assert.equal(samples.get('queuectl_jobs{queue="a\\"b\\\\c\\nd",state="pending"}'), 1);
  assert.equal(samples.get('queuectl_queue_paused{queue="a\\"b\\\\c\\nd"}'), 1);
  assert.equal(samples.get('queuectl_jobs_enqueued_total{queue="mail"}'), 9);
  assert.equal(samples.get('queuectl_attempts_ended_total{queue="mail",outcome="timed_out"}'), 1);
  assert.equal(samples.get('queuectl_run_seconds_bucket{queue="mail",le="0.001"}'), 1);
  assert.equal(samples.get('queuectl_run_seconds_bucket{queue="mail",le="0.004"}'), 3);
  assert.equal(samples.get('queuectl_run_seconds_bucket{queue="mail",le="1.024"}'), 4);
  assert.equal(samples.get('queuectl_run_seconds_bucket{queue="mail",le="+Inf"}'), 5);
  assert.equal(samples.get('queuectl_run_seconds_count{queue="mail"}'), 5);
  assert.equal(samples.get('queuectl_run_seconds_sum{queue="mail"}'), 10_001.0045);
});
