/**
 * @module
 * What a store refuses, and in which words: the same whatever it is made of. Pure.
 */
import { BadInput, BadNeed, NoSuch, noSuchJob, Refused, TakenId } from "../../domain/errors.ts";
import { ENDED, type State, WAITING } from "../../domain/job.ts";
import type { Verb, Wish } from "../contract.ts";

/** The states of a job in which each can be done. */
export const ALLOWED: Readonly<Record<Verb, readonly State[]>> = {
  cancel: [...WAITING, "processing"],
  retry: ["failed", "completed", "dead", "cancelled"],
  delete: [...WAITING, ...ENDED],
  edit: WAITING,
  hold: WAITING,
  release: WAITING,
  pause: [...WAITING, "processing"],
  resume: [...WAITING, "processing"],
};

/** What a person can do about a state that is in the way of what they want. */
const HINTS: Readonly<Partial<Record<Verb, Partial<Record<State, string>>>>> = {
  retry: {
    blocked: "; --ignore-needs runs it all the same",
    skipped: "; retry what it needs, or run it all the same with --ignore-needs",
    pending: " already",
    scheduled: "; edit its time to run it now",
    processing: "; cancel it first",
  },
  delete: { processing: "; cancel it first" },
  edit: {
    processing: "; cancel it first",
    completed: "; retry it first",
    dead: "; retry it first",
    cancelled: "; retry it first",
    skipped: "; retry what it needs first",
  },
};

/** What is asked for which job, and the one state that it was asked to be limited to. */
export interface Intent {
  /** What is to be done. */
  verb: Verb;
  /** The job's, as it was given. */
  id: string;
  /** Only for a job in this state. */
  only?: State;
  /** Also to one that its needs keep from starting. */
  ignoreNeeds?: boolean;
}

/**
 * The job that was looked up, if there is one and its state allows what is asked.
 *
 * @throws {NoSuch} when there is none
 * @throws {Refused} when its state does not allow it
 */
export function allowed<J extends { state: State }>(
  job: J | undefined,
  { verb, id, only, ignoreNeeds = false }: Intent,
): J {
  if (!job) throw noSuchJob(verb, id);
  const { state } = job;
  const runsAnyway = ignoreNeeds && (state === "blocked" || state === "skipped");
  if (!runsAnyway && !ALLOWED[verb].includes(state)) {
    throw new Refused(`Cannot ${verb} job "${id}": it is ${state}${HINTS[verb]?.[state] ?? ""}`);
  }
  if (only !== undefined && state !== only) {
    throw new Refused(`Cannot ${verb} job "${id}": it is ${state}, not ${only}`);
  }
  return job;
}

/** The jobs to which what they are selected for can be done, and is not done already: their states, and held or not. */
export function meant({ verb, only }: Wish): { states: readonly State[]; held?: boolean } {
  const states = ALLOWED[verb].filter((state) => only?.includes(state) ?? true);
  return verb === "hold" || verb === "release" ? { states, held: verb === "release" } : { states };
}

/** What is said of an id that another job has. */
export function idIsTaken(id: string): string {
  return `Cannot enqueue job "${id}": the id is taken`;
}

/** Another job has the id; `index` is the job's position among those that were to be enqueued. */
export function takenId(id: string, index: number): TakenId {
  return new TakenId(idIsTaken(id), index);
}

/** Of very many jobs that are enqueued at once, none can wait for others. */
export function tooManyToWait(index: number): BadNeed {
  return new BadNeed("Cannot enqueue more than 1000 jobs at once of which some wait for others", index);
}

/** Who may only enqueue can read nothing of other jobs, so neither wait for them. */
export function mayNotNeed(index: number): BadNeed {
  return new BadNeed("Cannot make a job wait for others: this user of the server may only enqueue", index);
}

/** Neither can they count in groups. */
export function mayNotJoin(group: string): BadInput {
  return new BadInput(`Cannot enqueue into group "${group}": this user of the server may only enqueue`);
}

/** Neither can they see who has a key, or which id is free again. */
export function mayNotHaveKey(): BadInput {
  return new BadInput(
    "Cannot enqueue a job with a key, or in place of another: this user of the server may only enqueue",
  );
}

/** A key names one request only. */
export function keyIsUsed(key: string): Refused {
  return new Refused(`Cannot enqueue with the key "${key}": it was used for something else`);
}

/** A job that others wait for is not simply removed. */
export function isWaitedFor(id: string, by: string): Refused {
  return new Refused(`Cannot delete job "${id}": job "${by}" waits for it; cancel it, or use --force`);
}

/** There is no worker that could be told to stop. */
export function noSuchWorker(id: string): NoSuch {
  return new NoSuch(`Cannot stop worker "${id}": no such worker; see worker list`);
}

export function noWorkerOn(host: string): NoSuch {
  return new NoSuch(`Cannot stop workers on "${host}": none is known there; see worker list`);
}

/**
 * Lets a queue be removed that is known and has no jobs.
 *
 * @param jobs how many it has; undefined when there is no such queue
 * @throws {NoSuch | Refused} otherwise
 */
export function checkDeletable(queue: string, jobs: number | undefined): void {
  if (jobs === undefined) throw new NoSuch(`Cannot delete queue "${queue}": no such queue`);
  if (jobs === 0) return;
  const has = jobs === 1 ? "1 job" : `${jobs} jobs`;
  throw new Refused(`Cannot delete queue "${queue}": it has ${has}; delete them first`);
}

/** What runs cannot be stopped on this system. */
export function cannotPauseHere(id: string): Refused {
  return new Refused(
    `Cannot pause job "${id}": it is processing, and on this system only jobs that wait can be paused`,
  );
}
