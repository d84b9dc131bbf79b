/**
 * @module
 * Jobs to rows of the database and back, by the table of fields; rows to attempts; and ids to rows: `j<seq>` is the
 * row's number, any other id is in the column `name`.
 */
import {
  type Field,
  FIELDS,
  type FieldValue,
  type Kind,
  OWN_COLUMNS,
  type SharedName,
  type StoredFields,
  type StoredName,
} from "../../domain/fields.ts";
import type { Job, NewJob, State } from "../../domain/job.ts";
import { POLICY_KEYS, policyChange, policyColumn, policyOf } from "../../domain/policy.ts";
import type { SkipReason } from "../../domain/needs.ts";
import { BLANK_JOB, type FirstState, idOf, seqOf } from "../rules/jobs.ts";
import type { Database, Value } from "./engine/database.ts";

/** A value of a kind as it is stored. */
type SqlOf<V> = V extends boolean ? number : V extends object ? string : V;

/** The columns of fields. */
type FieldRow = {
  [N in Exclude<StoredName, SharedName> as (typeof FIELDS)[N]["column"]]: SqlOf<FieldValue<N>>;
};

/** The columns that are the store's own. */
export type OwnRow = {
  seq: number;
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
  cancel_requested: number;
  stdin_size: number | null;
  policy: string | null;
  lane: number;
  checkpoint_size: number | null;
  snoozed_since: number | null;
  paused_at: number | null;
  skipped_for: SkipReason | null;
  needed: number;
  key_lost: number;
  died_of: string | null;
};

/** A row of `jobs`. */
export type JobRow = FieldRow & OwnRow;

/** A field with its column. */
export interface FieldColumn extends Field {
  column: keyof FieldRow;
  key: keyof StoredFields;
}

/** All of them but the id, which is in two columns, and those that share one. */
export const FIELD_COLUMNS: readonly FieldColumn[] = OWN_COLUMNS.map((name) => FIELDS[name]);

/** A job that is to be stored. */
export interface ToStore {
  job: NewJob;
  name: string | null;
  state: FirstState;
}

/** A column of something that is to be stored. */
export interface NewValue<One extends ToStore, V> {
  column: string;
  of: (one: One) => V;
  /** The fields that alone decide; left out where something else does. */
  by?: readonly (keyof NewJob)[];
}

/** What a new job has in its row; besides, `created_at` and, given by the database, `seq`. */
export const NEW_VALUES: readonly NewValue<ToStore, Value>[] = [
  { column: "name", of: ({ name }) => name },
  { column: "state", of: ({ state }) => state },
  ...FIELD_COLUMNS.map(({ column, key }): NewValue<ToStore, Value> => ({
    column,
    of: ({ job }) => toValue(job[key]),
    by: [key],
  })),
  { column: "stdin_size", of: ({ job }) => job.stdin?.length ?? null, by: ["stdin"] },
  { column: "policy", of: ({ job }) => policyColumn(job), by: POLICY_KEYS },
  { column: "lane", of: ({ job }) => firstLane(job), by: ["takes", "slots"] },
];

/** Those columns, in the same order. */
export const NEW_COLUMNS: readonly string[] = NEW_VALUES.map(({ column }) => column);

/** Where a new job stands: in the lane of its queue, or where is to be found out (see `sublanes.ts`). */
function firstLane({ takes, slots }: NewJob): 0 | -1 {
  return takes === null && (slots ?? 1) === 1 ? 0 : -1;
}

/** The values of those columns, in the same order. */
export function newRow(one: ToStore): Value[] {
  return NEW_VALUES.map(({ of }) => of(one));
}

/** What is to be set where some fields are changed, each with its value. */
export function assignments(fields: Partial<NewJob>): [assignment: string, value: Value][] {
  const policy = policyChange(fields);
  const ofPolicy: [string, Value][] = policy === undefined ? [] : [[MERGE_POLICY, policy]];
  return FIELD_COLUMNS.filter(({ key, editable }) => editable && fields[key] !== undefined)
    .map(({ column, key }): [string, Value] => [`${column} = ?`, toValue(fields[key]!)]).concat(ofPolicy);
}

const MERGE_POLICY = "policy = nullif(json_patch(coalesce(policy, '{}'), ?), '{}')";

/** A value of a field as it is stored. */
function toValue(value: StoredFields[keyof StoredFields]): Value {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

function fromValue({ type }: Kind, value: JobRow[keyof FieldRow]): StoredFields[keyof StoredFields] {
  switch (type) {
    case "flag":
      return value === 1;
    case "variables":
      return value === null ? null : envOf(value as string) ?? null;
    case "integer":
    case "duration":
    case "size":
    case "time":
    case "delay":
    case "text":
    case "line":
    case "word":
    case "ends":
    case "backoff":
    case "path":
    case "input":
    case "jobs":
    case "groups":
    case "units":
      return value;
  }
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
    cancelRequested: row.cancel_requested === 1,
    stdinSize: row.stdin_size,
    checkpointSize: row.checkpoint_size,
    snoozedSince: row.snoozed_since,
    pausedAt: row.paused_at,
    skippedFor: row.skipped_for,
  };
  for (const { column, key, kind } of FIELD_COLUMNS) job[key] = fromValue(kind, row[column]);
  if (row.policy !== null) Object.assign(job, policyOf(row.policy));
  return job as unknown as Job;
}

/** The row of a job, or undefined. */
export function findRow(db: Database, id: string): JobRow | undefined {
  const seq = seqOf(id);
  return seq === undefined
    ? db.get<JobRow>("SELECT * FROM jobs WHERE name = ?", id)
    : db.get<JobRow>("SELECT * FROM jobs WHERE seq = ? AND name IS NULL", seq);
}

/** The state of a job, or undefined; much cheaper than its row. */
export function findState(db: Database, id: string): State | undefined {
  const seq = seqOf(id);
  const row = seq === undefined
    ? db.get<{ state: State }>("SELECT state FROM jobs WHERE name = ?", id)
    : db.get<{ state: State }>("SELECT state FROM jobs WHERE seq = ? AND name IS NULL", seq);
  return row?.state;
}

/** A job's variables; undefined when they cannot be read. */
export function envOf(text: string): NonNullable<Job["env"]> | undefined {
  try {
    const env: unknown = JSON.parse(text);
    if (typeof env !== "object" || env === null || Array.isArray(env)) return undefined;
    return Object.values(env).every((value) => typeof value === "string")
      ? env as NonNullable<Job["env"]>
      : undefined;
  } catch {
    return undefined;
  }
}
