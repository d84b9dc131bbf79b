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
 * - **Within limits.** What jobs take of limits and hosts: see `contract/limits.ts`.
 * - **Counted.** Counts and figures change in the same transaction as what they count.
 * - **Patient.** A busy store makes methods wait, not fail.
 * - Methods throw `Refused` when a job's state or absence forbids it and `StoreUnusable` when the store does.
 *
 * All times are ms since the epoch and come from the caller, so that tests can say what time it is.
 */
import type { FigureStore } from "./contract/figures.ts";
import type { GroupStore } from "./contract/groups.ts";
import type { JobStore } from "./contract/jobs.ts";
import type { LimitStore } from "./contract/limits.ts";
import type { OutputStore } from "./contract/output.ts";
import type { QueueStore } from "./contract/queues.ts";
import type { ScheduleStore } from "./contract/schedules.ts";
import type { Care, SettingStore, Upkeep } from "./contract/upkeep.ts";
import type { WorkerStore } from "./contract/workers.ts";

export type * from "./contract/enqueueing.ts";
export type * from "./contract/exchange.ts";
export type * from "./contract/figures.ts";
export type * from "./contract/groups.ts";
export type * from "./contract/jobs.ts";
export type * from "./contract/limits.ts";
export type * from "./contract/output.ts";
export type * from "./contract/queues.ts";
export type * from "./contract/schedules.ts";
export type * from "./contract/selections.ts";
export type * from "./contract/upkeep.ts";
export type * from "./contract/workers.ts";

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
