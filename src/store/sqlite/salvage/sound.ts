/**
 * @module
 * Whether a row that could be read still means something: damage within a page can leave rows that SQLite takes for
 * whole. The schema's own checks see to the rest. Pure.
 */
import { FIELDS, type Kind, OWN_COLUMNS, QUEUE_PATTERN } from "../../../domain/fields.ts";

/** A row of whatever table. */
export type Row = Readonly<Record<string, unknown>>;

const QUEUE = (value: unknown) => typeof value === "string" && QUEUE_PATTERN.test(value);
const JSON_OBJECT = (value: unknown) => value === null || isJsonObject(value as string);
const NUMBER = (value: unknown) => typeof value === "number" && value >= 0;

/** What columns of fields must hold, where they are there and hold anything. */
const OF_FIELDS = Object.fromEntries(
  (["id", ...OWN_COLUMNS] as const).map((name) => {
    const { column, kind } = FIELDS[name];
    return [column, (value: unknown) => (value ?? null) === null || isSoundValue(kind, value)];
  }),
);

function isSoundValue(kind: Kind, value: unknown): boolean {
  if (kind.type === "word") return typeof value === "string" && kind.pattern.test(value);
  return kind.type !== "variables" || isJsonObject(value as string);
}

/** What columns must hold, by table. */
const SOUND: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  jobs: { seq: NUMBER, created_at: NUMBER, ...OF_FIELDS, policy: (value) => JSON_OBJECT(value ?? null) },
  inputs: { job: NUMBER, bytes: (value) => value instanceof Uint8Array },
  checkpoints: { job: NUMBER, bytes: (value) => value instanceof Uint8Array },
  said: { attempt: NUMBER },
  results: { attempt: NUMBER, bytes: (value) => value instanceof Uint8Array },
  attempts: { attempt: NUMBER, started_at: NUMBER },
  output: { start: NUMBER },
  queues: { name: QUEUE },
  limits: { name: QUEUE },
  groups: { name: QUEUE, created_at: NUMBER, changed_at: NUMBER },
  schedules: {
    name: QUEUE,
    job: (value) => typeof value === "string" && isJsonObject(value),
    since: NUMBER,
    created_at: NUMBER,
  },
  schedule_runs: { schedule: QUEUE, nth: NUMBER, slot: NUMBER, at: NUMBER },
  workers: { queues: JSON_OBJECT },
  requests: { ids: JSON_OBJECT, made_at: NUMBER },
  batches: { made_at: NUMBER },
  staged: { start: NUMBER, jobs: JSON_OBJECT },
  figures: { queue: QUEUE, wait_ms: JSON_OBJECT, run_ms: JSON_OBJECT },
  overall_figures: { wait_ms: JSON_OBJECT, run_ms: JSON_OBJECT },
};

/** Whether the row of a table means something. */
export function isSound(table: string, row: Row): boolean {
  return Object.entries(SOUND[table] ?? {}).every(([column, holds]) => holds(row[column]));
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === "object";
  } catch {
    return false;
  }
}
