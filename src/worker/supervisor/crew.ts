/**
 * @module
 * The worker threads of one supervisor: which slots are free, who runs what, who shall stop and when. It knows
 * nothing of the store.
 */
import type { ClaimedJob } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { canClose } from "../../system/runtime.ts";
import type { AdoptRequest, EndReason, RunRequest } from "../messages.ts";
import { AHEAD_MS } from "./pace.ts";
import { type WorkerEvents, WorkerThread } from "./worker_thread.ts";

/** What a crew tells its supervisor: what its threads tell, with the name of the one that crashed. */
export interface CrewEvents extends Omit<WorkerEvents, "crashed"> {
  /** A thread crashed and is being replaced; nobody watches its jobs any more. */
  crashed(worker: string, crash: { jobs: readonly ClaimedJob[]; message: string }): void;
}

export interface CrewOptions {
  /** The threads' entry file. */
  entry: URL;
  /** Jobs a thread runs at a time. */
  slots: number;
  events: CrewEvents;
  /** For the times at which workers that stop are ended. */
  clock: Clock;
}

export interface CrewStop {
  /** Which one; left out is all. */
  worker?: string;
  /** In ms since the epoch. */
  endAt: number | null;
  /** Leave what they run to others. */
  leave: boolean;
  /** Between SIGTERM and SIGKILL. */
  graceMs: number;
}

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

  get size(): number {
    return this.#threads.size;
  }

  /** How many jobs they have, begun or not. */
  get busy(): number {
    let busy = 0;
    for (const thread of this.#threads.values()) busy += thread.busy;
    return busy;
  }

  /** The jobs whose commands have begun. */
  get running(): ClaimedJob[] {
    return [...this.#threads.values()].flatMap((thread) => thread.left);
  }

  /**
   * The worker for each job that can be taken: first those that would begin it at once, the idlest first, then
   * those that can be given some ahead, so that they have so much work. Jobs that take several places take those of
   * others, too: then none are given ahead.
   */
  openings(aheadMs: number = AHEAD_MS): { atOnce: string[]; ahead: string[] } {
    const threads = [...this.#threads.values()];
    const idle = inTurns(threads, (thread) => thread.idle);
    const extra = threads.reduce((sum, thread) => sum + thread.extra, 0);
    if (extra > 0) return { atOnce: idle.slice(0, Math.max(0, idle.length - extra)), ahead: [] };
    return { atOnce: idle, ahead: inTurns(threads, (thread) => thread.room(aheadMs) - thread.idle) };
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

  /** The worker for each of `count` jobs that run already: the idlest first. None when all are leaving theirs. */
  adopters(count: number): string[] {
    const staying = [...this.#threads.values()].filter(({ leaving }) => !leaving);
    if (staying.length === 0) return [];
    // One that has crashed may take a while to be there again.
    const ready = staying.filter((thread) => thread.ready);
    const threads = ready.length > 0 ? ready : staying;
    const loads = new Map(threads.map((thread) => [thread.id, thread.busy / thread.slots]));
    return Array.from({ length: count }, () => {
      const { id, slots } = threads.reduce((a, b) => loads.get(b.id)! < loads.get(a.id)! ? b : a);
      loads.set(id, loads.get(id)! + 1 / slots);
      return id;
    });
  }

  /** Gives jobs that run already to the workers that are named in them. */
  adopt(given: readonly { job: ClaimedJob; request: AdoptRequest }[]): void {
    for (const [worker, jobs] of Map.groupBy(given, ({ job }) => job.worker)) {
      this.#threads.get(worker)?.adopt(jobs);
    }
  }

  /** Ends a job before its time, if anyone here runs it. */
  end(token: string, reason: EndReason, graceMs: number): void {
    for (const thread of this.#threads.values()) thread.end(token, reason, graceMs);
  }

  /** Lets a job stand still, or, with null, go on. Returns whether anyone who runs it could be told. */
  pause(token: string, since: number | null): boolean {
    return [...this.#threads.values()].some((thread) => thread.pause(token, since));
  }

  /** Ends all jobs before their time. */
  endAll(reason: EndReason, graceMs: number): void {
    for (const thread of this.#threads.values()) thread.endAll(reason, graceMs);
  }

  /**
   * Lets workers take no more jobs: one, or all. From `endAt` on (ms since the epoch; null is never), what they
   * still run is ended and put back, with `graceMs` between SIGTERM and SIGKILL. With `leave` they go at once, and
   * leave what they run.
   */
  stop({ worker, endAt, leave, graceMs }: CrewStop): void {
    for (const thread of this.#threads.values()) {
      if (worker !== undefined && thread.id !== worker) continue;
      thread.leaving ||= leave;
      thread.stop();
      if (endAt === null || (thread.endAt !== null && thread.endAt <= endAt)) continue;
      thread.endAt = endAt;
      this.#clock.sleep(endAt - this.#clock.now(), this.#closing.signal).then(() => {
        thread.endAll("released", graceMs);
      });
    }
  }

  /** All shall stop and have nothing to do any more. */
  get isDone(): boolean {
    return this.#threads.values().every(isDone);
  }

  /**
   * Closes the threads that shall stop and have nothing to do any more. Returns their ids, and the jobs that they
   * leave running.
   */
  retire(): { retired: string[]; left: ClaimedJob[] } {
    const done = [...this.#threads.values()].filter(isDone);
    const left = done.flatMap((thread) => thread.left);
    for (const thread of done) this.#threads.delete(thread.id);
    if (canClose({ left: left.length, staying: this.#threads.size })) {
      for (const thread of done) thread.close();
    }
    return { retired: done.map((thread) => thread.id), left };
  }

  /**
   * Lets go of all threads, since this process ends, and returns the jobs that run on. Closing them is left to that
   * end (see `canClose`).
   */
  abandon(): ClaimedJob[] {
    this.#closing.abort();
    const left = this.running;
    this.#threads.clear();
    return left;
  }

  /** Lets go of timers. To be called when no thread is left. */
  close(): void {
    this.#closing.abort();
    for (const thread of this.#threads.values()) thread.close();
  }
}

function isDone({ stopping, busy, leaving, left }: WorkerThread): boolean {
  return stopping && (busy === 0 || leaving && busy === left.length);
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
