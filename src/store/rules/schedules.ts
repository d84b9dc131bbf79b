/**
 * @module
 * What every store decides alike of schedules: rows, what a firing starts while other runs have not ended, and what is
 * written down of it. Pure.
 */
import { ScheduleChanged } from "../../domain/errors.ts";
import type { NewJob } from "../../domain/job.ts";
import type { NeedRef } from "../../domain/needs.ts";
import type { Overlap } from "../../domain/schedule/spec.ts";
import type { Firing, NewSchedule, Schedule, ScheduleChange, ScheduleRun } from "../contract.ts";

/** So many rows of what became of slots are kept of each schedule. */
export const RUNS_KEPT = 200;

/** A row of `schedules`. */
export interface ScheduleRow {
  name: string;
  expression: string;
  zone: string;
  missed: Schedule["missed"];
  overlap: Overlap;
  jitter_ms: number;
  job: string;
  paused: number | boolean;
  since: number;
  created_at: number;
  next_slot: number | null;
  next_at: number | null;
  last_slot: number | null;
  revision: number;
  runs: number;
}

export function toSchedule(row: ScheduleRow): Schedule {
  return {
    name: row.name,
    expression: row.expression,
    zone: row.zone,
    missed: row.missed,
    overlap: row.overlap,
    jitterMs: row.jitter_ms,
    job: JSON.parse(row.job),
    paused: Boolean(row.paused),
    since: row.since,
    createdAt: row.created_at,
    next: row.next_slot === null ? null : { slot: row.next_slot, at: row.next_at! },
    lastSlot: row.last_slot,
    revision: row.revision,
  };
}

/** The columns that a change writes, in the order of `writtenOf`. */
export const WRITTEN = [
  "expression",
  "zone",
  "missed",
  "overlap",
  "jitter_ms",
  "job",
  "paused",
  "since",
  "next_slot",
  "next_at",
] as const;

/** What is written to them. */
export function writtenOf(schedule: NewSchedule): (string | number | boolean | null)[] {
  const { expression, zone, missed, overlap, jitterMs, job, paused, since, next } = schedule;
  return [
    ...[expression, zone, missed, overlap, jitterMs, JSON.stringify(job), paused, since],
    ...[next?.slot ?? null, next?.at ?? null],
  ];
}

/** The refusal of a change whose schedule is not as it was read. */
export function scheduleChanged({ name, revision }: ScheduleChange): ScheduleChanged {
  return new ScheduleChanged(
    revision === null
      ? `Cannot add schedule "${name}": there is one with that name`
      : `Cannot change schedule "${name}": it was changed by somebody else at this moment`,
  );
}

/** A run that has not ended. */
export interface OpenRun {
  seq: number;
  id: string;
}

/** A row to be written down; its job by its number, or by its position among those that start. */
export interface RunRow {
  kind: ScheduleRun["kind"];
  slot: number;
  until: number;
  n: number | null;
  job: { seq: number } | { index: number } | null;
}

/** What a firing comes to. */
export interface Decided {
  /** The jobs to be enqueued. A number among what they need is a position among them. */
  jobs: NewJob[];
  /** The open runs to be called off. */
  cancel: readonly OpenRun[];
  /** In order. */
  rows: RunRow[];
  skipped: number;
}

/** What is started, given the runs that have not ended, oldest first. Slots that were decided before are no more. */
export function decide(
  { overlap, last_slot }: Pick<ScheduleRow, "overlap" | "last_slot">,
  open: readonly OpenRun[],
  { runs, left }: Pick<Firing, "runs" | "left">,
): Decided {
  const decided: Decided = { jobs: [], cancel: [], rows: [], skipped: 0 };
  if (left) {
    decided.rows.push({ kind: "missed", slot: left.from, until: left.until, n: left.count, job: null });
  }
  const due = runs.filter(({ kind, slot }) => kind === "manual" || slot > (last_slot ?? -Infinity));
  for (const [at, { kind, slot, job }] of due.entries()) {
    const before = lastStarted(decided, open);
    const skips = kind !== "manual" &&
      (overlap === "skip" ? before !== undefined : overlap === "replace" && at < due.length - 1);
    if (skips) {
      decided.skipped += 1;
      addSkipped(decided.rows, slot, before);
      continue;
    }
    decided.rows.push({ kind, slot, until: slot, n: 1, job: { index: decided.jobs.length } });
    const waits = kind !== "manual" && (overlap === "queue" || overlap === "replace");
    decided.jobs.push({ ...job, ...waits && before && { afterEnded: allBefore(decided, open) } });
    if (overlap === "replace" && kind !== "manual") decided.cancel = open;
  }
  return decided;
}

type Started = { seq: number; id: string } | { index: number };

function lastStarted({ jobs }: Decided, open: readonly OpenRun[]): Started | undefined {
  return jobs.length > 0 ? { index: jobs.length - 1 } : open.at(-1);
}

/** Of the last alone, whoever called that off would let the next start beside one that runs still. */
function allBefore({ jobs }: Decided, open: readonly OpenRun[]): NeedRef[] {
  return [...open.map(({ id }) => id), ...jobs.keys()];
}

function addSkipped(rows: RunRow[], slot: number, by: Started | undefined): void {
  const last = rows.at(-1);
  if (last?.kind === "skipped") {
    last.until = slot;
    last.n! += 1;
    return;
  }
  const job = by === undefined ? null : "index" in by ? { index: by.index } : { seq: by.seq };
  rows.push({ kind: "skipped", slot, until: slot, n: 1, job });
}

/** Whether what was skipped now only goes on with what was skipped before. */
export function continues(
  row: RunRow,
  last: { kind: ScheduleRun["kind"]; job: number | null } | undefined,
): boolean {
  return row.kind === "skipped" && last?.kind === "skipped" && row.job !== null && "seq" in row.job &&
    row.job.seq === last.job;
}

/** The last slot that is decided after a firing. */
export function decidedUpTo({ last_slot }: Pick<ScheduleRow, "last_slot">, firing: Firing): number | null {
  const slots = [
    ...firing.runs.filter(({ kind }) => kind !== "manual").map(({ slot }) => slot),
    ...firing.left ? [firing.left.until] : [],
    ...last_slot === null ? [] : [last_slot],
  ];
  return slots.length === 0 ? null : Math.max(...slots);
}
