/**
 * @module
 * The worker threads of one supervisor: which slots are free, who runs what, who shall stop and when. It knows
 * nothing of the store.
 */
import type { Clock } from "../clock.ts";
import type { ClaimedJob } from "../store/store.ts";
import type { EndReason, RunRequest } from "./messages.ts";
import { type WorkerEvents, WorkerThread } from "./worker_thread.ts";

/** What a crew tells its supervisor: what its threads tell, with the name of the one that crashed. */
export interface CrewEvents extends Omit<WorkerEvents, "crashed"> {
  /** A thread crashed and is being replaced; nobody watches its jobs any more. */
  crashed(worker: string, crash: { jobs: readonly ClaimedJob[]; message: string }): void;
}

/** What a crew needs. */
export interface CrewOptions {
  /** The program's entry file, which is the threads' too. */
  entry: URL;
  /** Jobs a thread runs at a time. */
  slots: number;
  /** Where it tells what happens. */
  events: CrewEvents;
  /** For the times at which workers that stop are ended. */
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

  /** How many jobs they have, begun or not. */
  get busy(): number {
    let busy = 0;
    for (const thread of this.#threads.values()) busy += thread.busy;
    return busy;
  }

  /**
   * The worker for each job that can be taken: first those that would begin it at once, the idlest first, then
   * those that can be given some ahead.
   */
  openings(): string[] {
    const threads = [...this.#threads.values()];
    const openings = inTurns(threads, (thread) => thread.idle);
    return [...openings, ...inTurns(threads, (thread) => thread.room - thread.idle)];
  }

  /** Gives jobs to the threads they were claimed for. Returns those whose thread cannot take them any more. */
  run(given: readonly { job: ClaimedJob; request: RunRequest }[]): ClaimedJob[] {
    const left: ClaimedJob[] = [];
    const byWorker = Map.groupBy(given, ({ job }) => job.worker);
    for (const [worker, jobs] of byWorker) {
      const thread = this.#threads.get(worker);
      if (thread?.takesJobs) thread.run(jobs);
      else left.push(...jobs.map(({ job }) => job));
    }
    return left;
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
      thread.stop();
      if (endAt === null || (thread.endAt !== null && thread.endAt <= endAt)) continue;
      thread.endAt = endAt;
      this.#clock.sleep(endAt - this.#clock.now(), this.#closing.signal).then(() => {
        thread.endAll("released", graceMs);
      });
    }
  }

  /** Closes the threads that shall stop and run nothing any more, and returns their ids. */
  retire(): string[] {
    const done = [...this.#threads.values()].filter((thread) => thread.stopping && thread.busy === 0);
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

/** Each thread's id as often as `count` says, the one with the most left first. */
function inTurns(threads: readonly WorkerThread[], count: (thread: WorkerThread) => number): string[] {
  const counts = threads.map(count);
  const turns: string[] = [];
  for (let left = Math.max(0, ...counts); left > 0; left--) {
    threads.forEach((thread, i) => counts[i]! >= left && turns.push(thread.id));
  }
  return turns;
}
