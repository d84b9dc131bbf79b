/**
 * @module
 * What a user says of a schedule, as JSON or as flags, to one that can be stored; and the job of one of its slots. What
 * makes no sense is a `BadInput` of one sentence. Pure.
 */
import { formatDuration, parseDuration } from "../duration.ts";
import { BadInput } from "../errors.ts";
import { type FieldName, type NewJob, QUEUE_PATTERN } from "../fields.ts";
import { nearest } from "../nearest.ts";
import { isField, type JobDefaults, jobFromValue, quote } from "../spec.ts";
import { MISSED, type Missed } from "./coming.ts";
import { firstSlot, nextSlots, readExpression, slotsOf, type Timing } from "./expression.ts";
import { readZone, zoneHere } from "./zone.ts";

/** The names a schedule may have: those of a queue. */
export const SCHEDULE_PATTERN: RegExp = QUEUE_PATTERN;

/** What becomes of a slot while a run of the schedule has not ended, be it running or waiting. */
export const OVERLAPS = [
  "skip", // it does not run
  "queue", // it runs after that one
  "replace", // that one is called off, and it runs once that has ended
  "allow", // it runs besides
] as const;

/** What becomes of a slot while a run of the schedule has not ended. */
export type Overlap = typeof OVERLAPS[number];

/** The job of a schedule, in the form of JSON that `enqueue` takes. */
export type JobSpec = Readonly<Record<string, unknown>>;

/** What a user can say of a schedule. */
export interface ScheduleSpec {
  /** Unique. */
  name: string;
  /** When it comes. */
  expression: string;
  /** The name of the zone whose clock counts. */
  zone: string;
  /** What becomes of missed slots. */
  missed: Missed;
  /** What becomes of a slot while a run has not ended. */
  overlap: Overlap;
  /** Each run comes later by up to so much. */
  jitterMs: number;
  /** What to run. */
  job: JobSpec;
}

/** What a schedule's job may say: the time is the schedule's, and each run is a job of its own. */
export const SCHEDULED_FIELDS = [
  "command",
  "queue",
  "priority",
  "max_retries",
  "timeout",
  "max_output",
  "idle_timeout",
  "retry_on",
  "no_retry_on",
  "backoff",
  "max_wait",
  "label",
  "cwd",
  "env",
  "stdin",
  "stdin_base64",
  "nice",
  "io",
  "cpu_time",
  "memory",
  "max_procs",
  "needs",
  "slots",
] as const satisfies readonly FieldName[];

/** What a schedule's JSON says. */
const KEYS = ["name", "expression", "tz", "missed", "overlap", "jitter", "job"] as const;

/** The name, if a schedule may have it. @throws {BadInput} for a name that none can have */
export function scheduleName(name: unknown): string {
  if (typeof name === "string" && SCHEDULE_PATTERN.test(name)) return name;
  throw new BadInput(
    `Cannot use schedule ${
      quote(name)
    }: a name takes 1 to 64 of the characters A-Z a-z 0-9 . _ : -, the first a letter or digit`,
  );
}

/** What is said of a schedule; what is left out is not in it. @throws {BadInput} for a field that is wrong or unknown */
export function readScheduleFields(
  values: Readonly<Record<string, unknown>>,
  defaults: JobDefaults,
): Partial<ScheduleSpec> {
  for (const key of Object.keys(values)) {
    if ((KEYS as readonly string[]).includes(key)) continue;
    const near = isField(key) ? undefined : nearest(key, KEYS);
    throw new BadInput(
      isField(key)
        ? `Cannot use ${key} of a schedule: it belongs into its "job"`
        : `Unknown field ${quote(key)}${near ? `, did you mean "${near}"?` : ""}`,
    );
  }
  const { name, expression, tz, missed, overlap, jitter, job } = values;
  return {
    ...name !== undefined && { name: scheduleName(name) },
    ...expression !== undefined && { expression: readExpression(expression) },
    ...tz !== undefined && { zone: readZone(tz) },
    ...missed !== undefined && { missed: oneOf(MISSED, "missed", missed) },
    ...overlap !== undefined && { overlap: oneOf(OVERLAPS, "overlap", overlap) },
    ...jitter !== undefined && { jitterMs: readJitter(jitter) },
    ...job !== undefined && { job: readJobSpec(job, defaults) },
  };
}

function oneOf<T extends string>(all: readonly T[], name: string, said: unknown): T {
  const found = all.find((one) => one === said);
  if (found !== undefined) return found;
  const takes = `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
  throw new BadInput(`Cannot use ${name} ${quote(said)}: it takes ${takes}`);
}

function readJitter(said: unknown): number {
  const ms = typeof said === "number" || typeof said === "string" ? parseDuration(said) : undefined;
  if (ms !== undefined && ms <= LONGEST_JITTER_MS) return ms;
  throw new BadInput(`Cannot use jitter ${quote(said)}: it takes a duration up to 7d, such as 30s or 5m`);
}

const LONGEST_JITTER_MS = 7 * 86_400_000;

/** The job as it is kept: its directory is found here, once and for all. */
function readJobSpec(said: unknown, defaults: JobDefaults): JobSpec {
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    throw new BadInput(`Cannot use job ${quote(said)}: it takes an object such as {"command": "ls"}`);
  }
  for (const name of Object.keys(said)) {
    if (!isField(name) || (SCHEDULED_FIELDS as readonly string[]).includes(name)) continue;
    throw new BadInput(`Cannot use ${name} in the job of a schedule: ${whyNot(name)}`);
  }
  const { cwd } = jobFromValue(said, defaults);
  return { ...said, cwd };
}

function whyNot(name: FieldName): string {
  if (name === "run_at" || name === "delay") return "the schedule says when it runs";
  if (["unique", "unique_key"].includes(name)) {
    return "overlap says what becomes of a run while another one has not ended";
  }
  return name === "id" ? "each run is a job with an id of its own" : "each run is a job of its own";
}

/** A whole schedule, with what it does not say filled in. @throws {BadInput} for what makes no sense together */
export function completeSchedule(
  said: Partial<ScheduleSpec>,
  { now, since = now }: { now: number; since?: number },
): ScheduleSpec {
  const { name, expression, job, zone = zoneHere(), missed = "once", jitterMs = 0 } = said;
  if (name === undefined) throw new BadInput('Missing the name of a schedule: give "name"');
  if (expression === undefined) {
    throw new BadInput(`Missing when schedule "${name}" comes: give "expression"`);
  }
  if (job === undefined) throw new BadInput(`Missing what schedule "${name}" runs: give "job"`);
  const { overlap = missed === "all" ? "queue" : "skip" } = said;
  if (missed === "all" && (overlap === "skip" || overlap === "replace")) {
    throw new BadInput(
      `Cannot use missed all with overlap ${overlap}: of the runs that it makes up for, only ${
        overlap === "skip" ? "the first" : "the last"
      } would be left; use overlap queue or allow`,
    );
  }
  const timing = { expression, zone, since };
  firstSlot(timing, now);
  checkJitter(timing, { jitterMs, after: Math.max(now, since) });
  return { name, expression, zone, missed, overlap, jitterMs, job };
}

/** So many runs are looked at. */
const COMPARED = 20;

/** The order of runs must not depend on chance. */
function checkJitter(
  timing: Timing,
  { jitterMs, after }: { jitterMs: number; after: number },
): void {
  if (jitterMs === 0) return;
  const slots = nextSlots(slotsOf(timing), after, COMPARED);
  const gaps = slots.slice(1).map((slot, n) => slot - slots[n]!);
  const least = Math.min(...gaps);
  if (jitterMs < least) return;
  throw new BadInput(
    `Cannot use jitter ${
      quote(formatDuration(jitterMs))
    }: it must be shorter than the time between two runs, which is ${formatDuration(least)}`,
  );
}

/** The variables that a schedule's jobs get. */
export function slotVariables(name: string, slot: number): Record<string, string> {
  return { QUEUECTL_SCHEDULE: name, QUEUECTL_SLOT: sayTime(slot) };
}

function sayTime(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** The job of a slot. What its spec does not say is as the settings are by now. */
export function jobOfSlot(
  { name, job }: Pick<ScheduleSpec, "name" | "job">,
  slot: number,
  defaults: JobDefaults,
): NewJob {
  const made = jobFromValue(job, defaults);
  return { ...made, env: { ...made.env, ...slotVariables(name, slot) } };
}
