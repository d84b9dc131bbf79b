/**
 * @module
 * Supervisors and their workers: who is there, and what they are told.
 */
import type { Stream } from "../../domain/job.ts";
import type { ClaimedJob, Exchange, Exchanged } from "./exchange.ts";

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
