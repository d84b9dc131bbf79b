/**
 * @module
 * Jobs, as those see them who manage them: finding, showing, changing and removing them.
 */
import type { Attempt, Job, NewJob, State } from "../../domain/job.ts";
import type { Decision, GroupRef, Wanting } from "../../domain/needs.ts";
import type { EnqueueOptions, Placed } from "./enqueueing.ts";
import type { GroupEnd } from "./groups.ts";
import type {
  Changed,
  ChangeOptions,
  JobChanges,
  JobFilter,
  JobPage,
  JobSelector,
  Selection,
  Wish,
} from "./selections.ts";

/** Jobs, as those see them who enqueue and manage them. */
export interface JobStore {
  /**
   * Stores jobs in the given order and returns their ids in that order. Very many become visible one after the other,
   * in turns with others who write, but in the end all of them or none.
   * @throws {Refused} `Cannot enqueue job "x": the id is taken`; with several jobs, as a `TakenId` that says which;
   * when a request's key was used for another one; and when a group takes no more
   * @throws {BadInput} when a group is sealed, unless the job that enqueues them is of it, or `reopen` is said
   */
  enqueue(jobs: Iterable<NewJob>, options: EnqueueOptions): Promise<string[]>;
  /**
   * The same for jobs of which some have keys, or take the ids of ended ones: says what has become of each, in the given
   * order, as if those before it were stored already. At any time at most one job has a key; with it may be one that comes
   * after it. A job has its key from when it is enqueued until its end, or with `uniqueUntil` "start" until its first
   * attempt begins, and in any case for `uniqueForMs`; a cancelled or skipped one has none. `enqueue` does it, too, where
   * the jobs are in an array, and does not say what has become of them.
   * @throws {KeyHeld} for a job that shall not be enqueued when another has its key; besides what `enqueue` throws
   */
  enqueueUnique(jobs: readonly NewJob[], options: EnqueueOptions): Promise<Placed[]>;
  /** The job, or undefined. */
  get(id: string): Promise<Job | undefined>;
  /** The attempts of a job, oldest first; empty when there is no such job. */
  attempts(id: string): Promise<Attempt[]>;
  /** What a job's attempts read on their stdin; undefined when there is none, or no such job. */
  stdin(id: string): Promise<Uint8Array | undefined>;
  /** The result that an attempt left; undefined when it left none, or there is no such attempt. */
  result(id: string, attempt: number): Promise<Uint8Array | undefined>;
  /** One page of jobs. */
  list(filter: JobFilter): Promise<JobPage>;
  /**
   * How many waiting jobs would be claimed before this pending job, counted to at most `limit`: only those of the named
   * queues; null is all.
   */
  ahead(id: string, which: AheadOf): Promise<number>;
  /**
   * The states of many jobs at once, in the given order; undefined where there is no such job.
   * Cheap enough to be asked at every change.
   */
  states(ids: readonly string[]): Promise<(State | undefined)[]>;
  /**
   * Calls jobs off: waiting ones become `cancelled`; for `processing` ones the wish is noted, and their worker
   * ends them. Returns how many of each.
   * @throws {Refused} for a job that has ended
   */
  cancel(ids: readonly string[], now: number): Promise<{ cancelled: number; requested: number }>;
  /**
   * Makes jobs `pending` at once, with `attempts` 0, `runAt` now, and their history kept. Returns the ids of those that
   * are held, and stay so. For `failed`, `completed`, `dead`
   * and `cancelled` jobs; `only` narrows that. One that was called off before it ever started waits again for what it
   * needs. Jobs that never started and need one of them wait again, too.
   * @throws {Refused} for a job in another state, and for one whose key another has: that ended meanwhile, or comes after
   */
  retry(ids: readonly string[], options: RetryOptions): Promise<string[]>;
  /**
   * Removes jobs with their attempts, output and stdin. `only` narrows the states; never `processing`. Of those that wait,
   * what others wait for is removed with `force` alone; to them it was called off. Whoever removes all that a filter finds
   * (`change`) means what others wait for, too.
   * @throws {Refused} for a job in another state
   */
  delete(ids: readonly string[], options?: DeleteOptions): Promise<void>;
  /** What jobs need, in the order of the ids, each at most `limit` of its needs; null where it needs nothing. */
  needs(ids: readonly string[], limit: number): Promise<(JobNeeds | null)[]>;
  /** The jobs that need one, or a group, oldest first, at most `limit`. */
  neededBy(which: string | GroupRef, limit: number): Promise<Dependents>;
  /**
   * Changes a waiting job. A `runAt` in the future makes it `scheduled`, one in the past or null makes it `pending`, unless
   * it waits for others. What is said of those it needs takes the place of all that it needed.
   * @throws {Refused} for a job that is not waiting, a key that another one has, and needs without which a job would not
   * come after the one that has its key
   */
  edit(id: string, changes: JobChanges, now: number): Promise<Job>;
  /** Keeps waiting jobs from starting (`held` true) or lets them go. @throws {Refused} for a job that is not waiting */
  hold(ids: readonly string[], held: boolean): Promise<void>;
  /**
   * Lets jobs stand still until they are resumed: waiting ones are held; for `processing` ones the wish is noted, and
   * their worker stops them. An attempt that ends before it is resumed leaves its job held, where that goes on waiting.
   * Returns how many of each.
   * @throws {Refused} for a job that has ended, and for one in `processing` unless `running` is true
   */
  pause(ids: readonly string[], options: { now: number; running: boolean }): Promise<Paused>;
  /** Lets jobs go on that were paused or held. @throws {Refused} for a job that has ended */
  resume(ids: readonly string[], now: number): Promise<Paused>;
  /**
   * The jobs that a selector finds now and to which something can be done; others who use the store have their turn
   * meanwhile. A job that changes meanwhile is found once or not at all.
   */
  select(which: JobSelector, wish: Wish): Promise<Selection>;
  /**
   * Does to the selected jobs what they were selected for, in turns with others who write. Passed over are those that
   * are gone, that the selector would not find any more or whose state has come not to allow it: each job that is
   * changed meets all of that at the moment of its change.
   */
  change(selection: Selection, options: ChangeOptions): Promise<Changed>;
  /** The ids of the jobs with some numbers, in the given order; those that are gone are left out. */
  idsOf(seqs: readonly number[]): Promise<string[]>;
  /**
   * Jobs for whoever is typing an id, the newest first. It takes milliseconds however many there are: of very many not
   * all are looked at.
   */
  suggestJobs(wanted: Suggestible): Promise<JobHint[]>;
  /** Labels that jobs have and that begin with a text, in order, at most so many. */
  labels(prefix: string, limit: number): Promise<string[]>;
  /** How many jobs have each of the labels, in the given order, each counted to at most `limit`. */
  countLabels(labels: readonly string[], limit: number): Promise<number[]>;
  /** Dead jobs by queue and by what they died of, the largest groups first; those that have a name yet (see `nameDead`). */
  deadGroups(page: DeadPage): Promise<DeadGroups>;
}

/** Which groups of dead jobs. */
export interface DeadPage {
  /** Only of one of these queues. */
  queues?: readonly string[];
  /** At most so many. */
  limit: number;
  /** Tell when they died, too: in steps of so many ms, from a time on. */
  course?: { from: number; stepMs: number; steps: number };
}

/** Dead jobs by what they died of. */
export interface DeadGroups {
  /** The largest of them. */
  groups: DeadGroup[];
  /** How many there are. */
  of: number;
}

/** Jobs of a queue that died of the same. */
export interface DeadGroup {
  /** Their queue. */
  queue: string;
  /** See `died_of.ts`. */
  diedOf: string;
  /** How many there are. */
  count: number;
  /** When the first of them died, in ms since the epoch. */
  first: number;
  /** When the last of them died. */
  last: number;
  /** How many died in each step that was asked for. */
  course: number[];
}

/** Which jobs that go first are counted. */
export interface AheadOf {
  /** Of these queues; null is all. */
  queues: readonly string[] | null;
  /** At most so many. */
  limit: number;
}

/** How jobs are run again. */
export interface RetryOptions {
  /** In ms since the epoch. */
  now: number;
  /** Only for jobs in this state. */
  only?: State;
  /** Blocked and skipped ones, too: they start whatever they need. */
  ignoreNeeds?: boolean;
  /** Those that need them and have ended run again as well, once what they need has come. */
  withDependents?: boolean;
}

/** How jobs are removed. */
export interface DeleteOptions {
  /** Only for jobs in this state. */
  only?: State;
  /** Waiting ones, too, for which others wait. */
  force?: boolean;
}

/** What a job needs. */
export interface JobNeeds {
  /** One need that is met is enough. */
  any: boolean;
  /** They decide what becomes of the job until it starts. */
  bound: boolean;
  /** The first of them: those that can no longer be met, those that are open, those that are met. */
  needs: JobNeed[];
  /** How many there are. */
  of: number;
  /** How many of them are not decided yet. */
  open: number;
}

/** A need of a job. */
export interface JobNeed {
  /** The job that is needed, or the name of a group. */
  id: string;
  /** How the group is that is needed; null when it is gone, left out where a job is. */
  group?: GroupEnd | null;
  /** What it is to be. */
  wanting: Wanting;
  /** Null while it has not ended. */
  decided: Decision | null;
  /** What has become of it; null when it is gone, or is a group. */
  job: Pick<Job, "state" | "exitCode" | "signal" | "error" | "skippedFor"> | null;
}

/** The jobs that need another. */
export interface Dependents {
  /** The first of them. */
  jobs: { id: string; state: State; wanting: Wanting; decided: Decision | null }[];
  /** How many there are. */
  of: number;
}

/** Jobs that were paused, or resumed. */
export interface Paused {
  /** Waiting ones: they are held, or released. */
  waiting: number;
  /** Those that run: their worker is told. */
  running: number;
}

/** Which jobs are suggested. */
export interface Suggestible {
  /** Only jobs in one of these states. */
  states: readonly State[];
  /** Only those that are held, or not. */
  held?: boolean;
  /** How their ids begin. */
  prefix: string;
  /** At most so many. */
  limit: number;
}

/** A job as it is suggested. */
export interface JobHint {
  /** Its id. */
  id: string;
  /** The first characters of its command. */
  command: string;
}
