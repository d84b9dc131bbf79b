/**
 * @module
 * A store that fits in the head: a list of jobs, and what each operation does to it. The real store is right
 * when nobody can tell it from this one. It moves jobs only along the table of `job.ts`, or fails.
 */
import assert from "node:assert/strict";
import type { Figures } from "../../src/figures.ts";
import { ENDED, type State, TRANSITIONS, WAITING } from "../../src/job.ts";

/** A job as the model knows it. */
export interface ModelJob {
  id: string;
  queue: string;
  priority: number;
  state: State;
  held: boolean;
  runAt: number | null;
  attempts: number;
  lastAttempt: number;
  cancelRequested: boolean;
  /** Who runs it. */
  owner: { supervisor: string; token: string } | null;
}

/** What the model counted, over all queues. */
export type ModelFigures = Omit<Figures, "waitMs" | "runMs">;

/** The model. Jobs are in the order in which they were enqueued. */
export class Model {
  readonly jobs: ModelJob[] = [];
  readonly queues = new Map<string, { paused: boolean; concurrency: number | null }>();
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
  };

  enqueue(job: Pick<ModelJob, "id" | "queue" | "priority" | "held" | "runAt">, now: number): void {
    const state = job.runAt !== null && job.runAt > now ? "scheduled" : "pending";
    this.jobs.push({ ...job, state, attempts: 0, lastAttempt: 0, cancelRequested: false, owner: null });
    this.figures.enqueued += 1;
  }

  /** Every exchange makes the due jobs pending. */
  wake(now: number): void {
    for (const job of this.jobs) {
      const waits = job.state === "scheduled" || job.state === "failed";
      if (waits && !job.held && job.runAt! <= now) this.#move(job, "pending");
    }
  }

  /** The jobs that must be claimed now, in order. */
  claim(count: number, now: number): ModelJob[] {
    this.wake(now);
    const claimed: ModelJob[] = [];
    const inOrder = this.jobs.toSorted((a, b) => a.priority - b.priority); // stable: then by age
    for (const job of inOrder) {
      if (claimed.length === count) break;
      const { paused, concurrency } = this.queues.get(job.queue) ?? { paused: false, concurrency: null };
      const running = this.jobs.filter(({ queue, state }) => queue === job.queue && state === "processing");
      if (job.state !== "pending" || job.held || paused || running.length >= (concurrency ?? Infinity)) {
        continue;
      }
      this.#move(job, "processing");
      job.attempts += 1;
      job.lastAttempt += 1;
      claimed.push(job);
    }
    return claimed;
  }

  settle(job: ModelJob, { to, outcome, runAt }: {
    to: State;
    outcome: "completed" | "failed" | "timedOut" | "cancelled" | "lost" | "released" | "unstarted";
    runAt: number | null;
  }): void {
    const calledOff = job.cancelRequested && ["failed", "dead", "pending"].includes(to);
    this.#move(job, calledOff ? "cancelled" : to);
    job.runAt = runAt ?? job.runAt;
    job.owner = null;
    job.cancelRequested = false;
    if (outcome === "released" || outcome === "unstarted") job.attempts -= 1;
    if (outcome === "unstarted") {
      job.lastAttempt -= 1;
      return;
    }
    this.figures.started += 1;
    if (outcome === "released") return;
    this.figures[outcome] += 1;
    if (job.state === "failed") this.figures.retried += 1;
    if (job.state === "dead") this.figures.dead += 1;
  }

  /** Does it and returns true, or changes nothing and returns false. */
  cancel(job: ModelJob): boolean {
    if (job.state === "processing") return job.cancelRequested = true;
    return WAITING.includes(job.state) && this.#move(job, "cancelled", { held: false });
  }

  retry(job: ModelJob): boolean {
    return ["failed", ...ENDED].includes(job.state) && this.#move(job, "pending", { attempts: 0 });
  }

  delete(job: ModelJob): boolean {
    if (job.state === "processing") return false;
    this.jobs.splice(this.jobs.indexOf(job), 1);
    return true;
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

  #move(job: ModelJob, to: State, changes: Partial<ModelJob> = {}): true {
    assert.ok(TRANSITIONS[job.state].includes(to), `the table does not allow ${job.state} → ${to}`);
    Object.assign(job, changes, { state: to });
    return true;
  }
}
