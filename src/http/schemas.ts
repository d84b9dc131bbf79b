/**
 * @module
 * What the API answers, as schemas: of jobs, attempts, queues, workers, figures, settings. The tests hold every answer
 * against them.
 */
import { type Field, FIELDS, type Kind, SHOWN_FIELDS, type ShownName } from "../domain/fields.ts";
import { END_STATES, OUTCOMES, STATES } from "../domain/job.ts";
import { MISSED } from "../domain/schedule/coming.ts";
import { OVERLAPS } from "../domain/schedule/spec.ts";
import { SKIP_REASONS, WANTINGS } from "../domain/needs.ts";
import type { GroupEnd } from "../store/contract.ts";
import type { FieldsJson } from "../views/job_json.ts";
import { WORKER_STATES } from "../views/status.ts";
import { TROUBLE_KINDS } from "../views/troubles.ts";
import { AUDIT_KINDS } from "./audit_entries.ts";
import type { JsonSchema } from "./inputs.ts";

const TEXT = { type: "string" };
const NUMBER = { type: "number" };
const COUNT = { type: "integer", minimum: 0 };
const TIME = { type: "string", format: "date-time" };

function orNull({ type, ...rest }: JsonSchema & { type: string }): JsonSchema {
  return { type: [type, "null"], ...rest };
}

/** An object with exactly these properties. */
export function record(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

/** The same, and what is left out where there is none. */
export function withOptional(
  object: JsonSchema,
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return { ...object, properties: { ...object.properties as object, ...properties } };
}

/** A list of these. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** How many jobs something was done to. */
export const COUNTED: JsonSchema = COUNT;

const COUNTS = record(Object.fromEntries(STATES.map((state) => [state, COUNT])));

/** A field, as it stands in a job's JSON. */
function shown(name: ShownName): JsonSchema {
  const { kind, default: otherwise }: Field = FIELDS[name];
  const schema = shownKind(kind);
  return otherwise === null && name !== "id" ? orNull(schema) : schema;
}

function shownKind(kind: Kind): JsonSchema & { type: string } {
  switch (kind.type) {
    case "integer":
      return kind.min === 0 ? COUNT : { type: "integer" };
    case "size":
      return COUNT as { type: string };
    case "duration":
      return NUMBER;
    case "time":
    case "delay":
      return TIME;
    case "variables":
      return { type: "object", additionalProperties: TEXT };
    case "units":
      return { type: "object", additionalProperties: COUNT };
    case "flag":
      return { type: "boolean" };
    case "text":
    case "line":
    case "word":
    case "ends":
    case "backoff":
    case "path":
    case "input":
      return TEXT;
    case "jobs":
    case "groups":
      return { type: "array", items: TEXT };
  }
}

/** What it is seen to take. */
const USED = { memory_used: orNull(COUNT as { type: string }), cpu_used: orNull(NUMBER as { type: string }) };

function jobSchema(): JsonSchema {
  const fields = Object.fromEntries(SHOWN_FIELDS.map((name) => [FIELDS[name].json, shown(name)]));
  const { id, queue, command, held, priority, max_retries, timeout, run_at, ...others } = fields as Record<
    keyof FieldsJson,
    JsonSchema
  >;
  return record({
    ...{ id, queue, command },
    state: { type: "string", enum: STATES },
    ...{ held, priority },
    attempts: COUNT,
    ...{ max_retries, timeout, run_at },
    created_at: TIME,
    started_at: orNull(TIME),
    finished_at: orNull(TIME),
    exit_code: orNull({ type: "integer" }),
    signal: orNull(TEXT),
    error: orNull(TEXT),
    worker: orNull(TEXT),
    skipped_for: { type: ["string", "null"], enum: [...SKIP_REASONS, null] },
    paused_since: orNull(TIME),
    ...others,
    stdin_size: orNull(COUNT as { type: string }),
    progress: orNull(NUMBER as { type: string }),
    progress_text: orNull(TEXT),
    ...USED,
    checkpoint_size: orNull(COUNT as { type: string }),
    snoozed_since: orNull(TIME),
  });
}

/** A job. */
export const JOB: JsonSchema = jobSchema();

/** A job that was asked for, or the one that has its key. */
export const NEW_JOB: JsonSchema = record({
  ...(JOB.properties as Record<string, JsonSchema>),
  created: { type: "boolean" },
});

const ATTEMPT = record({
  attempt: COUNT,
  outcome: { type: ["string", "null"], enum: [...OUTCOMES, null] },
  started_at: TIME,
  finished_at: orNull(TIME),
  exit_code: orNull({ type: "integer" }),
  signal: orNull(TEXT),
  error: orNull(TEXT),
  worker: TEXT,
  adopted_from: orNull(TEXT),
  host: TEXT,
  ...USED,
  peak_memory: orNull(COUNT as { type: string }),
  paused_for: NUMBER,
  unstopped: orNull(COUNT as { type: string }),
  progress: orNull(NUMBER as { type: string }),
  progress_text: orNull(TEXT),
  note: orNull(TEXT),
  result_size: orNull(COUNT as { type: string }),
});

const DECIDED = { type: ["string", "null"], enum: ["met", ...SKIP_REASONS, null] };

const GROUP_STATES: readonly GroupEnd[] = ["open", "completed", "failed", "cancelled"];

const OF_GROUP = {
  name: TEXT,
  sealed: { type: "boolean" },
  total: COUNT,
  open: COUNT,
  running: COUNT,
  ...Object.fromEntries(END_STATES.map((state) => [state, COUNT])),
  max_failures: orNull(COUNT as { type: string }),
  created_at: TIME,
};

/** A group with its counts, and how long it may still take, in seconds. */
export const GROUP: JsonSchema = record({
  ...OF_GROUP,
  state: { type: "string", enum: GROUP_STATES },
  ended_at: orNull(TIME),
  time_left: orNull(COUNT as { type: string }),
});

/** A job with its attempts, and why it waits. */
export const JOB_IN_FULL: JsonSchema = {
  ...record({
    ...(JOB.properties as Record<string, JsonSchema>),
    needs: {
      anyOf: [
        { type: "null" },
        record({
          any: { type: "boolean" },
          count: COUNT,
          open: COUNT,
          jobs: listOf(record({
            id: TEXT,
            wanting: { type: "string", enum: WANTINGS },
            decided: DECIDED,
            state: { type: ["string", "null"], enum: [...STATES, null] },
            exit_code: orNull({ type: "integer" }),
          })),
          groups: listOf(record({
            name: TEXT,
            wanting: { type: "string", enum: WANTINGS },
            decided: DECIDED,
            state: { type: ["string", "null"], enum: [...GROUP_STATES, null] },
          })),
        }),
      ],
    },
    dependents: COUNT,
    waits_because: listOf(TEXT),
    not_run_because: listOf(TEXT),
    history: listOf(ATTEMPT),
  }),
};

/** What a job needs and who needs it. */
export const NEEDS_GRAPH: JsonSchema = record({
  jobs: listOf(record({
    id: TEXT,
    state: { type: ["string", "null"], enum: [...STATES, null] },
    exit_code: orNull({ type: "integer" }),
    progress: orNull(NUMBER as { type: string }),
    command: orNull(TEXT),
    more_needs: orNull(COUNT as { type: string }),
    more_dependents: orNull(COUNT as { type: string }),
  })),
  needs: listOf(record({
    from: TEXT,
    to: TEXT,
    wanting: { type: "string", enum: WANTINGS },
    decided: DECIDED,
  })),
});

/** A page of jobs. */
export const JOB_PAGE: JsonSchema = record({ jobs: listOf(JOB), cursor: orNull(TEXT) });

/** Units by name. */
const UNITS = { type: "object", additionalProperties: COUNT };

/** A limit, and how full it is. */
export const LIMIT: JsonSchema = record({
  name: TEXT,
  at_once: orNull(COUNT as { type: string }),
  rate: orNull(TEXT),
  smooth: { type: "boolean" },
  used: COUNT,
  started: COUNT,
  free_at: orNull(TIME),
  waiting: COUNT,
});

/** A queue. */
export const QUEUE: JsonSchema = record({
  name: TEXT,
  paused: { type: "boolean" },
  concurrency: orNull(COUNT as { type: string }),
  retention: orNull(NUMBER as { type: string }),
  retention_dead: orNull(NUMBER as { type: string }),
  needs: orNull(UNITS),
  per_label: orNull(COUNT as { type: string }),
  rate: orNull(TEXT),
  smooth: { type: "boolean" },
  fair: { type: ["string", "null"], enum: ["label", null] },
  aging: orNull(NUMBER as { type: string }),
  counts: COUNTS,
});

/** A queue, and when its oldest pending job was enqueued. */
export const QUEUE_WITH_OLDEST: JsonSchema = record({
  ...(QUEUE.properties as Record<string, JsonSchema>),
  oldest_pending_at: orNull(TIME),
});

/** A queue, and how it has been lately. */
export const QUEUE_NOW: JsonSchema = record({
  ...(QUEUE_WITH_OLDEST.properties as Record<string, JsonSchema>),
  workers: COUNT,
  completed: listOf(COUNT),
  failed: listOf(COUNT),
  died: COUNT,
  wait_p95: orNull(NUMBER as { type: string }),
});

/** Dead jobs of a queue that died of the same. */
export const DEAD_GROUP: JsonSchema = record({
  queue: TEXT,
  died_of: TEXT,
  count: COUNT,
  first_at: orNull(TIME),
  last_at: orNull(TIME),
  course: listOf(COUNT),
});

/** How the store is. Sizes in bytes. */
export const STORE: JsonSchema = record({
  engine: TEXT,
  schema_version: COUNT,
  size: COUNT,
  log_size: COUNT,
  free: orNull(COUNT as { type: string }),
});

/** A worker. */
export const WORKER: JsonSchema = record({
  id: TEXT,
  host: TEXT,
  pid: COUNT,
  slots: COUNT,
  queues: { type: ["array", "null"], items: TEXT },
  has: UNITS,
  started_at: TIME,
  state: { type: "string", enum: WORKER_STATES },
  running: listOf(
    record({
      ...{ id: TEXT, queue: TEXT, command: TEXT, attempt: COUNT, started_at: TIME },
      paused_since: orNull(TIME),
      progress: orNull(NUMBER as { type: string }),
      progress_text: orNull(TEXT),
      ...USED,
    }),
  ),
  adopted: listOf(TEXT),
});

/** A schedule. */
export const SCHEDULE: JsonSchema & { properties: JsonSchema } = record({
  ...{ name: TEXT, expression: TEXT, tz: TEXT },
  missed: { enum: MISSED },
  overlap: { enum: OVERLAPS },
  jitter: NUMBER,
  paused: { type: "boolean" },
  job: { type: "object" },
  next_slot: orNull(TIME),
  next_at: orNull(TIME),
  last_slot: orNull(TIME),
  created_at: TIME,
}) as JsonSchema & { properties: JsonSchema };

/** What became of a slot of a schedule, or of several in a row. */
export const SCHEDULE_RUN: JsonSchema = record({
  nth: COUNT,
  kind: { enum: ["on_time", "late", "manual", "missed", "skipped"] },
  ...{ slot: TIME, until: TIME, at: TIME },
  count: orNull(COUNT as { type: string }),
  job: orNull(TEXT),
  state: { enum: [...STATES, null] },
  ...{ started_at: orNull(TIME), finished_at: orNull(TIME) },
  exit_code: orNull({ type: "integer" }),
  ...{ signal: orNull(TEXT), error: orNull(TEXT) },
});

/** What `status` says. */
export const STATUS: JsonSchema = record({
  counts: COUNTS,
  queues: listOf(QUEUE),
  more_queues: COUNT,
  groups: listOf(record(OF_GROUP)),
  more_groups: COUNT,
  workers: listOf(WORKER),
  schedules: record({ total: COUNT, paused: COUNT, overdue: COUNT, next_at: orNull(TIME) }),
  troubles: listOf(record({
    kind: { type: "string", enum: TROUBLE_KINDS },
    queue: orNull(TEXT),
    count: orNull(COUNT as { type: string }),
    died_of: orNull(TEXT),
    says: TEXT,
  })),
});

const TIMES = record({
  mean: orNull(NUMBER),
  p50: orNull(NUMBER),
  p95: orNull(NUMBER),
  p99: orNull(NUMBER),
});

const SUMMARY = {
  enqueued: COUNT,
  started: COUNT,
  completed: COUNT,
  failed: COUNT,
  timed_out: COUNT,
  cancelled: COUNT,
  lost: COUNT,
  snoozed: COUNT,
  retried: COUNT,
  dead: COUNT,
  per_second: orNull(NUMBER),
  success_rate: orNull(NUMBER),
  cpu_used: NUMBER,
  wait: TIMES,
  run: TIMES,
};

/** What `metrics` says. */
export const METRICS: JsonSchema = record({
  all_time: record(SUMMARY),
  last_minute: record(SUMMARY),
  last_hour: record(SUMMARY),
  last_day: record(SUMMARY),
  queues: listOf(record({ queue: TEXT, ...SUMMARY })),
  more_queues: COUNT,
  open_groups: COUNT,
});

/** Figures in steps of time. */
export const SERIES: JsonSchema = record({
  step: NUMBER,
  points: listOf(record({ at: TIME, ...SUMMARY })),
});

/** A line of the audit log. */
export const AUDIT_ENTRY: JsonSchema = withOptional(
  record({
    kind: { type: "string", enum: AUDIT_KINDS },
    time: TIME,
    address: orNull(TEXT),
    via: orNull(TEXT),
    method: orNull(TEXT),
    path: orNull(TEXT),
    status: orNull(COUNT as { type: string }),
    left_out: orNull(COUNT as { type: string }),
  }),
  { jobs: listOf(TEXT), more_jobs: COUNT, filter: { type: "object" } },
);

/** A setting. */
export const SETTING: JsonSchema = record({
  key: TEXT,
  value: { type: ["number", "string", "null"] },
  default: { type: ["number", "string", "null"] },
  set: { type: "boolean" },
  takes: TEXT,
  brief: TEXT,
});

/** A problem document (RFC 9457). */
export const PROBLEM: JsonSchema = record({ type: TEXT, title: TEXT, status: COUNT, detail: TEXT });
