/**
 * @module
 * What `status` knows, as JSON and as text.
 */
import { type Job, type State, STATES } from "../job.ts";
import { timeJson } from "../job_json.ts";
import type { QueueInfo, Store, WorkerInfo } from "../store/store.ts";
import type { Context } from "./context.ts";
import { STATE_COLOUR } from "./job_table.ts";
import { type Column, table } from "./table.ts";
import { rough } from "./times.ts";

/** What `status` knows. The JSON that it prints. */
export interface Status {
  /** Jobs by state, over all queues. */
  counts: Record<State, number>;
  /** Every queue. */
  queues: QueueInfo[];
  /** Every worker. */
  workers: WorkerStatus[];
}

/** A worker and what it runs. */
export interface WorkerStatus extends Pick<WorkerInfo, "id" | "host" | "pid" | "slots" | "queues"> {
  /** ISO 8601. */
  started_at: string | null;
  /** `gone`: it has not been heard of for as long as its lease. `left`: it has left what it ran to the next worker. */
  state: "working" | "idle" | "stopping" | "gone" | "left";
  /** What it runs. */
  running: RunningJob[];
}

/** A job that runs. */
export interface RunningJob extends Pick<Job, "id" | "queue" | "command"> {
  /** Which attempt of it: 1, 2, … */
  attempt: number;
  /** ISO 8601. */
  started_at: string;
}

/** Looks. `now` in ms since the epoch. */
export async function statusNow(store: Store, now: number): Promise<Status> {
  const queues = await store.queues();
  const total = (state: State) => queues.reduce((sum, { counts }) => sum + counts[state], 0);
  return {
    counts: Object.fromEntries(STATES.map((state) => [state, total(state)])) as Record<State, number>,
    queues,
    workers: await Promise.all((await store.workers()).map((worker) => workerStatus(store, worker, now))),
  };
}

async function workerStatus(store: Store, worker: WorkerInfo, now: number): Promise<WorkerStatus> {
  const jobs = await Promise.all(worker.running.map((id) => store.get(id)));
  return {
    id: worker.id,
    host: worker.host,
    pid: worker.pid,
    slots: worker.slots,
    queues: worker.queues,
    started_at: timeJson(worker.startedAt),
    state: stateOf(worker, now),
    running: jobs.filter((job) => job !== undefined).map((job) => ({
      id: job.id,
      queue: job.queue,
      command: job.command,
      attempt: job.lastAttempt,
      started_at: timeJson(job.startedAt)!,
    })),
  };
}

function stateOf({ leaseUntil, stopping, running }: WorkerInfo, now: number): WorkerStatus["state"] {
  if (leaseUntil === 0) return "left";
  if (leaseUntil <= now) return "gone";
  if (stopping) return "stopping";
  return running.length > 0 ? "working" : "idle";
}

/** The same for people. */
export function statusText({ counts, queues, workers }: Status, { print, clock }: Context): string {
  const all = { name: "all", counts, paused: false, concurrency: null };
  const jobs = queues.length === 0 ? "No jobs yet" : table(print, {
    rows: queues.length > 1 ? [...queues, all] : queues,
    columns: [
      { title: "QUEUE", value: ({ name }) => name },
      ...STATES.map((state): Column<QueueInfo> => ({
        title: state.toUpperCase(),
        value: ({ counts }) => counts[state],
        align: "right",
        paint: ({ counts }, cell) => counts[state] === 0 ? cell : print.paint(STATE_COLOUR[state], cell),
      })),
      { title: "LIMITS", value: limitsOf },
    ],
  });
  if (workers.length === 0) {
    return `${jobs}\n\nNo workers${counts.pending > 0 ? ": start one with queuectl worker start" : ""}`;
  }
  const now = clock.now();
  const rows = workers.flatMap((worker): { worker: WorkerStatus; job?: RunningJob }[] =>
    worker.running.length === 0 ? [{ worker }] : worker.running.map((job) => ({ worker, job }))
  );
  const running = table(print, {
    rows,
    columns: [
      { title: "WORKER", value: ({ worker }) => worker.id },
      { title: "STATE", value: ({ worker }) => worker.state },
      { title: "JOB", value: ({ job }) => job?.id ?? "" },
      { title: "FOR", value: ({ job }) => job ? rough(Math.max(0, now - Date.parse(job.started_at))) : "" },
      { title: "COMMAND", value: ({ job }) => job?.command ?? "" },
    ],
  });
  return `${jobs}\n\n${running}`;
}

function limitsOf({ paused, concurrency }: QueueInfo): string {
  return [
    ...(paused ? ["paused"] : []),
    ...(concurrency === null ? [] : [`${concurrency} at a time`]),
  ].join(", ");
}
