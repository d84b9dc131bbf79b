/**
 * @module
 * The store: what every queue database offers, and what it promises. SQLite and PostgreSQL implement it; whoever
 * implements it next takes from `rules/` what all stores decide alike, and runs `tests/store_contract/contract.ts`
 * against it.
 *
 * The contract, over all methods:
 * - **Durable.** When a method that writes has resolved, what it wrote survives `kill -9` and a power cut.
 * - **Atomic.** A method does all of what it says, or throws and has changed nothing; those that say "in turns" have
 *   done a part of it when they are interrupted.
 * - **Along the table.** A job's state changes only as `TRANSITIONS` in `job.ts` allows.
 * - **One owner.** A job in `processing` has exactly one running attempt. Only the supervisor of that
 *   attempt settles it, matched by token; once another has settled it, a late result is refused.
 * - **In order.** Jobs are claimed by priority, lowest number first, then in the order they were enqueued;
 *   never from a paused queue, never held, never past a queue's concurrency.
 * - **After what it needs.** A job that needs others starts only when they have ended as it wants, is skipped as soon as
 *   that can no longer be, and waits again when they run again, unless it has started. It learns of an end in the
 *   transaction of that end or soon after, in steps: the exchanges of supervisors see to it, and so does whoever calls for
 *   the end. New jobs that need what nobody knows, themselves or each other are refused as a `BadNeed` or `NeedsCycle`.
 * - **One with a key.** Of the jobs with a key, one has it at most; see `enqueueUnique`. What would give it to another one
 *   is refused, and a job that another has followed since does not run again by itself.
 * - **Within limits.** What jobs take of limits and hosts: see `contract_limits.ts`.
 * - **Counted.** Counts and figures change in the same transaction as what they count.
 * - **Patient.** A busy store makes methods wait, not fail.
 * - Methods throw `Refused` when a job's state or absence forbids it and `StoreUnusable` when the store does.
 *
 * All times are ms since the epoch and come from the caller, so that tests can say what time it is.
 */
import type { EditableName, FIELDS } from "../domain/fields.ts";
import type { Figures } from "../domain/figures.ts";
import type { Decision, GroupRef, Wanting } from "../domain/needs.ts";
import type {
  Attempt,
  EndState,
  Job,
  NewJob,
  Outcome,
  Progress,
  State,
  Stream,
  Usage,
} from "../domain/job.ts";
import type { Due, LeftOut } from "../domain/schedule/coming.ts";
import type { ScheduleSpec } from "../domain/schedule/spec.ts";
import type { LimitStore, QueueLimits } from "./contract_limits.ts";

export type { Limit, LimitBounds, LimitPage, LimitStore, QueueLimits, Shortage } from "./contract_limits.ts";

/** How a store is opened. */
export interface OpenOptions {
  /** Default true. False refuses to make a store where there is none. */
  create?: boolean;
  /** Default true. False leaves alone what is kept for a full disk. */
  reserve?: boolean;
  /** Default true. False refuses a store that an older version made, and leaves it as it is. */
  upgrade?: boolean;
}

/** A store of jobs, queues, settings, workers and figures. Close it when done. */
export interface Store
  extends
    JobStore,
    GroupStore,
    ScheduleStore,
    OutputStore,
    QueueStore,
    LimitStore,
    SettingStore,
    WorkerStore,
    FigureStore,
    Upkeep {
  /**
   * `host`: what keeps this process from it keeps all others from it, too. `server`: other hosts may reach it when this
   * one cannot.
   */
  readonly place: "host" | "server";
  /** Settings that have another default here than elsewhere, as a user would type them. */
  readonly defaults: ReadonlyMap<string, string>;
  /**
   * Calls `onChange` soon after anybody changed the store in a way that others may wait for, and tells what kinds of
   * change it may be; where only some kinds are wanted, others may be left out. It may be called without a change,
   * never the other way round for long: listeners look for themselves now and then, since a notice can be missed.
   */
  listen(onChange: (kinds: readonly Change[]) => void, wanted?: readonly Change[]): Disposable;
  /** What this kind of store does for its own data, beyond what every store does. */
  readonly care: Care;
  /** Lets go of the store. Nothing may be called any more. */
  close(): void;
}

/** All kinds of changes that others may wait for. */
export type Change =
  /** There may be something to be claimed. */
  | "work"
  /** A supervisor may have been told something: to stop, to end or to pause jobs; or settings. */
  | "orders"
  /** Whatever else people look at: ended jobs, output, workers. */
  | "results";

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
   * @throws {Refused} for a job in another state, and for one that has ended while another has its key
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
   * @throws {Refused} for a job that is not waiting, or a key that another one has
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
  /** Only of this queue. */
  queue?: string;
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

/** What people ask for jobs. */
export type Verb = "cancel" | "retry" | "delete" | "edit" | "hold" | "release" | "pause" | "resume";

/** What jobs are selected for. */
export interface Wish {
  /** What is to be done to them. */
  verb: Verb;
  /** Only to jobs in one of these states; left out is in all that allow it. */
  only?: readonly State[];
}

/** Jobs that were selected. */
export interface Selection {
  /** What found them. */
  which: JobSelector;
  /** What for. */
  wish: Wish;
  /** Their numbers, oldest first. */
  seqs: readonly number[];
  /** How many more were found, to which it cannot be done or is done already. */
  passedOver: number;
}

/** How selected jobs are changed. */
export interface ChangeOptions {
  /** In ms since the epoch. */
  now: number;
  /** What `edit` sets. */
  changes?: JobChanges;
}

/** What came of a change. */
export interface Changed {
  /** To how many jobs it was done. */
  done: number;
  /** How many had changed since they were selected, and were passed over. */
  changedMeanwhile: number;
  /** After `retry`, how many of them stay held. */
  held: number;
  /** After `cancel`, the ids of those that are still to be ended by whoever runs them. */
  requested: readonly string[];
}

/**
 * Groups of jobs: counters. A group is there from its first job on, and has ended once it is sealed and none of its jobs is
 * open. It goes on when one of them runs again, or jobs are added in spite of the seal. Jobs that are removed after their
 * end stay counted; those removed before count as cancelled.
 */
export interface GroupStore {
  /** Groups, the newest first: all of them, or a page. */
  groups(page?: GroupPage): Promise<Group[]>;
  /** How many have not ended, counted to at most `limit`. */
  openGroups(limit: number): Promise<number>;
  /** A group, or undefined. */
  group(name: string): Promise<Group | undefined>;
  /** Nobody but its own jobs adds to it from now on; done again, it changes nothing. @throws {Refused} when there is none */
  sealGroup(name: string, now: number): Promise<void>;
  /**
   * Forgets a group.
   * @throws {Refused} when there is none, it has jobs, or some wait for it
   */
  deleteGroup(name: string): Promise<void>;
}

/** A page of groups. */
export interface GroupPage {
  /** Those made before this one. */
  after?: string;
  /** Only those that have not ended: the others cost nothing, however many they are. */
  open?: boolean;
  /** At most so many. */
  limit: number;
}

/** How a group ended: all of its jobs completed, as far as they were needed; some failed; else, some were called off. */
export type GroupEnd = "open" | "completed" | "failed" | "cancelled";

/** A group. */
export interface Group {
  /** As jobs name it. */
  name: string;
  /** In ms since the epoch. */
  createdAt: number;
  /** Nobody but its own jobs adds to it. */
  sealed: boolean;
  /** Open, or how it ended. */
  end: GroupEnd;
  /** In ms since the epoch; null while it is open. */
  endedAt: number | null;
  /** How many of its jobs have not ended. */
  open: number;
  /** How many of those run. */
  running: number;
  /** How many of its jobs ended so, also those that were removed since. */
  ended: Record<EndState, number>;
  /** With so many dead jobs the waiting ones are called off; null is never. */
  maxFailures: number | null;
}

/** What is said of the groups that new jobs join. */
export interface Joining {
  /** Groups that are made by this are sealed with it. */
  seal?: boolean;
  /** Add to groups that are sealed, too. */
  reopen?: boolean;
  /** As in `Group`; left out leaves it as it is. */
  maxFailures?: number;
  /** The job that enqueues them: to its own group it may add as long as it runs. */
  by?: string;
}

/**
 * Schedules, and what became of their slots. When a schedule comes next is found out by whoever writes it down; the store
 * sees to it that each slot is decided once: a change or a firing holds only for the schedule as it was read, which its
 * revision tells. Slots are by the clock of the store.
 */
export interface ScheduleStore {
  /** Schedules by name: all of them, or a page. */
  schedules(page?: SchedulePage): Promise<Schedule[]>;
  /** A schedule, or undefined. */
  schedule(name: string): Promise<Schedule | undefined>;
  /** How many there are, and when the next is due. Those that were due before a time and are not decided are overdue. */
  scheduleSummary(overdueBefore: number): Promise<ScheduleSummary>;
  /**
   * Makes, changes and removes schedules, all of them or none.
   * @throws {ScheduleChanged} when one is not as it was read: look again
   */
  changeSchedules(changes: readonly ScheduleChange[], now: number): Promise<void>;
  /** The schedules that are due, the longest first. */
  dueSchedules(now: number, limit: number): Promise<DueSchedules>;
  /**
   * Starts the runs of schedules and writes down what became of their slots; those that are not as they were read are left
   * alone. What overlaps is decided here. Returns what was done, in order.
   */
  fire(firings: readonly Firing[], options: FireOptions): Promise<Fired[]>;
  /** What became of the latest slots of some schedules, in the order of the names, each the latest first. */
  scheduleRuns(names: readonly string[], page: RunsPage): Promise<ScheduleRun[][]>;
}

/** Schedules at a glance. */
export interface ScheduleSummary {
  /** How many there are. */
  total: number;
  /** How many of them are paused. */
  paused: number;
  /** How many were due long ago. */
  overdue: number;
  /** When the next is due, in ms since the epoch; null when none is. */
  nextAt: number | null;
}

/** A page of schedules. */
export interface SchedulePage {
  /** Names after this one. */
  after?: string;
  /** At most so many. */
  limit: number;
}

/** A schedule as it is written down. Times in ms since the epoch. */
export interface NewSchedule extends ScheduleSpec {
  /** None of its slots comes. */
  paused: boolean;
  /** Where `every` counts from. */
  since: number;
  /** The first slot of which nothing is decided, and when it is due; null while it is paused, or when none comes any more. */
  next: Due | null;
}

/** A schedule. */
export interface Schedule extends NewSchedule {
  /** When it was made. */
  createdAt: number;
  /** The last slot that was decided; null before there is one. It never goes back, whatever clocks do. */
  lastSlot: number | null;
  /** Changes with each change and each firing. */
  revision: number;
}

/** A change of a schedule. */
export interface ScheduleChange {
  /** Which one. */
  name: string;
  /** The revision it was read at; null where there was none. */
  revision: number | null;
  /** What it shall be; null removes it, with what became of its slots. */
  schedule: NewSchedule | null;
}

/** Schedules that are due. */
export interface DueSchedules {
  /** The time by the clock of the store. */
  now: number;
  /** Those whose next slot is due. */
  schedules: Schedule[];
}

/** How a run came about: on time; later, since nobody was there; or a person asked for it. */
export type RunKind = "on_time" | "late" | "manual";

/** What to do for a schedule. */
export interface Firing {
  /** Which one. */
  name: string;
  /** The revision it was read at. */
  revision: number;
  /** Oldest first. A person's run has the time at which it was asked for. */
  runs: readonly { slot: number; kind: RunKind; job: NewJob }[];
  /** Slots that were missed and do not run. */
  left: LeftOut | null;
  /** The next slot; undefined leaves it as it is. */
  next: Due | null | undefined;
}

/** How schedules are fired. */
export interface FireOptions {
  /** In ms since the epoch, by the clock of whoever fires. */
  now: number;
  /** Ids of the jobs. */
  idFormat: "short" | "uuid";
}

/** What was done. */
export interface Fired {
  /** Which one. */
  name: string;
  /** It was as it had been read; else nothing was done. */
  done: boolean;
  /** The jobs that were enqueued. */
  ids: string[];
  /** How many runs were left out, since others had not ended. */
  skipped: number;
}

/** A page of what became of slots. */
export interface RunsPage {
  /** Those before this number. */
  before?: number;
  /** At most so many of each schedule. */
  limit: number;
}

/** What became of one slot, or of several in a row. */
export interface ScheduleRun {
  /** Its number among those of the schedule. */
  nth: number;
  /** How it ran; or `missed`: nobody was there; `skipped`: another run had not ended. */
  kind: RunKind | "missed" | "skipped";
  /** The slot, or the first of them. */
  slot: number;
  /** The last of them. */
  until: number;
  /** How many; null is very many. */
  count: number | null;
  /** When that was decided. */
  at: number;
  /** The job; of a skipped slot, the one that had not ended. Null when it is gone, or there was none. */
  job: Pick<Job, "id" | "state" | "startedAt" | "finishedAt" | "exitCode" | "signal" | "error"> | null;
}

/** How jobs are enqueued. */
export interface EnqueueOptions {
  /** In ms since the epoch: when the jobs were enqueued. */
  now: number;
  /** Ids of jobs that bring none. */
  idFormat: "short" | "uuid";
  /** Makes it safe to ask again: the second time, nothing is enqueued, and the ids of the first time are returned. */
  request?: RequestKey;
  /** Of the groups that they join. */
  joining?: Joining;
}

/** What has become of a new job. */
export interface Placed {
  /** The job that is there now: itself, or the one in whose place it would have been. */
  id: string;
  /**
   * `new`: it is stored. `follows`: so it is, and comes after the job that has its key. `kept`: another one has its key, and
   * is as it was. `replaced`: a job that waited has become this one.
   */
  made: "new" | "follows" | "kept" | "replaced";
  /** The job that it follows. */
  after?: string;
}

/** Names a request, which is remembered for a day. */
export interface RequestKey {
  /** Chosen by whoever asks. */
  key: string;
  /** The same for the same request, and no other. */
  fingerprint: string;
}

/** What `edit` can change; fields left out stay. */
export type JobChanges = Partial<Pick<NewJob, (typeof FIELDS)[EditableName]["key"]>>;

/** Which jobs: those that have all of this. Without anything, every job. */
export interface JobSelector {
  /** Only jobs in this state. */
  state?: State;
  /** Only jobs of this queue. */
  queue?: string;
  /** Only jobs of one of these queues. */
  queues?: readonly string[];
  /** Only jobs with exactly this label. */
  label?: string;
  /** Only jobs with exactly one of these labels. */
  labels?: readonly string[];
  /** Only jobs of this group. */
  group?: string;
  /** Only jobs with exactly this key, whether they have it still or not. */
  uniqueKey?: string;
  /** Only jobs that this schedule has made, as far back as its history is kept. */
  schedule?: string;
  /** Text that the command or the id contains. */
  search?: string;
  /** Text that what is said of the last failure contains. */
  error?: string;
  /** Only jobs whose last attempt ended with this exit code. */
  exitCode?: number;
  /** Only dead jobs that died of this, as `deadGroups` says it. */
  diedOf?: string;
  /** Only jobs enqueued at this time or later, in ms since the epoch. */
  since?: number;
  /** Only jobs enqueued before this time, in ms since the epoch. */
  until?: number;
}

/** Which jobs to list, and in what order. */
export interface JobFilter extends JobSelector {
  /** Default `newest`. `priority` is the order of claiming and goes with `state: "pending"`-like views. */
  sort?: "newest" | "oldest" | "priority";
  /** At least 1. */
  limit: number;
  /** From the page before. */
  cursor?: string;
}

/** One page of jobs. */
export interface JobPage {
  /** In the order asked for. */
  jobs: Job[];
  /** For the next page; null when this is the last. */
  cursor: string | null;
}

/** What attempts print. */
export interface OutputStore {
  /**
   * The kept pieces of an attempt's output, in the order in which they were stored, at most `limit` of them
   * beginning after the piece numbered `after`. A piece's `start` says where in the stream it stood:
   * a hole between two pieces of one stream is what was dropped.
   */
  output(id: string, attempt: number, options?: { after?: number; limit?: number }): Promise<StoredOutput[]>;
}

/** A piece of output on its way into the store. */
export interface OutputPiece {
  /** Which of the two streams. */
  stream: Stream;
  /** Offset of its first byte in the whole stream. */
  start: number;
  /** Kept byte for byte. */
  bytes: Uint8Array<ArrayBuffer>;
  /** When it was seen, in ms since the epoch; left out where that is not known. */
  seenAt?: number;
  /** Pieces that lie wholly within [from, to) are dropped first: the middle of a stream that grew past its limit. */
  drop?: { from: number; to: number };
}

/** A piece of output as it was stored. */
export interface StoredOutput {
  /** Grows with every piece stored. */
  piece: number;
  /** Which of the two streams. */
  stream: Stream;
  /** Offset of its first byte in the whole stream. */
  start: number;
  /** As they were printed. */
  bytes: Uint8Array;
  /** As in `OutputPiece`; null where that is not known. */
  seenAt: number | null;
}

/**
 * Named queues. A queue exists from its first job or its first switch on, until it has had neither for a day; then it
 * and its figures are forgotten the next time anything is counted.
 */
export interface QueueStore {
  /** Queues by name, with their counts by state: all of them, or a page. */
  queues(page?: QueuePage): Promise<QueueInfo[]>;
  /** A queue, or undefined. */
  queue(name: string): Promise<QueueInfo | undefined>;
  /** How many jobs there are, over all queues, and the queues that are worth showing, at most `most`, by name. */
  summary(most: number): Promise<QueueSummary>;
  /**
   * Queues in which jobs wait that nobody takes, those with the most first, at most `limit`: paused ones; and, unless
   * `served` is null, those with pending jobs that are not among these.
   */
  standing(which: { served: readonly string[] | null; limit: number }): Promise<QueueInfo[]>;
  /**
   * Removes a queue, its switches and its figures. What is counted over all queues stays.
   * @throws {Refused} when there is none, or it has jobs
   */
  deleteQueue(name: string): Promise<void>;
  /** Changes a queue's switches, creating it if need be; those left out stay. */
  setQueue(name: string, change: Partial<QueueSwitches>): Promise<void>;
}

/** A page of queues. */
export interface QueuePage {
  /** Names after this one. */
  after?: string;
  /** At most so many. */
  limit: number;
}

/** Queues at a glance. */
export interface QueueSummary {
  /** Jobs by state, over all queues. */
  counts: Record<State, number>;
  /** Those that run something, then those whose jobs are next, then the first by name. */
  queues: QueueInfo[];
  /** How many queues there are. */
  of: number;
}

/** What can be set of a queue. */
export interface QueueSwitches extends QueueLimits {
  /** No job of it is claimed. */
  paused: boolean;
  /** How many of its jobs may run at a time, over all workers of the store; null is no limit. */
  concurrency: number | null;
  /** How long its completed and cancelled jobs are kept, in ms; 0 is for ever, null is as the setting says. */
  retentionMs: number | null;
  /** The same of its dead jobs. */
  retentionDeadMs: number | null;
}

/** A queue. */
export interface QueueInfo extends QueueSwitches {
  /** As jobs name it. */
  name: string;
  /** How many of its jobs are in each state. */
  counts: Record<State, number>;
}

/** Settings, as the text a user would type for each. What they mean is in `settings.ts`. */
export interface SettingStore {
  /** Every setting that was set, by key. */
  settings(): Promise<Map<string, string>>;
  /** Sets keys, or removes them where the value is null. */
  changeSettings(changes: ReadonlyMap<string, string | null>): Promise<void>;
}

/** Supervisors and their workers: who runs what, and until when that holds. */
export interface WorkerStore {
  /** Announces a supervisor and its workers. */
  register(supervisor: NewSupervisor): Promise<void>;
  /**
   * Extends the supervisor's lease, also one that had ended, as long as nobody has taken over what it runs. False when
   * somebody has: then nothing it runs is its own any more, and it must register anew under another id.
   */
  renew(supervisor: string, leaseUntil: number): Promise<boolean>;
  /** Removes workers that have stopped. */
  unregister(workers: readonly string[]): Promise<void>;
  /**
   * Removes a supervisor and its workers. What it still runs is left to be taken over: then it and the workers that
   * run something stay known, with a lease that has ended at 0.
   */
  leave(supervisor: string): Promise<void>;
  /**
   * The heart of it: settles attempts, stores output, makes due jobs pending and claims the next jobs, in one
   * transaction. Costs no write when there is nothing to do. A supervisor that is not registered, for example since
   * another has taken over, gets no jobs, and nothing of it is stored.
   */
  exchange(exchange: Exchange): Promise<Exchanged>;
  /** What waits to be claimed, for a worker that has nothing to do and wants to know whether to stay. */
  waiting(filter: WaitingFilter): Promise<Waiting>;
  /** What a supervisor has been told. Cheap enough to be asked at every change. */
  orders(supervisor: string): Promise<Orders>;
  /**
   * Whether a queue's jobs are taken, as far as switches and leases tell at a glance: cheap enough to be asked after
   * every `enqueue`. `served`: it is not paused, its limit is not 0, and a worker serves it that was not told to stop
   * and whose lease lasts beyond a time, in ms since the epoch. `nobody`: it is open, and there is no worker at all.
   */
  service(queue: string, beyond: number): Promise<"served" | "nobody" | "unclear">;
  /** All workers, by supervisor and start. The lease of one that is known to be gone has ended. */
  workers(): Promise<WorkerInfo[]>;
  /**
   * Tells workers to stop: one, those of one host, or all. Returns the ids of the workers told.
   * @throws {Refused} when there is no such worker, or none on that host
   */
  requestStop(stop: StopRequest): Promise<string[]>;
  /** All supervisors, those that are gone and have not been taken over included. */
  supervisors(): Promise<SupervisorInfo[]>;
  /**
   * Those that come next after an id, which need not be there, in the ring of all ids in their order: at most `limit`,
   * never the one with that id. Costs the same however many there are.
   */
  successors(id: string, limit: number): Promise<SupervisorInfo[]>;
  /**
   * Makes everything that `from` runs `by`'s own and removes `from`, whose results come too late from then on.
   * Returns the tokens of what was taken over, or undefined, having done nothing, when `from` is gone or `by` is not
   * registered. The caller knows that `from` does not live, or that it has been silent for as long as its lease; with
   * `lease`, nothing is done either when `from` has another one by now than `successors` said.
   */
  takeOver(from: string, by: string, lease?: number): Promise<string[] | undefined>;
  /** The running attempts that are a supervisor's own, oldest first: all, or those with one of the tokens. */
  running(supervisor: string, tokens?: readonly string[]): Promise<RunningAttempt[]>;
  /** Gives running attempts of a supervisor to other workers of it. Those that are not its own are left out. */
  adopt(supervisor: string, adoptions: readonly { token: string; worker: string }[]): Promise<void>;
  /** Notes that attempts stand still. Those that are not this supervisor's, or shall go on by now, are left out. */
  notePaused(supervisor: string, paused: readonly PausedAttempt[]): Promise<void>;
  /** The ids of the supervisors in whose spools running attempts may write, the registered ones included. */
  spools(): Promise<Set<string>>;
}

/** A supervisor that begins. */
export interface NewSupervisor {
  /** Chosen by the supervisor; never used again. */
  id: string;
  /** The name of its host. */
  host: string;
  /** Names this boot of the host. */
  bootId: string;
  /** Names the table of processes that it sees, among those of its host. */
  pidNamespace: string;
  /** Its process. */
  pid: number;
  /** In ms since the epoch. */
  startedAt: number;
  /** The end of its first lease, in ms since the epoch. */
  leaseUntil: number;
  /** Units of the things that its host has, for its jobs, by name; left out is none. */
  has?: ReadonlyMap<string, number>;
  /** Its workers; `queues` null is all queues. */
  workers: readonly { id: string; slots: number; queues: readonly string[] | null }[];
}

/** One call of `exchange`. */
export interface Exchange {
  /** Who asks. */
  supervisor: string;
  /** In ms since the epoch. */
  now: number;
  /** What ended since the last exchange. */
  settlements: readonly Settlement[];
  /** What was printed since the last exchange. */
  output: readonly AttemptOutput[];
  /** What attempts said since, before they are settled. Of those that are not this supervisor's, nothing is heard. */
  said?: readonly AttemptSaid[];
  /**
   * One entry for every place for a job: the worker that gets it. The first entry gets the first job; one that takes
   * several slots goes to the first of as many entries.
   */
  free: readonly string[];
  /** So many of the last of `free` would not begin their job at once; left out is none. */
  ahead?: number;
  /** Take jobs from these queues only; null is all. */
  queues: readonly string[] | null;
}

/** How an attempt ended, and what becomes of its job (see `nextState` in `retry.ts`). */
export interface Settlement {
  /** Which attempt. */
  token: string;
  /** When it really began, in ms since the epoch; null leaves the time of the claim. */
  startedAt: number | null;
  /** When it ended, in ms since the epoch. */
  finishedAt: number;
  /**
   * `unstarted`: the command never began. The attempt is undone as if its job had never been claimed, and nothing
   * is counted.
   */
  outcome: Outcome | "unstarted";
  /** Null when it was killed, or nobody knows. */
  exitCode: number | null;
  /** The signal that killed it, such as `SIGKILL`. */
  signal: string | null;
  /** Why it failed, in a few words. */
  error: string | null;
  /** As in `Attempt`; left out is unknown. */
  cpuMs?: number | null;
  /**
   * Where the job goes. The store makes it `cancelled` instead when cancelling was asked for and the job would
   * otherwise be `failed`, `dead` or `pending`.
   */
  state: State;
  /** Null keeps the job's own, except that a released job may run from `finishedAt` on. */
  runAt: number | null;
}

/** Output of a running or just ended attempt. */
export interface AttemptOutput {
  /** Which attempt. */
  token: string;
  /** In the order printed. */
  pieces: readonly OutputPiece[];
}

/** What an attempt said of itself that is new; what is left out stays. */
export interface AttemptSaid {
  /** Which attempt. */
  token: string;
  /** How far it is. */
  progress?: Progress;
  /** What it was seen to take; said by who watches it. */
  usage?: Usage;
  /** As in `Attempt`. */
  note?: string;
  /** What it leaves, at most `LARGEST_RESULT` bytes. */
  result?: Uint8Array;
  /** What the next attempt of its job shall find, as large at most; null is nothing. */
  checkpoint?: Uint8Array | null;
  /** As in `Job`, from the end of this attempt on. */
  snoozedSince?: number | null;
}

/** What came of an exchange. */
export interface Exchanged {
  /** In the order of `free`; at most as many. */
  claimed: ClaimedJob[];
  /** Tokens among the settlements and outputs that were not this supervisor's running attempts (any more). */
  refused: string[];
  /**
   * The earliest `runAt` of a job that waits for its time, not held, or when a rate has room for those that wait for it;
   * null when there is neither. It lies in the past
   * when more jobs were due than one exchange makes pending, or there may be more to claim: come again at once.
   */
  nextDueAt: number | null;
  /**
   * There is reason to stay: something was claimed, or jobs wait (`pending`, `scheduled` or `failed`, not held, in the
   * asked queues and none of them paused).
   */
  waiting: boolean;
}

/** Which jobs to wait for. None is held, or of a paused queue. */
export interface WaitingFilter {
  /** Only of these queues; null is all. */
  queues: readonly string[] | null;
  /** What waits for its time is counted in these states. */
  states: readonly ("scheduled" | "failed")[];
  /** In ms since the epoch. */
  now: number;
}

/** What waits to be claimed. */
export interface Waiting {
  /** How many jobs are pending. */
  pending: number;
  /** How many wait for their time. */
  later: number;
  /**
   * When the first of those is due; not after `now` when any job is due and not pending yet. Null when there is none, or
   * very many of other queues come before.
   */
  nextDueAt: number | null;
}

/** A job just claimed: its attempt has the number `lastAttempt`. */
export interface ClaimedJob extends Job {
  /** The worker that gets it. */
  worker: string;
  /** Names this attempt; unguessable, so that it also names its processes. */
  token: string;
  /** All of what it reads on its stdin, if anything; left out of one that runs already, for which nobody needs it. */
  stdin?: Uint8Array;
  /** What it finds in its checkpoint, if anything; left out as that is. */
  checkpoint?: Uint8Array;
  /** What has become of all that it needs, if anything; left out as that is. */
  needed?: readonly NeededOutcome[];
  /** Of the things that its host has, the numbers of the units that are its own, from 0 on; left out where it takes none. */
  units?: Readonly<Record<string, readonly number[]>>;
}

/** What a job that starts is told of another that it needs, or of a group. */
export interface NeededOutcome {
  /** The job that is needed, or the name of a group. */
  id: string;
  /** How the group is that is needed; null when it is gone, left out where a job is. */
  group?: Pick<Group, "end" | "open" | "ended"> | null;
  /** What has become of it; null when it is gone, or is a group. */
  job: Pick<Job, "state" | "exitCode" | "signal"> | null;
  /** What its last attempt left as its result, if anything. */
  result?: Uint8Array;
  /** It left one; but with those before it, it would be more than `MOST_NEEDED_RESULTS`. */
  leftOut?: true;
}

/** A wish that workers stop. */
export interface StopRequest {
  /** Which one; left out is all. */
  worker?: string;
  /** Only those of the host with this name. */
  host?: string;
  /** When to end what they still run, in ms since the epoch; null is never. */
  endAt: number | null;
  /** Stop at once and leave what they run to others. */
  leave: boolean;
}

/** What a supervisor has been told. */
export interface Orders {
  /** Its workers that shall stop. */
  stops: { worker: string; endAt: number | null; leave: boolean }[];
  /** Tokens of its running attempts that shall be ended. */
  cancels: string[];
  /** Its running attempts that shall stand still, and since when, in ms since the epoch; all others shall not. */
  pauses: { token: string; since: number }[];
  /** The stored settings. */
  settings: Map<string, string>;
  /** When the next slot of a schedule is due, in ms since the epoch; null when none is. */
  nextSlotAt: number | null;
}

/** A worker as others see it. */
export interface WorkerInfo {
  /** As in `worker list`. */
  id: string;
  /** Whose thread it is. */
  supervisor: string;
  /** The name of its host. */
  host: string;
  /** Its supervisor's process. */
  pid: number;
  /** How many jobs it runs at a time. */
  slots: number;
  /** Where it takes jobs from; null is all queues. */
  queues: string[] | null;
  /** As in `NewSupervisor`; empty where it has none. */
  has: ReadonlyMap<string, number>;
  /** In ms since the epoch. */
  startedAt: number;
  /** The lease: past it, the worker counts as gone; 0 when it has left its jobs to others, 1 when it is known to be gone. */
  leaseUntil: number;
  /** Whether its process lives without any doubt, also past the lease; left out where only the lease can tell. */
  present?: boolean;
  /** It was told to stop. */
  stopping: boolean;
  /** Ids of the jobs it runs, oldest first. */
  running: string[];
  /** Those of them that another worker started. */
  adopted: string[];
  /** Those of them that are to stand still. */
  paused: string[];
}

/** A supervisor as others see it. */
export interface SupervisorInfo extends Pick<NewSupervisor, "id" | "host" | "bootId" | "pidNamespace"> {
  /** By the clock that the store goes by: the same until it is renewed; 0 when it has left. */
  leaseUntil: number;
  /** Whether that clock says that the lease has ended; left out where each host has only its own. */
  lapsed?: boolean;
}

/** A running attempt, as one needs to know it to watch it. */
export interface RunningAttempt {
  /** With the worker that it was given to last. */
  job: ClaimedJob;
  /** The supervisor that started it: it prints to that one's spool. */
  startedBy: string;
  /** How far each stream has been stored: the offset after the last stored byte. */
  printed: Record<Stream, number>;
  /** As in `Attempt`. */
  pausedMs: number;
}

/** A running attempt that stands still. */
export interface PausedAttempt {
  /** Which one. */
  token: string;
  /** As in `Orders`: by which wish. */
  since: number;
  /** How many of its processes could not be stopped. */
  unstopped: number;
}

/** Counts and figures: the same cost at 10 jobs and at 10 million. */
export interface FigureStore {
  /**
   * Figures in steps of a minute, an hour, or all time as one, in [from, to): of every queue that has any, unless the
   * range says otherwise. Those of single queues are kept for shorter: minutes for an hour, hours for a week.
   */
  figures(range: FigureRange): Promise<FigureRow[]>;
}

/** Which figures. `total` is all time and needs no range. */
export interface FigureRange {
  /** How much time a row stands for. */
  span: "minute" | "hour" | "total";
  /** ms since the epoch. */
  from?: number;
  /** In ms since the epoch, exclusive; left out is for ever. */
  to?: number;
  /** Only of this queue; null is all queues together, those that are gone included. */
  queue?: string | null;
  /** Only of so many queues, those with the most jobs enqueued. Goes with `total`. */
  most?: number;
}

/** The figures of one queue in one span of time. */
export interface FigureRow {
  /** Whose figures; empty for all queues together. */
  queue: string;
  /** Start of the span in ms since the epoch; 0 for `total`. */
  start: number;
  /** What was counted. */
  figures: Figures;
}

/** Care for the store itself, as every store takes it. */
export interface Upkeep {
  /**
   * Removes some jobs that ended longer ago than they are kept, with their attempts and output, the oldest first: at most
   * `limit`, and as many as take moments. Of very many that are to be kept, some are stepped over.
   */
  prune(kept: Kept, step: PruneStep): Promise<Pruned>;
  /**
   * Goes on for a moment with what processes that died had begun: very many jobs that were being enqueued are stored,
   * all of them or none. Returns whether there is more to do.
   */
  recover(): Promise<boolean>;
  /**
   * Finds out what some dead jobs died of. It is known as they are settled, or moments later; of those that an older program
   * settled, or that came by a copy, it is to be found out: `recover` does it, too. Returns whether there is more to do.
   */
  nameDead(): Promise<boolean>;
  /** Counts and figures against a recount. Returns what differs, a sentence each. */
  recount(): Promise<string[]>;
  /** What there is to know about the store. */
  info(): Promise<StoreInfo>;
}

/** How long jobs are kept once they have ended. */
export interface Kept {
  /** Completed and cancelled ones, in ms; null is for ever. */
  endedMs: number | null;
  /** Dead ones. */
  deadMs: number | null;
  /** Queues that say otherwise are heeded. */
  ofQueues: boolean;
}

/** A step of pruning. */
export interface PruneStep {
  /** In ms since the epoch. */
  now: number;
  /** Jobs to be removed, at most. */
  limit: number;
  /** Where the step before came to; left out is from the oldest on. */
  after?: string;
}

/** What a step of pruning did. */
export interface Pruned {
  /** How many jobs it removed. */
  pruned: number;
  /** Where to go on; null when nothing is left. */
  after: string | null;
}

/** What there is to know about a store. */
export interface StoreInfo {
  /** Such as `SQLite 3.53.2`. */
  engine: string;
  /** How many migrations it has taken. */
  schemaVersion: number;
  /** Bytes on disk. */
  size: number;
  /** Bytes of the log beside it. */
  logSize: number;
  /** What is known against how it is run, each with what to do about it; empty when nothing is. */
  doubts: readonly Doubt[];
}

/** Something that speaks against how a store is run. */
export interface Doubt {
  /** Such as `SQLite 3.50.0 can …`. */
  found: string;
  /** What to do about it. */
  advice: string;
}

/**
 * What only some stores do: each part is there or left out, and whoever wants it asks. What a store leaves out is a
 * task of the tools that come with its engine.
 */
export interface Care {
  /**
   * Writes a consistent copy to a new file, which is there once it is whole; however much others write meanwhile.
   * @throws {Refused} when the file exists, or `signal` aborts
   */
  backup?(path: string, signal?: AbortSignal): Promise<void>;
  /** Looks for damage. Returns what is wrong, a sentence each, empty when all is well; undefined where it cannot look. */
  check?(): Promise<string[] | undefined>;
}

/** What can be done for a store that cannot be opened any more. Nothing of it is changed. */
export interface Rescue {
  /** How many of about how many jobs can be read; undefined when that cannot be told quickly. */
  survey(): { readable: number; of: number } | undefined;
  /**
   * Writes what can be read to a new file, which can take the place of the damaged one.
   * @throws {Refused} when the file exists or cannot be made
   * @throws {StoreDamaged} when nothing can be read
   */
  salvage(path: string): Promise<SalvagedPart[]>;
}

/** What could be saved of one kind of things. */
export interface SalvagedPart {
  /** For programs. */
  key: string;
  /** For people, in the plural. */
  name: string;
  /** How many are in the new file. */
  saved: number;
  /** How many were there and are not in the new file; null when nobody can tell. */
  lost: number | null;
}
