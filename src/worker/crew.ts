/**
 * @module
 * The worker threads of one supervisor: which slots are free, who runs what, who shall stop and when. It knows
 * nothing of the store.
 */
import type { Clock } from "../clock.ts";
import type { ClaimedJob, OutputPiece } from "../store/store.ts";
import type { Ended, EndReason, RunRequest } from "./messages.ts";
import { WorkerThread } from "./worker_thread.ts";

/** What a crew tells its supervisor. */
export interface CrewEvents {
  /** A thread can take jobs. */
  ready(): void;
  output(token: string, pieces: OutputPiece[]): void;
  ended(job: ClaimedJob, ended: Ended): void;
  /** A thread crashed and is being replaced; nobody watches its jobs any more. */
  crashed(worker: string, crash: { jobs: ClaimedJob[]; message: string }): void;
}

/** What a crew needs. */
export interface CrewOptions {
  /** The program's entry file, which is the threads' too. */
  entry: URL;
  /** Jobs a thread runs at a time. */
  slots: number;
  events: CrewEvents;
  clock: Clock;
}

/** Threads by worker id. */
export class Crew {
  readonly #threads = new Map<string, WorkerThread>();
  readonly #clock: Clock;
  readonly #closing = new AbortController();

  /** Starts a thread for each id. */
  constructor(ids: readonly string[], { entry, slots, events, clock }: CrewOptions) {
    this.#clock = clock;
    for (const id of ids) {
      const thread = new WorkerThread(id, slots, {
        entry,
        events: { ...events, crashed: (jobs, message) => events.crashed(id, { jobs, message }) },
      });
      this.#threads.set(id, thread);
    }
  }

  /** How many threads there are. */
  get size(): number {
    return this.#threads.size;
  }

  /** How many jobs run. */
  get running(): number {
    let running = 0;
    for (const thread of this.#threads.values()) running += thread.running.size;
    return running;
  }

  /** The worker of each free slot, the idlest first. */
  freeSlots(): string[] {
    const threads = [...this.#threads.values()];
    const slots: string[] = [];
    for (let free = Math.max(0, ...threads.map((thread) => thread.free)); free > 0; free--) {
      for (const thread of threads) if (thread.free >= free) slots.push(thread.id);
    }
    return slots;
  }

  /** Runs a job on the thread it was claimed for. False when that cannot take it any more. */
  run(job: ClaimedJob, request: RunRequest): boolean {
    const thread = this.#threads.get(job.worker);
    if (!thread || thread.free <= 0) return false;
    thread.run(job, request);
    return true;
  }

  /** Ends a job before its time, if anyone here runs it. */
  end(token: string, reason: EndReason, graceMs: number): void {
    for (const thread of this.#threads.values()) thread.end(token, reason, graceMs);
  }

  /**
   * Lets workers take no more jobs: one, or all. From `endAt` on (ms since the epoch; null is never), what they
   * still run is ended and put back, with `graceMs` between SIGTERM and SIGKILL.
   */
  stop({ worker, endAt, graceMs }: { worker?: string; endAt: number | null; graceMs: number }): void {
    for (const thread of this.#threads.values()) {
      if (worker !== undefined && thread.id !== worker) continue;
      thread.stopping = true;
      if (endAt === null || (thread.endAt !== null && thread.endAt <= endAt)) continue;
      thread.endAt = endAt;
      this.#clock.sleep(endAt - this.#clock.now(), this.#closing.signal).then(() => {
        for (const token of thread.running.keys()) thread.end(token, "released", graceMs);
      });
    }
  }

  /** Closes the threads that shall stop and run nothing any more, and returns their ids. */
  retire(): string[] {
    const done = [...this.#threads.values()].filter((thread) => thread.stopping && thread.running.size === 0);
    for (const thread of done) {
      thread.close();
      this.#threads.delete(thread.id);
    }
    return done.map((thread) => thread.id);
  }

  /** Lets go of timers. To be called when no thread is left. */
  close(): void {
    this.#closing.abort();
    for (const thread of this.#threads.values()) thread.close();
  }
}
