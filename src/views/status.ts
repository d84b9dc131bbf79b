/**
 * @module
 * How many jobs are where, and what the workers do: the same on the command line and over HTTP. Reads only counts and
 * what runs.
 */
import type { Job, State } from "../domain/job.ts";
import type { Group, ScheduleSummary, Store, WorkerInfo } from "../store/contract.ts";
import { type GroupJson, groupJson } from "./group_json.ts";
import { progressJson, timeJson, usageJson } from "./job_json.ts";
import { type QueueJson, queueJson } from "./queue_json.ts";
import { type Trouble, troublesNow } from "./troubles.ts";

/** What `status` knows. The JSON that it prints. */
export interface Status {
  /** Jobs by state, over all queues. */
  counts: Record<State, number>;
  /** Every queue, or of very many those that run something, whose jobs are next, or that come first by name. */
  queues: QueueJson[];
  /** How many more queues there are. */
  more_queues: number;
  /** The newest groups that have not ended. */
  groups: OpenGroup[];
  /** How many more there are, counted to at most `MOST_COUNTED`. */
  more_groups: number;
  /** Every worker. */
  workers: WorkerStatus[];
  /** How many schedules there are, and when the next is due. */
  schedules: SchedulesStatus;
  /** What is wrong, the worst first. */
  troubles: Trouble[];
}

/** Schedules at a glance. */
export interface SchedulesStatus extends Omit<ScheduleSummary, "nextAt"> {
  /** ISO 8601; null when none is due. */
  next_at: string | null;
}

/** A group that has not ended: without what changes all the time. */
export type OpenGroup = Omit<GroupJson, "state" | "ended_at" | "time_left">;

/**
 * What a worker can be doing. `gone`: its process has ended, or it has not been heard of for as long as its lease. `left`: it has left what it ran
 * to the next worker.
 */
export const WORKER_STATES = ["working", "idle", "stopping", "gone", "left"] as const;

/** What a worker is doing. */
export type WorkerState = typeof WORKER_STATES[number];

/** A worker and what it runs. */
export interface WorkerStatus extends Pick<WorkerInfo, "id" | "host" | "pid" | "slots" | "queues"> {
  /** Units of the things that its host has, by name. */
  has: Record<string, number>;
  /** ISO 8601. */
  started_at: string | null;
  /** See `WORKER_STATES`. */
  state: WorkerState;
  /** What it runs. */
  running: RunningJob[];
  /** Ids of those that another worker started. */
  adopted: string[];
}

/** A job that runs. */
export interface RunningJob extends Pick<Job, "id" | "queue" | "command"> {
  /** Which attempt of it: 1, 2, … */
  attempt: number;
  /** ISO 8601. */
  started_at: string;
  /** Since when it stands still; null when it does not. */
  paused_since: string | null;
  /** As in `JobJson`. */
  progress: number | null;
  /** As in `JobJson`. */
  progress_text: string | null;
  /** As in `JobJson`. */
  memory_used: number | null;
  /** As in `JobJson`. */
  cpu_used: number | null;
}

/** Queues that are shown at a glance, at most: more than anybody reads. */
export const MOST_QUEUES = 50;

/** As many groups. */
const MOST_GROUPS = 20;

/** Nobody counts further. */
export const MOST_COUNTED = 10_000;

/** Looks. `now` in ms since the epoch. */
export async function statusNow(store: Store, now: number): Promise<Status> {
  const { counts, queues, of } = await store.summary(MOST_QUEUES);
  const workers = await store.workers();
  const schedules = await schedulesStatus(store, now);
  const { pending, dead } = counts;
  return {
    counts,
    queues: queues.map(queueJson),
    more_queues: of - queues.length,
    ...await groupsNow(store, now),
    workers: await Promise.all(
      byHost(workers).map((worker) => workerStatus(store, worker, now)),
    ),
    schedules,
    troubles: await troublesNow({
      store,
      now,
      pending,
      dead,
      workers,
      schedules,
    }),
  };
}

/** A schedule that was due so long ago and was not fired is overdue: a worker that is there fires within moments. */
export const OVERDUE_MS = 10_000;

async function schedulesStatus(store: Store, now: number): Promise<SchedulesStatus> {
  const { nextAt, ...counts } = await store.scheduleSummary(now - OVERDUE_MS);
  return { ...counts, next_at: timeJson(nextAt) };
}

async function groupsNow(store: Store, now: number): Promise<Pick<Status, "groups" | "more_groups">> {
  const groups = await store.groups({ open: true, limit: MOST_GROUPS });
  const of = groups.length < MOST_GROUPS ? groups.length : await store.openGroups(MOST_COUNTED);
  return { groups: groups.map((group) => openGroup(group, now)), more_groups: of - groups.length };
}

function openGroup(group: Group, now: number): OpenGroup {
  const { state: _, ended_at: _e, time_left: _t, ...rest } = groupJson(group, now);
  return rest;
}

/** Workers by the names of their hosts; those of one host in their order. */
export function byHost<T extends Pick<WorkerInfo, "host">>(workers: readonly T[]): T[] {
  return workers.toSorted((a, b) => a.host < b.host ? -1 : a.host > b.host ? 1 : 0);
}

/** Whether workers are on more than one host. */
export function onSeveralHosts(workers: readonly Pick<WorkerInfo, "host">[]): boolean {
  return new Set(workers.map(({ host }) => host)).size > 1;
}

async function workerStatus(store: Store, worker: WorkerInfo, now: number): Promise<WorkerStatus> {
  const jobs = await Promise.all(worker.running.map((id) => store.get(id)));
  return {
    id: worker.id,
    host: worker.host,
    pid: worker.pid,
    slots: worker.slots,
    queues: worker.queues,
    has: Object.fromEntries(worker.has),
    started_at: timeJson(worker.startedAt),
    state: workerState(worker, now),
    adopted: worker.adopted,
    running: jobs.filter((job) => job !== undefined).map((job) => ({
      id: job.id,
      queue: job.queue,
      command: job.command,
      attempt: job.lastAttempt,
      started_at: timeJson(job.startedAt)!,
      paused_since: timeJson(job.pausedAt),
      ...progressJson(job),
      ...usageJson(job),
    })),
  };
}

/** Whether any of these workers fires schedules. */
export function someoneFires(workers: readonly WorkerInfo[], now: number): boolean {
  return workers.some((worker) => ["working", "idle"].includes(workerState(worker, now)));
}

/** When a worker's lease ends or ended, in ms since the epoch; null where it left, or is known to be gone, before that. */
export function leaseEnd({ leaseUntil }: WorkerInfo): number | null {
  return leaseUntil > 1 ? leaseUntil : null;
}

/** What a worker is doing. `now` in ms since the epoch. */
export function workerState({ leaseUntil, stopping, running }: WorkerInfo, now: number): WorkerState {
  if (leaseUntil === 0) return "left";
  if (leaseUntil <= now) return "gone";
  if (stopping) return "stopping";
  return running.length > 0 ? "working" : "idle";
}
