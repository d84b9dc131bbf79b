/**
 * @module
 * What each verb does to jobs that are locked, whoever chose them: to their picture, and as statements.
 */
import type { JobChanges, Verb } from "../contract.ts";
import { waitingState } from "../rules/jobs.ts";
import type { Statement } from "./engine/driver.ts";
import type { LockedJob } from "./locked_jobs.ts";
import { assignments } from "./rows.ts";

/** Does something to jobs whose states allow it. */
export interface Act {
  act(job: LockedJob): void;
  /** Stores what was done to these. */
  store(jobs: readonly LockedJob[]): Statement[];
}

/** When, and what `edit` sets. */
export interface ActOptions {
  /** In ms since the epoch. */
  now: number;
  changes?: JobChanges;
}

/** How to do what a verb says. */
export function actOf(verb: Verb, { now, changes = {} }: ActOptions): Act {
  switch (verb) {
    case "cancel":
      return {
        act(job) {
          if (job.state !== "processing") Object.assign(job, { state: "cancelled", held: false });
        },
        store: (jobs) => [on(REQUEST_CANCEL, running(jobs)), on(CANCEL, waiting(jobs), now)],
      };
    case "retry":
      return {
        act: (job) => job.state = "pending",
        store: (jobs) => [on(UNBIND, jobs), on(RETRY, jobs, now)],
      };
    case "delete":
      return { act: (job) => job.gone = true, store: (jobs) => removal(numbers(jobs)) };
    case "edit":
      return edit({ now, changes });
    case "hold":
    case "release":
      return { act: (job) => job.held = verb === "hold", store: (jobs) => [on(HOLD, jobs, verb === "hold")] };
    case "pause":
    case "resume":
      return {
        act(job) {
          if (job.state !== "processing") job.held = verb === "pause";
        },
        store: (jobs) => [
          on(verb === "pause" ? PAUSE : RESUME, running(jobs), now),
          on(HOLD, waiting(jobs), verb === "pause"),
        ],
      };
  }
}

function edit({ now, changes }: Required<ActOptions>): Act {
  const { runAt, ...others } = changes;
  const changed = assignments(others);
  const state = runAt === undefined ? undefined : waitingState(runAt, now);
  if (state !== undefined) {
    changed.push(
      [(place) => `state = CASE WHEN ${BY_NEEDS} THEN state ELSE ${place} END`, state],
      [(place) => `run_at = ${place}`, runAt!],
    );
  }
  const set = changed.map(([assignment], at) => assignment(`$${at + 2}`)).join(", ");
  return {
    act(job) {
      if (job.state !== "blocked" && job.state !== "skipped") job.state = state ?? job.state;
      job.queue = changes.queue ?? job.queue;
      job.priority = changes.priority ?? job.priority;
    },
    store: (jobs) =>
      changed.length === 0
        ? []
        : [on(`UPDATE queuectl.jobs SET ${set} WHERE ${AMONG}`, jobs, ...changed.map(([, value]) => value))],
  };
}

/** Whatever their time is, it is their needs that they wait for. */
const BY_NEEDS = "state IN ('blocked', 'skipped')";
const AMONG = "seq = ANY ($1::bigint[])";
const CANCEL = `UPDATE queuectl.jobs SET state = 'cancelled', held = false, finished_at = $2 WHERE ${AMONG}`;
const REQUEST_CANCEL = "UPDATE queuectl.running SET cancel_requested = true WHERE job = ANY ($1::bigint[])";
const RETRY = `
  UPDATE queuectl.jobs SET state = 'pending', attempts = 0, run_at = $2, started_at = NULL, finished_at = NULL,
    exit_code = NULL, signal = NULL, error = NULL, worker = NULL, snoozed_since = NULL, skipped_for = NULL,
    died_of = NULL
  WHERE ${AMONG}`;
/** From now on they do not depend on what they need. */
const UNBIND = "UPDATE queuectl.needy SET bound = false WHERE job = ANY ($1::bigint[]) AND bound";
const HOLD = `UPDATE queuectl.jobs SET held = $2 WHERE ${AMONG}`;
const PAUSE =
  "UPDATE queuectl.running SET paused_at = coalesce(paused_at, $2) WHERE job = ANY ($1::bigint[])";
/** Never 0: whoever adopts it has to know that it may stand still. */
const RESUME = `
  UPDATE queuectl.running SET paused_ms = paused_ms + greatest(1, $2 - paused_at), paused_at = NULL, unstopped = NULL
  WHERE job = ANY ($1::bigint[]) AND paused_at IS NOT NULL`;

/** Removes jobs with their attempts, output and stdin. */
export function removal(seqs: readonly number[]): Statement[] {
  return [
    "needs WHERE job",
    "needy WHERE job",
    "inputs WHERE job",
    "checkpoints WHERE job",
    "results WHERE job",
    "said WHERE job",
    "output WHERE job",
    "attempts WHERE job",
    "jobs WHERE seq",
  ].map((of) => ({
    sql: `DELETE FROM queuectl.${of} = ANY ($1::bigint[])`,
    values: [seqs],
  }));
}

function on(sql: string, jobs: readonly LockedJob[], ...values: NonNullable<Statement["values"]>): Statement {
  return { sql, values: [numbers(jobs), ...values] };
}

function running(jobs: readonly LockedJob[]): LockedJob[] {
  return jobs.filter(({ state }) => state === "processing");
}

function waiting(jobs: readonly LockedJob[]): LockedJob[] {
  return jobs.filter(({ state }) => state !== "processing");
}

function numbers(jobs: readonly LockedJob[]): number[] {
  return jobs.map(({ row }) => row.seq);
}
