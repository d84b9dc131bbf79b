/**
 * @module
 * How requests enqueue jobs: what holds for them, what comes after them, and that one that is sent again enqueues once.
 */
import { base64 } from "../../domain/base64.ts";
import { inPlace } from "../../domain/bulk.ts";
import { BadInput, BadNeed, NeedsCycle, TakenId } from "../../domain/errors.ts";
import type { NewJob } from "../../domain/job.ts";
import { type Settings, settingsFrom } from "../../domain/settings.ts";
import { type JobDefaults, readFields } from "../../domain/spec.ts";
import { comesAfter, type Then, thenJobs } from "../../domain/then.ts";
import type { Placed, RequestKey, Store } from "../../store/contract.ts";
import { checkFits } from "../../views/shortages.ts";
import { enqueuePlaced } from "../../views/placed.ts";
import { type InputValues, someText } from "../inputs.ts";
import { sha256 } from "../sha256.ts";
import { jobDefaults, type JOINING, joiningOf } from "./job_inputs.ts";

/** Jobs that may be enqueued with one request. */
export const MOST_AT_ONCE = 100_000;

/** The header by which a request that is sent again is known. */
export const IDEMPOTENCY = {
  "Idempotency-Key": someText(
    { max: 200 },
    "chosen by the client: the same request with the same key enqueues once, for a day",
  ),
};

const COMMAND = { type: "string", minLength: 1 };

/** The commands of jobs that come after. */
export const THEN = {
  then: { ...COMMAND, description: "another job, once it, or all of them, have completed" },
  then_failed: { ...COMMAND, description: "another job, should it, or one of them, fail for good" },
  then_ended: { ...COMMAND, description: "another job, once it, or all of them, have ended, however" },
};

/** A job's fields, and what is to come after it. @throws {BadInput} for what is no command */
export function splitThen(
  body: Readonly<Record<string, unknown>>,
): { fields: Record<string, unknown>; then: Then } {
  const { then, then_failed: thenFailed, then_ended: thenEnded, ...fields } = body;
  for (const [name, command] of Object.entries({ then, then_failed: thenFailed, then_ended: thenEnded })) {
    if (command === undefined || typeof command === "string") continue;
    throw new BadInput(`Cannot use ${name} ${JSON.stringify(command)}: it takes the command of another job`);
  }
  return { fields, then: { then, thenFailed, thenEnded } as Then };
}

/** The jobs that come after the first, or after a group; what is said of that holds for them, too. */
export function jobsThen(
  then: Then,
  { command: _, id: _id, ...fields }: Readonly<Record<string, unknown>>,
  { defaults, on }: { defaults: JobDefaults; on: number | { group: string } },
): NewJob[] {
  return comesAfter(then) ? thenJobs(then, { ...defaults, given: readFields(fields, defaults) }, on) : [];
}

/** What holds for jobs that do not say otherwise. */
export async function defaultsOf(store: Store, now: number): Promise<JobDefaults & Settings> {
  const settings = settingsFrom(await store.settings(), store.defaults);
  return { ...settings, ...jobDefaults(settings, now) };
}

/** How jobs are stored. */
export interface Storing {
  /** In ms since the epoch. */
  now: number;
  /** As in `EnqueueOptions`. */
  request: RequestKey | undefined;
  /** What the request says of their groups. */
  query: InputValues<typeof JOINING>;
  /** Groups that they make are sealed. */
  seal?: boolean;
}

/** Stores jobs, all or none; says what has become of each. @throws {BadInput} that says which one is wrong */
export async function storeJobs(
  store: Store,
  jobs: readonly NewJob[],
  { now, request, query, seal = false }: Storing,
): Promise<Placed[]> {
  const { idFormat } = settingsFrom(await store.settings(), store.defaults);
  const joining = { ...joiningOf(query, jobs), ...seal && { seal } };
  await checkFits(store, jobs, now);
  try {
    return await enqueuePlaced(store, jobs, { now, idFormat, ...(request && { request }), joining });
  } catch (error) {
    if (jobs.length === 1) throw error;
    if (error instanceof TakenId || error instanceof BadNeed) {
      throw inPlace(error, { source: String(jobs.length), place: `job ${error.index + 1}` });
    }
    throw error instanceof NeedsCycle ? error.among((n) => `job ${n + 1}`) : error;
  }
}

/** What `Idempotency-Key` says: the same request with the same key enqueues once, for a day. */
export async function requestKey({ headers }: Request, said: unknown): Promise<RequestKey | undefined> {
  const key = headers.get("idempotency-key");
  if (key === null) return undefined;
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new BadInput("Cannot use this Idempotency-Key: it takes 1 to 200 visible characters");
  }
  return { key, fingerprint: base64(await sha256(JSON.stringify(said))) };
}
