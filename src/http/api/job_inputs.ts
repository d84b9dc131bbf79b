/**
 * @module
 * How requests describe jobs: the fields of `spec.ts`, which also reads them, and ways to pick jobs.
 */
import { QUEUE_PATTERN, STATES } from "../../domain/job.ts";
import { LONGEST_MS, MAX_INT32, MIN_INT32, type Settings } from "../../domain/settings.ts";
import { type FieldName, FIELDS, type JobDefaults } from "../../domain/spec.ts";
import type { JobFilter } from "../../store/contract.ts";
import { whereabouts } from "../../system/environment.ts";
import {
  type Input,
  type Inputs,
  type InputValues,
  isObject,
  jobIds,
  type JsonSchema,
  objectOf,
  oneOf,
  pointInTime,
  someText,
} from "../inputs.ts";

const DURATION: JsonSchema = {
  oneOf: [
    { type: "number", minimum: 0, maximum: LONGEST_MS / 1000 },
    { type: "string", description: "such as 90s, 10m, 1h30m, 2d" },
  ],
};

/** What each field of a job may be. */
const FIELD_SCHEMAS: Readonly<Record<FieldName, JsonSchema>> = {
  command: { type: "string", minLength: 1 },
  id: { type: "string", minLength: 1, maxLength: 128, pattern: "^[A-Za-z0-9._:-]+$" },
  queue: { type: "string", pattern: QUEUE_PATTERN.source },
  priority: { type: "integer", minimum: MIN_INT32, maximum: MAX_INT32 },
  max_retries: { type: "integer", minimum: 0 },
  timeout: DURATION,
  run_at: { type: "string", format: "date-time" },
  delay: DURATION,
  label: { type: "string", minLength: 1, maxLength: 128 },
  cwd: { type: "string", minLength: 1 },
  env: { type: "object", additionalProperties: { type: "string" } },
  hold: { type: "boolean" },
};

/** An object with some of the fields of a job. The handler reads it, since that depends on the time and the settings. */
export function jobFields(
  names: readonly FieldName[],
  brief: string,
): Input<Record<string, unknown>> {
  return {
    brief,
    schema: {
      type: "object",
      properties: Object.fromEntries(
        names.map((name) => [name, { ...FIELD_SCHEMAS[name], description: FIELDS[name].brief }]),
      ),
      additionalProperties: false,
    },
    takes: 'a job as a JSON object, such as {"command": "ls"}',
    read: (value) => isObject(value) ? value : undefined,
  };
}

/** All fields. */
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

/** The fields that can be changed while a job waits. */
export const EDITABLE: FieldName[] = FIELD_NAMES.filter((name) => name !== "id" && name !== "hold");

/** What holds for a job that does not say otherwise. Where it runs, then, is where the server runs. */
export function jobDefaults(settings: Settings, now: number): JobDefaults {
  const { priority, maxRetries, timeoutMs } = settings;
  return { now, ...whereabouts(), priority, maxRetries, timeoutMs };
}

/** The values that pick jobs. */
export const FILTER = {
  state: oneOf(STATES, "only jobs in this state"),
  queue: someText({ max: 64 }, "only jobs of this queue"),
  label: someText({ max: 128 }, "only jobs with exactly this label"),
  search: someText({ max: 1000 }, "only jobs whose command or id contains this"),
  since: pointInTime("only jobs enqueued at this time or later"),
  until: pointInTime("only jobs enqueued before this time"),
} as const satisfies Inputs;

/** What requests on many jobs take: their ids, or what they have in common. */
export const SELECTION = {
  ids: jobIds("these jobs"),
  filter: objectOf(FILTER, "all jobs that have all of this; an empty object is every job"),
} as const satisfies Inputs;

/** A filter for the store, without what was left out. */
export function filterOf(values: InputValues<typeof FILTER>): Omit<JobFilter, "limit"> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
