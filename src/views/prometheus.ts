/**
 * @module
 * Counts, figures and workers in the text format that Prometheus reads (version 0.0.4). Of very many queues only some
 * have series of their own.
 */
import {
  BUCKETS_PER_OCTAVE,
  type Histogram,
  noFigures,
  OUTCOME_FIGURE,
  subtractFigures,
} from "../domain/figures.ts";
import { STATES } from "../domain/job.ts";
import type { FigureRow, Limit, QueueInfo, Store, WorkerInfo } from "../store/contract.ts";
import { MOST_COUNTED, MOST_QUEUES } from "./status.ts";

/** What is exposed: every queue, or of very many those with the most jobs enqueued, and all others as one. */
export interface Exposed {
  /** Queues by name. */
  queues: readonly Pick<QueueInfo, "name" | "paused" | "counts">[];
  /** The figures of all time. */
  totals: readonly FigureRow[];
  /** How many groups have not ended, counted to at most `MOST_COUNTED`. */
  openGroups: number;
  /** Every worker. */
  workers: readonly WorkerInfo[];
  /** The first limits by name. */
  limits: readonly Limit[];
  /** Memory in bytes of what runs, by queue, as far as it was looked at. */
  memory: ReadonlyMap<string, number>;
}

/** Stands for all other queues, and for those that are gone; no queue can have this name. */
const OTHERS = "(others)";

/** Asks the store for what is exposed. */
export async function whatToExpose(store: Store, now: number): Promise<Exposed> {
  const { counts: ofAll, of } = await store.summary(0);
  const few = of <= MOST_QUEUES;
  const totals = await store.figures({ span: "total", ...(few ? {} : { most: MOST_QUEUES }) });
  const queues = few
    ? await store.queues()
    : (await Promise.all(totals.map(({ queue }) => store.queue(queue)))).filter((queue) =>
      queue !== undefined
    );
  const [overall] = await store.figures({ span: "total", queue: null });
  const counts = { ...ofAll };
  for (const queue of queues) for (const state of STATES) counts[state] -= queue.counts[state];
  const figures = overall?.figures ?? noFigures();
  for (const one of totals) subtractFigures(figures, one.figures);
  if (figures.enqueued > 0 || figures.started > 0) totals.push({ queue: OTHERS, start: 0, figures });
  const others = few ? [] : [{ name: OTHERS, paused: false, counts }];
  const openGroups = await store.openGroups(MOST_COUNTED);
  const limits = await store.limits(now, { limit: MOST_QUEUES });
  return {
    queues: [...queues, ...others],
    totals,
    openGroups,
    workers: await store.workers(),
    limits,
    memory: await memoryOf(store),
  };
}

/** Jobs whose memory is added up, at most. */
const MOST_RUNNING = 1000;

async function memoryOf(store: Store): Promise<Map<string, number>> {
  const { jobs } = await store.list({ state: "processing", limit: MOST_RUNNING });
  const memory = new Map<string, number>();
  for (const { queue, usage } of jobs) {
    if (usage) memory.set(queue, usage.memory + (memory.get(queue) ?? 0));
  }
  return memory;
}

/** Upper bounds of the exposed buckets: 1 ms, 2 ms, 4 ms … 70 minutes. */
const OCTAVES = 23;

type Labels = Readonly<Record<string, string>>;

/** Everything as exposition text. */
export function prometheusText({ queues, totals, openGroups, workers, limits, memory }: Exposed): string {
  const text: string[] = [];
  const family = (name: string, type: "counter" | "gauge" | "histogram", help: string): void => {
    text.push(`# HELP queuectl_${name} ${help}`, `# TYPE queuectl_${name} ${type}`);
  };
  const sample = (name: string, labels: Labels, value: number): void => {
    text.push(`queuectl_${name}${showLabels(labels)} ${value}`);
  };
  const histogram = (name: string, queue: string, values: Histogram): void => {
    for (let octave = 0; octave < OCTAVES; octave++) {
      sample(`${name}_bucket`, { queue, le: String(2 ** octave / 1000) }, countBelow(values, octave));
    }
    sample(`${name}_bucket`, { queue, le: "+Inf" }, values.count);
    sample(`${name}_sum`, { queue }, values.sum / 1000);
    sample(`${name}_count`, { queue }, values.count);
  };

  family("jobs", "gauge", "Jobs in the store, by queue and state.");
  for (const { name: queue, counts } of queues) {
    for (const state of STATES) sample("jobs", { queue, state }, counts[state]);
  }
  family("queue_paused", "gauge", "1 while the queue is paused.");
  for (const { name: queue, paused } of queues) {
    if (queue !== OTHERS) sample("queue_paused", { queue }, paused ? 1 : 0);
  }
  family("open_groups", "gauge", "Groups that have not ended, counted to at most 10000.");
  sample("open_groups", {}, openGroups);
  family("workers", "gauge", "Workers known to the store.");
  sample("workers", {}, workers.length);
  family("running_jobs", "gauge", "Jobs that workers run now.");
  sample("running_jobs", {}, workers.reduce((sum, { running }) => sum + running.length, 0));

  family(
    "running_memory_bytes",
    "gauge",
    "Memory of running jobs when last looked at, of at most 1000 of them.",
  );
  for (const [queue, bytes] of memory) sample("running_memory_bytes", { queue }, bytes);

  const byHost = Map.groupBy(workers, ({ host }) => host);
  family("host_workers", "gauge", "Workers known to the store, by host.");
  for (const [host, its] of byHost) sample("host_workers", { host }, its.length);
  family("host_running_jobs", "gauge", "Jobs that workers run now, by host.");
  for (const [host, its] of byHost) {
    sample("host_running_jobs", { host }, its.reduce((sum, { running }) => sum + running.length, 0));
  }

  family("limit_used", "gauge", "Units in use of a limit.");
  for (const { name: limit, used } of limits) sample("limit_used", { limit }, used);
  family("limit_capacity", "gauge", "Units of a limit that may be in use at once.");
  for (const { name: limit, atOnce } of limits) {
    if (atOnce !== null) sample("limit_capacity", { limit }, atOnce);
  }
  family("limit_started", "gauge", "Units that began within the time of a limit's rate.");
  for (const { name: limit, rate, started } of limits) if (rate) sample("limit_started", { limit }, started);
  family("limit_waiting_jobs", "gauge", "Pending jobs that take of a limit, counted to at most 1000.");
  for (const { name: limit, waiting } of limits) sample("limit_waiting_jobs", { limit }, waiting);

  family("jobs_enqueued_total", "counter", "Jobs enqueued.");
  for (const { queue, figures } of totals) sample("jobs_enqueued_total", { queue }, figures.enqueued);
  family("attempts_started_total", "counter", "Attempts started.");
  for (const { queue, figures } of totals) sample("attempts_started_total", { queue }, figures.started);
  family("attempts_ended_total", "counter", "Attempts ended, by how they ended.");
  for (const { queue, figures } of totals) {
    for (const [outcome, figure] of Object.entries(OUTCOME_FIGURE)) {
      // those that were silent for too long are counted among those whose time was up
      if (figure && outcome !== "idle") sample("attempts_ended_total", { queue, outcome }, figures[figure]);
    }
  }
  family("jobs_retried_total", "counter", "Jobs put back for another attempt after a failed one.");
  for (const { queue, figures } of totals) sample("jobs_retried_total", { queue }, figures.retried);
  family("jobs_dead_total", "counter", "Jobs that used up their retries.");
  for (const { queue, figures } of totals) sample("jobs_dead_total", { queue }, figures.dead);
  family("cpu_seconds_total", "counter", "CPU time of attempts that have ended, as far as it is known.");
  for (const { queue, figures } of totals) sample("cpu_seconds_total", { queue }, figures.cpuMs / 1000);
  family("wait_seconds", "histogram", "From when a job could have run to its start.");
  for (const { queue, figures } of totals) histogram("wait_seconds", queue, figures.waitMs);
  family("run_seconds", "histogram", "From the start of an attempt to its end.");
  for (const { queue, figures } of totals) histogram("run_seconds", queue, figures.runMs);
  return text.join("\n") + "\n";
}

/** Values below 2^octave ms: bucket 0 holds those below 1 ms, then there are some to each doubling. */
function countBelow({ buckets }: Histogram, octave: number): number {
  return Object.entries(buckets)
    .filter(([bucket]) => Number(bucket) <= octave * BUCKETS_PER_OCTAVE)
    .reduce((sum, [, count]) => sum + count, 0);
}

function showLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
