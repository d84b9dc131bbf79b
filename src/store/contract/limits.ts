/**
 * @module
 * The part of the contract that is about limits: what may run at once, and what may begin in how much time.
 *
 * A job *takes* units of limits and of things that hosts have (`takes`, see `domain/units.ts`), and what its queue takes.
 * Beside the limits that have names, a queue has one for its rate, and where it has `perLabel`, one for each label.
 * - **Never more.** As long as an attempt runs, it uses what its job takes; what is used of a limit never grows beyond
 *   `atOnce`. Into no span of `perMs` fall more than `count` starts; a start counts from its claim, as many as units are
 *   taken, and no longer once its attempt turns out never to have begun (`unstarted`).
 * - **Counted.** What is used is what runs: however an attempt ends, who takes it over, and whoever dies meanwhile.
 * - **In order.** A job that finds no room in a limit lets no job that comes after it take from that limit before it. What it
 *   takes besides of limits is kept for it, for the first that waits for some limit at least, as long as nothing but room is
 *   missing; waiting for a rate keeps nothing.
 * - **Awake.** As long as a limit has room for a job that waits for it alone, each claim finds that job. When a rate is what
 *   a job waits for, `nextDueAt` says when it has room.
 * - **Things.** What a name stands for is told by who is there: a limit of that name, or the things that registered
 *   supervisors have (`NewSupervisor.has`), or both: then both count. A job that takes a thing goes only to a supervisor that
 *   has so many units of it, of which no running attempt of its own has any. A name that stands for neither keeps the job
 *   waiting.
 * - **Slots.** A job with `slots` is claimed only where that many of `free` are left. A supervisor that has so many in all,
 *   but not free, gets nothing that comes after it.
 * - **Fair.** Of a queue with `fair`, of the jobs of its lowest priority, the next is of the label that was served longest ago.
 *   When the queue has its turn among queues is as without it.
 * - **Aging.** Of a queue with `agingMs`, some of the jobs that come before more urgent ones are found at each claim, the
 *   oldest first; so each has its turn, however many urgent ones come meanwhile.
 * - A job that takes anything, or of a queue with any of this but `fair`, is never claimed for one of the last `ahead` of
 *   `free`.
 *
 * What is said of a queue holds for jobs that wait already, too, from when it is said; what runs is counted as well.
 */
import type { Rate } from "../../domain/limit.ts";

/** What a limit lets through; null is no bound. */
export interface LimitBounds {
  /** How many units may be in use at once. */
  atOnce: number | null;
  /** How many units may begin to be used in how much time. */
  rate: Rate | null;
}

/** A limit. */
export interface Limit extends LimitBounds {
  /** As jobs name it. */
  name: string;
  /** Units in use by what runs. */
  used: number;
  /** Units of those that began within the last `perMs`; 0 without a rate. */
  started: number;
  /** When the rate has room for the next, in ms since the epoch; null when it has, or there is none. */
  freeAt: number | null;
  /** How many pending jobs that are not held take of it, counted to 1000. */
  waiting: number;
}

/** A page of limits. */
export interface LimitPage {
  /** Names after this one. */
  after?: string;
  /** At most so many. */
  limit: number;
}

/** Named limits, and what holds jobs back. */
export interface LimitStore {
  /** Limits by name: all of them, or a page. */
  limits(now: number, page?: LimitPage): Promise<Limit[]>;
  /** A limit, or undefined. */
  limit(name: string, now: number): Promise<Limit | undefined>;
  /**
   * Makes a limit, or changes it; what is left out stays. What runs already is counted.
   * @throws {Refused} when it would bound nothing
   */
  setLimit(name: string, change: Partial<LimitBounds>): Promise<void>;
  /** Forgets a limit: what takes of it waits no more, unless its name stands for a thing. @throws {Refused} when there is none */
  removeLimit(name: string): Promise<void>;
  /** What keeps a pending job from starting now, besides its queue's switches and those before it; empty when nothing does. */
  shortages(id: string, now: number): Promise<Shortage[]>;
}

/** Something of which there is not enough for a job now. */
export interface Shortage {
  /**
   * `limit`: a limit with a name; `queue`: the rate of its queue; `label`: its queue's bound for each label; `thing`: of no
   * living worker's host enough is free; `unknown`: there is no such limit, and no worker has it; `slots`: no supervisor
   * has so many.
   */
  of: "limit" | "queue" | "label" | "thing" | "unknown" | "slots";
  /** The name of the limit, the queue, the label or the thing; empty for `slots`. */
  name: string;
  /** How many units the job takes. */
  takes: number;
  /** Units in use; of a thing, on the host that has most free. */
  used: number;
  /** Units that there are; null where a rate is what is missing. */
  capacity: number | null;
  /** The rate that has no room; null where that is not it. */
  rate: Rate | null;
  /** When that has room, in ms since the epoch, unless others come before; null where it is unknown. */
  freeAt: number | null;
  /** It has room, but others that wait come before. */
  others: boolean;
}

/** What can be set of a queue beside its switches. */
export interface QueueLimits {
  /** What each of its jobs takes beside its own, as `units.ts` stores units; null is nothing. */
  takes: string | null;
  /** How many of its jobs with the same label may run at once, those without one together; null is no bound. */
  perLabel: number | null;
  /** How many of its jobs may begin in how much time; null is no bound. */
  rate: Rate | null;
  /** Of its jobs of one priority, those of the label that was served longest ago come first. */
  fair: boolean;
  /**
   * In ms: of two of its jobs, the less urgent one comes first where it could be claimed earlier by so much for each step of
   * priority between them; it takes the other's priority then. Null is never.
   */
  agingMs: number | null;
}
