/**
 * @module
 * Turns steps into calls: it takes each step with a model, and so knows which job is meant, what time it is,
 * and what the store must answer. It never sees a store.
 */
import { nextState } from "../../src/domain/retry.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";
import type { Call } from "./calls.ts";
import { ended, newJob, T0 } from "./jobs.ts";
import { Model, type ModelJob } from "./model.ts";
import { PLACES, type Step } from "./store_steps.ts";

/** A story as it unfolds. */
export class Script {
  /** As it is after the calls so far. */
  readonly model = new Model();
  #now = T0;
  #enqueued = 0;
  #left = 0;
  readonly #supervisors = new Map<string, string>(PLACES.map((place) => [place, place]));

  /** The calls that must come first. */
  *begin(): Iterable<Call> {
    for (const place of PLACES) yield this.#register(place);
  }

  /** The call that a step comes to; undefined when there is nothing to do it with. */
  take(step: Step): Call | undefined {
    const { model } = this;
    const now = this.#now;
    switch (step.do) {
      case "pass":
        this.#now += step.ms;
        return undefined;
      case "enqueue":
        return this.#enqueue(step);
      case "claim": {
        const supervisor = this.#supervisors.get(step.place)!;
        const claimed = model.claim(supervisor, { count: step.count, now });
        return { call: "claim", supervisor, take: step.count, now, ids: claimed.map(({ id }) => id) };
      }
      case "settle":
        return this.#settle(step);
      case "print": {
        const job = this.#running(step.which);
        if (!job) return undefined;
        const start = job.printed.at(-1)!;
        const supervisor = job.owner!;
        model.print(job, step.size);
        model.wake(now);
        return { call: "print", supervisor, id: job.id, now, start, size: step.size };
      }
      case "setQueue": {
        const { queue, paused, concurrency } = step;
        model.queues.set(queue, { paused, concurrency });
        return { call: "setQueue", queue, switches: { paused, concurrency } };
      }
      case "clear":
        return { call: "clear", queue: step.queue, count: model.clear(step.queue) };
      case "retryDead":
        return { call: "retryDead", now, count: model.retryDead(now) };
      case "deleteDead":
        return { call: "deleteDead", count: model.deleteDead() };
      case "prune": {
        const before = now - step.olderThanMs;
        return { call: "prune", before, count: model.prune(before) };
      }
      case "change":
        return this.#change(step.place);
      default:
        return this.#manage(step);
    }
  }

  #enqueue(step: Step & { do: "enqueue" }): Call {
    const { queue, priority, held, delay } = step;
    const now = this.#now;
    const runAt = delay === null ? null : now + delay;
    const ids: string[] = [];
    const jobs = Array.from({ length: step.count }, () => {
      const named = step.named && step.count === 1;
      const id = named ? `n${this.#enqueued}` : `j${this.#enqueued + 1}`;
      this.#enqueued += 1;
      ids.push(id);
      const command = `echo ${id} ${"x".repeat(step.size)}`;
      this.model.enqueue({ id, queue, priority, command, held, runAt }, now);
      return newJob({ id: named ? id : null, queue, priority, command, held, runAt });
    });
    return { call: "enqueue", jobs, now, ids };
  }

  #settle({ place, which, outcome, again, delay }: Step & { do: "settle" }): Call | undefined {
    const job = this.#running(which);
    if (!job) return undefined;
    const now = this.#now;
    const { id } = job;
    const supervisor = this.#supervisors.get(place)!;
    const after = ended({ outcome, attempts: again ? 0 : 1, maxRetries: 0, finishedAt: now });
    const { state: to } = nextState(after, DEFAULT_SETTINGS, 0);
    const runAt = to === "failed" ? now + delay : null;
    if (job.owner === supervisor) {
      const name = outcome === "timed_out" || outcome === "idle" ? "timedOut" : outcome;
      this.model.settle(job, { to, outcome: name, runAt, finishedAt: now });
    }
    this.model.wake(now);
    return { call: "settle", supervisor, id, now, how: { outcome, state: to, runAt, finishedAt: now } };
  }

  /** What is done to one job, which the model allows or not. */
  #manage(
    step: Step & { which: number; do: "cancel" | "retry" | "delete" | "hold" | "edit" },
  ): Call | undefined {
    const { model } = this;
    const now = this.#now;
    const job = model.jobs[step.which % model.jobs.length];
    if (!job) return undefined;
    const { id } = job;
    switch (step.do) {
      case "cancel":
        return { call: "cancel", id, now, can: model.cancel(job, now) };
      case "retry":
        return { call: "retry", id, now, can: model.retry(job, now) };
      case "delete":
        return { call: "delete", id, now, can: model.delete(job) };
      case "hold":
        return { call: "hold", id, held: step.held, can: model.hold(job, step.held) };
      case "edit": {
        const changes = { queue: step.queue, priority: step.priority, runAt: now + step.delay };
        return { call: "edit", id, changes, now, can: model.edit(job, { ...changes, now }) };
      }
    }
  }

  /** A supervisor that runs nothing leaves; where one has left, another begins. */
  #change(place: string): Call | undefined {
    const supervisor = this.#supervisors.get(place)!;
    if (!this.model.supervisors.has(supervisor)) {
      this.#left += 1;
      this.#supervisors.set(place, `${place}${this.#left}`);
      return this.#register(place);
    }
    if (this.model.jobs.some(({ owner }) => owner === supervisor)) return undefined;
    this.model.supervisors.delete(supervisor);
    return { call: "leave", supervisor };
  }

  #register(place: string): Call {
    const supervisor = this.#supervisors.get(place)!;
    this.model.supervisors.add(supervisor);
    return { call: "register", supervisor };
  }

  #running(which: number): ModelJob | undefined {
    const running = this.model.jobs.filter(({ owner }) => owner !== null);
    return running[which % running.length];
  }
}
