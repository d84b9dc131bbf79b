/**
 * @module
 * Jobs to rows of the database and back, by the table of fields; rows to attempts; and ids to rows: `j<seq>` is the
 * row's number, any other id is in the column `name`. Invariant: what is read of a job lays what `running` says of it
 * over its own row, which is as it was before the claim.
 */
import { type Field, FIELDS, type Kind, OWN_COLUMNS, type StoredFields } from "../../domain/fields.ts";
import type { Job, NewJob, State } from "../../domain/job.ts";
import { policyChange, policyOf } from "../../domain/policy.ts";
import { type ProgressRow, toProgress, toUsage, type UsageRow } from "../rules/attempts.ts";
import type { SkipReason } from "../../domain/needs.ts";
import { BLANK_JOB, idOf, seqOf } from "../rules/jobs.ts";
import type { Value } from "./engine/driver.ts";

/** A field with its column. */
export interface FieldColumn extends Field {
  column: string;
  key: keyof StoredFields;
}

/** All of them but the id, which is in two columns, and those that share one. */
export const FIELD_COLUMNS: readonly FieldColumn[] = OWN_COLUMNS.map((name) => FIELDS[name]);

/** The type of the server in which values of a kind are handed over. */
export function typeOf({ type }: Kind): "bigint" | "text" | "boolean" {
  switch (type) {
    case "integer":
    case "duration":
    case "size":
    case "time":
    case "delay":
      return "bigint";
    case "flag":
      return "boolean";
    case "text":
    case "line":
    case "word":
    case "ends":
    case "backoff":
    case "path":
    case "variables":
    case "input":
    case "jobs":
    case "groups":
    case "units":
      return "text";
  }
}

/** A value of a field as it is stored. */
export function toValue(value: StoredFields[keyof StoredFields]): Value {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

/** What is to be set where some fields are changed: the assignment of a place, such as `$2`, and what is put there. */
export function assignments(
  fields: Partial<NewJob>,
): [assignment: (place: string) => string, value: Value][] {
  const policy = policyChange(fields);
  return [
    ...FIELD_COLUMNS.filter(({ key, editable }) => editable && fields[key] !== undefined)
      .map(({ column, key }): [(place: string) => string, Value] => [
        (place) => `${column} = ${place}`,
        toValue(fields[key]!),
      ]),
    ...policy === undefined ? [] : [[mergePolicy, policy] as [typeof mergePolicy, string]],
  ];
}

function mergePolicy(place: string): string {
  const merged = `jsonb_strip_nulls(coalesce(policy, '{}')::jsonb || ${place}::jsonb)`;
  return `policy = nullif(${merged}, '{}'::jsonb)::text`;
}

/** What of a job's row holds only as long as it does not run. */
const OWN = {
  state: "CASE WHEN r.job IS NULL THEN j.state ELSE 'processing' END",
  attempts: "CASE WHEN r.job IS NULL THEN j.attempts ELSE j.attempts + 1 END",
  last_attempt: "coalesce(r.attempt, j.last_attempt)",
  started_at: "coalesce(r.started_at, j.started_at)",
  finished_at: "CASE WHEN r.job IS NULL THEN j.finished_at END",
  exit_code: "CASE WHEN r.job IS NULL THEN j.exit_code END",
  signal: "CASE WHEN r.job IS NULL THEN j.signal END",
  error: "CASE WHEN r.job IS NULL THEN j.error END",
  worker: "coalesce(r.worker, j.worker)",
  cancel_requested: "coalesce(r.cancel_requested, false)",
  paused_at: "r.paused_at",
  said: `(SELECT json_build_object('percent', s.percent, 'text', s.text, 'memory', s.memory,
      'peak_memory', s.peak_memory, 'seen_cpu_ms', s.cpu_ms) FROM queuectl.said s
    WHERE s.job = r.job AND s.attempt = r.attempt)`,
};

/** All that is read of a job, from `jobs j` and `running r`. */
export const JOB = [
  ...[
    ...["seq", "name", "created_at", "stdin_size", "policy", "checkpoint_size", "snoozed_since"],
    ...FIELD_COLUMNS.map(({ column }) => column),
  ].map((column) => `j.${column}`),
  ...["seq", "name", "created_at", "stdin_size", "skipped_for", ...FIELD_COLUMNS.map(({ column }) => column)]
    .map((column) => `j.${column}`),
  ...Object.entries(OWN).map(([column, sql]) => `${sql} AS ${column}`),
].join(", ");

/** The state of a job, from `jobs j` and `running r`. */
export const STATE = OWN.state;

/** Jobs, each with the attempt that runs, if one does. */
export const JOBS = "queuectl.jobs j LEFT JOIN queuectl.running r ON r.job = j.seq";

/** A row of `JOB`. */
export interface JobRow {
  seq: number;
  name: string | null;
  queue: string;
  priority: number;
  held: boolean;
  state: State;
  attempts: number;
  last_attempt: number;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  exit_code: number | null;
  signal: string | null;
  error: string | null;
  worker: string | null;
  cancel_requested: boolean;
  paused_at: number | null;
  stdin_size: number | null;
  policy: string | null;
  checkpoint_size: number | null;
  snoozed_since: number | null;
  said: ProgressRow & UsageRow | null;
  skipped_for: SkipReason | null;
  /** Of the other fields. */
  [column: string]: unknown;
}

export function toJob(row: JobRow): Job {
  const job: Record<string, unknown> = {
    ...BLANK_JOB,
    id: idOf(row),
    seq: row.seq,
    state: row.state,
    attempts: row.attempts,
    lastAttempt: row.last_attempt,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    exitCode: row.exit_code,
    signal: row.signal,
    error: row.error,
    worker: row.worker,
    cancelRequested: row.cancel_requested,
    pausedAt: row.paused_at,
    stdinSize: row.stdin_size,
    checkpointSize: row.checkpoint_size,
    snoozedSince: row.snoozed_since,
    progress: row.said ? toProgress(row.said) : null,
    usage: row.said ? toUsage(row.said) : null,
    skippedFor: row.skipped_for,
  };
  for (const { column, key, kind } of FIELD_COLUMNS) job[key] = fromValue(kind, row[column]);
  if (row.policy !== null) Object.assign(job, policyOf(row.policy));
  return job as unknown as Job;
}

function fromValue({ type }: Kind, value: unknown): unknown {
  return type === "variables" && value !== null ? JSON.parse(value as string) : value;
}

/** The job of an id, whose values are `idValues`, from `jobs j`. */
export const HAS_ID = "(j.seq = $1 AND j.name IS NULL OR j.name = $2)";

/** What `HAS_ID` takes: the number in an id, or the name that it is. */
export function idValues(id: string): [seq: number | null, name: string | null] {
  const seq = seqOf(id);
  return seq === undefined ? [null, id] : [seq, null];
}

/** The jobs of several ids, whose values are `idsValues`, from `jobs j`. */
export const HAS_AN_ID = "(j.seq = ANY ($1::bigint[]) AND j.name IS NULL OR j.name = ANY ($2::text[]))";

/** What `HAS_AN_ID` takes. */
export function idsValues(ids: readonly string[]): [seqs: number[], names: string[]] {
  const seqs: number[] = [];
  const names: string[] = [];
  for (const id of ids) {
    const seq = seqOf(id);
    if (seq === undefined) names.push(id);
    else seqs.push(seq);
  }
  return [seqs, names];
}
