/**
 * @module
 * How requests describe jobs: by the table of fields, which `spec.ts` reads; and ways to pick jobs.
 */
import { type FieldName, FIELDS, type Kind } from "../../domain/fields.ts";
import { type NewJob, STATES } from "../../domain/job.ts";
import { readJoining } from "../../domain/joining.ts";
import { LONGEST_MS, type Settings } from "../../domain/settings.ts";
import type { JobDefaults, Surroundings } from "../../domain/spec.ts";
import { MOST_UNITS } from "../../domain/units.ts";
import { timeReader } from "../../domain/when.ts";
import type { JobSelector, Joining } from "../../store/contract.ts";
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
  oneOrMore,
  pointInTime,
  someText,
  trueOrFalse,
  wholeNumber,
} from "../inputs.ts";
import { MOST_VALUES, ofSeveral } from "../../views/several.ts";

/** A duration in seconds, or as people write it. */
export const DURATION = {
  oneOf: [
    { type: "number", minimum: 0, maximum: LONGEST_MS / 1000 },
    { type: "string", description: "such as 90s, 10m, 1h30m, 2d" },
  ],
} as const satisfies JsonSchema;

/** What values of a kind may be. */
function schemaOf(kind: Kind): JsonSchema {
  const schema = schemaOfKind(kind);
  return "clears" in kind ? { anyOf: [schema, { type: "string", enum: ["default"] }] } : schema;
}

function schemaOfKind(kind: Kind): JsonSchema {
  switch (kind.type) {
    case "text":
    case "path":
      return { type: "string", minLength: 1 };
    case "line":
      return { type: "string", minLength: 1, maxLength: kind.max };
    case "word":
      return kind.words
        ? { type: "string", enum: kind.words }
        : { type: "string", pattern: kind.pattern.source };
    case "integer":
      return { type: "integer", minimum: kind.min, maximum: kind.max };
    case "duration":
    case "delay":
      return DURATION;
    case "size":
      return {
        oneOf: [
          { type: "integer", minimum: kind.min ?? 0, maximum: kind.max },
          { type: "string", description: "such as 64K, 10M, 1GiB" },
        ],
      };
    case "time":
      return { type: "string", examples: ["2030-01-01T14:00:00Z", "friday 18:00 Europe/Berlin"] };
    case "variables":
      return { type: "object", additionalProperties: { type: "string" } };
    case "flag":
      return { type: "boolean" };
    case "ends":
    case "backoff":
      return {
        oneOf: [
          { type: "string", examples: [kind.type === "ends" ? "75,100-110,SIGSEGV,timeout" : "5s,30s,5m"] },
          { type: "array", items: { type: ["integer", "number", "string"] } },
        ],
      };
    case "units":
      return {
        oneOf: [
          { type: "object", additionalProperties: { type: "integer", minimum: 1, maximum: MOST_UNITS } },
          { type: "string", examples: ["api=2,gpu"] },
        ],
      };
    case "jobs":
    case "groups":
      return {
        oneOf: [
          { type: "array", items: { type: "string", minLength: 1 } },
          { type: "string", description: "the same with commas between them, or none" },
        ],
      };
    case "input":
      return { type: "string", ...(kind.as === "base64" ? { contentEncoding: "base64" } : {}) };
  }
}

/** An object with some of the fields of a job, and what else it may have. The handler reads it, since that depends on the time and the settings. */
export function jobFields(
  names: readonly FieldName[],
  brief: string,
  more: Readonly<Record<string, JsonSchema>> = {},
): Input<Record<string, unknown>> {
  return {
    brief,
    schema: {
      type: "object",
      properties: {
        ...Object.fromEntries(
          names.map((name) => [name, { ...schemaOf(FIELDS[name].kind), description: FIELDS[name].brief }]),
        ),
        ...more,
      },
      additionalProperties: false,
    },
    takes: 'a job as a JSON object, such as {"command": "ls"}',
    read: (value) => isObject(value) ? value : undefined,
  };
}

/** What holds for a job that does not say otherwise. Where it runs, then, is where the server runs. */
export function jobDefaults(settings: Settings, now: number): JobDefaults {
  return { ...settings, ...surroundings(now) };
}

/** What the meaning of some values depends on, here. */
export function surroundings(now: number): Surroundings {
  return { now, ...whereabouts(), readTime: timeReader(now) };
}

/** The values that pick jobs. */
export const FILTER = {
  state: oneOrMore(oneOf(STATES, ""), { most: MOST_VALUES }, "only jobs in this state, or in one of these"),
  queue: oneOrMore(
    someText({ max: 64 }, ""),
    { most: MOST_VALUES },
    "only jobs of this queue, or of one of these",
  ),
  group: someText({ max: 64 }, "only jobs of this group"),
  unique_key: someText({ max: 256 }, "only jobs with exactly this key, whether they have it still or not"),
  schedule: someText({ max: 128 }, "only jobs of this schedule, as far back as its history goes"),
  label: oneOrMore(
    someText({ max: 128 }, ""),
    { most: MOST_VALUES },
    "only jobs with exactly this label, or one of these",
  ),
  search: someText({ max: 1000 }, "only jobs whose command or id contains this"),
  error: someText({ max: 1000 }, "only jobs whose error contains this"),
  died_of: someText({ max: 1000 }, "only dead jobs of this group, as the groups of dead jobs name it"),
  exit_code: wholeNumber({ min: 0, max: 2 ** 32 - 1 }, "only jobs that ended with this exit code"),
  since: pointInTime("only jobs enqueued at this time or later"),
  until: pointInTime("only jobs enqueued before this time"),
} as const satisfies Inputs;

/** What is said of the groups that jobs join. */
export const JOINING = {
  max_failures: wholeNumber(
    { min: 1, max: 1_000_000 },
    "when so many jobs of their groups have failed for good, those that wait are called off",
  ),
  reopen: trueOrFalse("add to groups that are sealed, too"),
} as const satisfies Inputs;

const JOINING_NAMES = { maxFailures: "max_failures", reopen: "reopen", group: 'in "group"' };

/** The same for the store. @throws {BadInput} where no job joins a group */
export function joiningOf(
  { max_failures: maxFailures, reopen }: InputValues<typeof JOINING>,
  jobs: readonly NewJob[],
): Joining {
  return readJoining({ maxFailures, reopen }, jobs, JOINING_NAMES);
}

/** What requests on many jobs take: their ids, or what they have in common. */
export const SELECTION = {
  ids: jobIds("these jobs"),
  filter: objectOf(FILTER, "all jobs that have all of this; an empty object is every job"),
} as const satisfies Inputs;

/** A filter for the store, without what was left out. */
export function filterOf(
  { exit_code: exitCode, unique_key: uniqueKey, died_of: diedOf, state, queue, label, ...values }:
    InputValues<
      typeof FILTER
    >,
): JobSelector {
  const all = {
    ...{ ...values, exitCode, uniqueKey, diedOf },
    ...ofSeveral({ states: state, queues: queue, labels: label }),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  );
}
