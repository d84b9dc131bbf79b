/**
 * @module
 * A store that fits in the head: a list of jobs, and what each operation does to it. The real store is right
 * when nobody can tell it from this one. It moves jobs only along the table of `job.ts`, or fails.
 */
import assert from "node:assert/strict";
import type { Figures } from "../../src/domain/figures.ts";
import { ENDED, type State, TRANSITIONS, WAITING } from "../../src/domain/job.ts";

/** A job as the model knows it. */
export interface ModelJob {
  id: string;
  queue: string;
  priority: number;
  command: string;
  state: State;
  held: boolean;
  runAt: number | null;
  /** When it came to its end, where `prune` asks for that. */
  endedAt: number | null;
  attempts: number;
  lastAttempt: number;
  cancelRequested: boolean;
  /** The supervisor that runs it. */
  owner: string | null;
  /** How many bytes each attempt printed. */
  printed: number[];
}

/** What the model counted, over all queues. */
export type ModelFigures = Omit<Figures, "waitMs" | "runMs">;

/** The model. Jobs are in the order in which they were enqueued. */
export class Model {
  readonly jobs: ModelJob[] = [];
  readonly queues = new Map<string, { paused: boolean; concurrency: number | null }>();
  readonly supervisors = new Set<string>();
  readonly figures: ModelFigures = {
    enqueued: 0,
    started: 0,
    completed: 0,
    failed: 0,
    timedOut: 0,
    cancelled: 0,
    lost: 0,
    retried: 0,
    dead: 0,
    snoozed: 0,
    cpuMs: 0,
  };

  enqueue(
    job: Pick<ModelJob, "id" | "queue" | "priority" | "command" | "held" | "runAt">,
    now: number,
  ): void {
    const state = job.runAt !== null && job.runAt > now ? "scheduled" : "pending";
    const fresh = { attempts: 0, lastAttempt: 0, cancelRequested: false, owner: null, endedAt: null };
    this.jobs.push({ ...job, ...fresh, state, printed: [] });
    this.figures.enqueued += 1;
  }

  /** Every exchange makes the due jobs pending. */
  wake(now: number): void {
    for (const job of this.jobs) {
      const waits = job.state === "scheduled" || job.state === "failed";
      if (waits && !job.held && job.runAt! <= now) this.#move(job, "pending");
    }
  }

  /** Claims the jobs that must be claimed now, in order. */
  claim(supervisor: string, { count, now }: { count: number; now: number }): ModelJob[] {
    this.wake(now);
    const claimed: ModelJob[] = [];
    if (!this.supervisors.has(supervisor)) return claimed;
    const inOrder = this.jobs.toSorted((a, b) => a.priority - b.priority); // stable: then by age
    for (const job of inOrder) {
      if (claimed.length === count) break;
      const { paused, concurrency } = this.queues.get(job.queue) ?? { paused: false, concurrency: null };
      const running = this.jobs.filter(({ queue, state }) => queue === job.queue && state === "processing");
      if (job.state !== "pending" || job.held || paused || running.length >= (concurrency ?? Infinity)) {
        continue;
      }
      this.#move(job, "processing", { owner: supervisor });
      job.attempts += 1;
      job.lastAttempt += 1;
      job.printed.push(0);
      claimed.push(job);
    }
    return claimed;
  }

  print(job: ModelJob, bytes: number): void {
    job.printed[job.lastAttempt - 1]! += bytes;
  }

  settle(job: ModelJob, { to, outcome, runAt, finishedAt }: {
    to: State;
    outcome:
      | "completed"
      | "failed"
      | "timedOut"
      | "cancelled"
      | "lost"
      | "snoozed"
      | "released"
      | "unstarted";
    runAt: number | null;
    finishedAt: number;
  }): void {
    const calledOff = job.cancelRequested && ["failed", "dead", "pending"].includes(to);
    this.#move(job, calledOff ? "cancelled" : to, { owner: null, cancelRequested: false });
    job.endedAt = finishedAt;
    const uncounted = outcome === "released" || outcome === "snoozed";
    if (uncounted || outcome === "unstarted") job.attempts -= 1;
    if (outcome === "unstarted") {
      job.lastAttempt -= 1;
      job.printed.pop();
      return;
    }
    job.runAt = runAt ?? (uncounted ? finishedAt : job.runAt);
    this.figures.started += 1;
    if (outcome === "released") return;
    this.figures[outcome] += 1;
    if (job.state === "failed") this.figures.retried += 1;
    if (job.state === "dead") this.figures.dead += 1;
  }

  /** Does it and returns true, or changes nothing and returns false. */
  cancel(job: ModelJob, now: number): boolean {
    if (job.state === "processing") return job.cancelRequested = true;
    return WAITING.includes(job.state) && this.#move(job, "cancelled", { held: false, endedAt: now });
  }

  retry(job: ModelJob, now: number): boolean {
    return ["failed", ...ENDED].includes(job.state) &&
      this.#move(job, "pending", { attempts: 0, runAt: now });
  }

  retryDead(now: number): number {
    return this.#dead().filter((job) => this.retry(job, now)).length;
  }

  delete(job: ModelJob): boolean {
    if (job.state === "processing") return false;
    this.jobs.splice(this.jobs.indexOf(job), 1);
    return true;
  }

  deleteDead(): number {
    return this.#dead().filter((job) => this.delete(job)).length;
  }

  hold(job: ModelJob, held: boolean): boolean {
    if (!WAITING.includes(job.state)) return false;
    job.held = held;
    return true;
  }

  edit(
    job: ModelJob,
    { now, ...changes }: { queue: string; priority: number; runAt: number; now: number },
  ): boolean {
    if (!WAITING.includes(job.state)) return false;
    const to = changes.runAt > now ? "scheduled" : "pending";
    return to === job.state ? !!Object.assign(job, changes) : this.#move(job, to, changes);
  }

  clear(queue: string): number {
    const gone = this.jobs.filter((job) => job.queue === queue && WAITING.includes(job.state));
    for (const job of gone) this.delete(job);
    return gone.length;
  }

  prune(before: number): number {
    const gone = this.jobs.filter(({ state, endedAt }) =>
      (state === "completed" || state === "cancelled") && endedAt! < before
    );
    for (const job of gone) this.delete(job);
    return gone.length;
  }

  #dead(): ModelJob[] {
    return this.jobs.filter(({ state }) => state === "dead");
  }

  #move(job: ModelJob, to: State, changes: Partial<ModelJob> = {}): true {
    assert.ok(TRANSITIONS[job.state].includes(to), `the table does not allow ${job.state} → ${to}`);
    Object.assign(job, changes, { state: to });
    return true;
  }
}
