/**
 * @module
 * What every store must do. Whatever is done to jobs with keys: whoever comes is told what a model says that looks at the
 * jobs alone, no two with one key run at a time, and in the end whatever was stored has run.
 */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { ENDED, type Job, type NewJob, WAITING } from "../../src/domain/job.ts";
import type { Placed, Store } from "../../src/store/contract.ts";
import {
  claim,
  death,
  enqueue,
  exchangeOf,
  failure,
  newJob,
  newSupervisor,
  prune,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { pick, settling } from "../helpers/stories.ts";
import type { Opened } from "./suite.ts";

const KEYS = ["k", "l"];
const key = fc.constantFrom(...KEYS);
const forMs = fc.constantFrom(null, null, 1500);

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("enqueue" as const),
      key,
      until: fc.constantFrom("end", "end", "start"),
      forMs,
      conflict: fc.constantFrom("skip", "after", "after", "replace", "error"),
      delay: fc.constantFrom(null, null, 800),
      held: fc.constantFrom(false, false, false, true),
      needs: fc.option(fc.nat(99)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("plain" as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("claim" as const) }) },
  {
    weight: 5,
    arbitrary: settling,
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "cancel" as const,
        "retry" as const,
        "retry with dependents" as const,
        "retry ignoring needs" as const,
        "wait for none" as const,
        "delete" as const,
        "hold" as const,
        "release" as const,
      ),
      which: fc.nat(99),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("edit" as const), which: fc.nat(99), key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("prune" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("later" as const), ms: fc.integer({ min: 1, max: 900 }) }),
  },
);

const NONE = { after: [], afterFailed: [], afterEnded: [] };

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs the property. `open` makes a new, empty store. */
export function keyingProperties(
  test: (sentence: string, run: () => Promise<void>) => void,
  open: () => Promise<Opened>,
  { runs, steps }: { runs: number; steps: number },
): void {
  test("whatever is done to jobs with keys, one at a time has each, and nothing is lost", async () => {
    const stories = fc.array(step, { minLength: steps, maxLength: steps, size: "max" });
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        using opened = await open();
        await opened.store.register(newSupervisor("s", { leaseUntil: T0 + 1e12 }));
        const told = new Telling(opened.store);
        for (const one of story) {
          await told.take(one);
          await told.check();
        }
        await told.everythingRuns();
      }),
      { numRuns: runs, endOnFailure: true },
    );
  });
}

class Telling {
  readonly #store: Store;
  readonly #running = new Map<string, string>();
  /** Jobs whose keys others have had since. */
  readonly #lost = new Set<string>();
  /** All there are, as they were at the last look, the oldest first. */
  #jobs: Job[] = [];
  #now = T0;

  constructor(store: Store) {
    this.#store = store;
  }

  async take(one: Step): Promise<void> {
    const store = this.#store;
    const now = this.#now;
    switch (one.do) {
      case "later":
        this.#now += one.ms;
        return;
      case "prune":
        await prune(store, now - 1000);
        return;
      case "plain":
        await enqueue(store, {});
        return;
      case "enqueue":
        return await this.#enqueue(one);
      case "claim":
        for (const { id, token } of await claim(store, "s", { now })) this.#running.set(id, token);
        return;
      case "settle": {
        const id = pick([...this.#running.keys()], one.which);
        if (id === undefined) return;
        const token = this.#running.get(id)!;
        this.#running.delete(id);
        const how = {
          completed: settlement(token, { finishedAt: now }),
          dead: { ...death(token), finishedAt: now },
          failed: failure(token, { runAt: now + 500, finishedAt: now }),
          unstarted: settlement(token, { outcome: "unstarted", state: "pending" }),
        }[one.how];
        await store.exchange(exchangeOf("s", { now, settlements: [how] }));
        return;
      }
    }
    const job = pick(this.#jobs, one.which);
    if (!job) return;
    const { id } = job;
    const refused = (error: unknown) => assert.equal((error as Error).name, "Refused");
    switch (one.do) {
      case "edit": {
        const other = this.#holders(one.key).find((other) => other.id !== id);
        const can = !other && WAITING.includes(job.state);
        assert.equal(await done(store.edit(id, { uniqueKey: one.key }, now), refused), can, `edit ${id}`);
        if (can) await this.#has(id, one.key);
        return;
      }
      case "wait for none": {
        const can = WAITING.includes(job.state) && !this.#comesAfter(job);
        assert.equal(await done(store.edit(id, NONE, now), refused), can, `${id} shall wait for none`);
        if (can) await this.#goesOn(job);
        return;
      }
      case "retry":
      case "retry with dependents":
      case "retry ignoring needs": {
        const { state, uniqueKey } = job;
        const hasEnded = ENDED.includes(state);
        const ignoreNeeds = one.do === "retry ignoring needs";
        const withDependents = one.do === "retry with dependents";
        const other = uniqueKey !== null && hasEnded &&
          this.#holders(uniqueKey).find((other) => other.id !== id);
        const isAllowed = state === "failed" || hasEnded && state !== "skipped" ||
          ignoreNeeds && (state === "skipped" || state === "blocked" && !this.#comesAfter(job));
        const can = isAllowed && !other;
        const call = store.retry([id], { now, withDependents, ignoreNeeds });
        assert.equal(await done(call, refused), can, `${one.do} ${id}`);
        if (can && hasEnded && uniqueKey !== null) await this.#has(id, uniqueKey);
        else if (can) await this.#goesOn(job);
        return;
      }
      case "cancel":
        await done(store.cancel([id], now), refused);
        return;
      case "delete":
        await done(store.delete([id], { force: true }), refused);
        return;
      case "hold":
      case "release":
        await done(store.hold([id], one.do === "hold"), refused);
    }
  }

  async #enqueue(
    { key, until, forMs, conflict, delay, held, needs }: Step & { do: "enqueue" },
  ): Promise<void> {
    const now = this.#now;
    const needed = needs === null ? undefined : pick(this.#jobs, needs);
    const job = newJob({
      uniqueKey: key,
      uniqueUntil: until,
      uniqueForMs: forMs,
      onConflict: conflict,
      runAt: delay === null ? null : now + delay,
      held,
      command: `echo ${this.#jobs.length} ${now}`,
      ...needed && { afterEnded: [needed.id] },
    });
    const expected = this.#expected(job);
    const before = this.#holders(key);
    let placed: Placed | undefined;
    try {
      [placed] = await this.#store.enqueueUnique([job], { now, idFormat: "short" });
    } catch (error) {
      assert.equal((error as Error).name, expected ? "Error" : "KeyHeld");
      return;
    }
    assert.ok(expected, "it is refused");
    assert.deepEqual({ ...placed, id: expected.id ?? placed!.id }, {
      ...expected,
      id: expected.id ?? placed!.id,
    });
    const stored = (await this.#store.get(placed!.id))!;
    if (expected.made !== "kept") assert.equal(stored.command, job.command);
    if (expected.made === "new" || expected.made === "follows") await this.#has(stored.id, key, before);
  }

  /** What becomes of a job that comes now; null where it is refused. */
  #expected({ uniqueKey, onConflict }: NewJob): Partial<Placed> & { made: string } | null {
    const [holder, next] = this.#holders(uniqueKey!);
    if (!holder) return { made: "new" };
    if (onConflict === "error") return null;
    if (onConflict === "skip") return { made: "kept", id: holder.id };
    const waiting = next ?? holder;
    const isUntried = waiting.startedAt === null && !["processing", "failed"].includes(waiting.state) &&
      !ENDED.includes(waiting.state);
    if (onConflict === "replace" && isUntried) return { made: "replaced", id: waiting.id };
    return next ? { made: "kept", id: next.id } : { made: "follows", after: holder.id };
  }

  /** It has the key from now on: others that do not have it have lost it, unless they come after it. */
  async #has(id: string, key: string, before: readonly Job[] = []): Promise<void> {
    this.#lost.delete(id);
    for (const job of this.#jobs) {
      if (job.id === id || job.uniqueKey !== key || before.some((other) => other.id === job.id)) continue;
      const [found] = await this.#store.needs([job.id], 99);
      const comesAfter = ENDED.includes(job.state) && found?.needs.some((need) => need.id === id);
      if (!comesAfter) this.#lost.add(job.id);
    }
  }

  /** It is let go: where it has its key, nobody who had it before has it again meanwhile. */
  async #goesOn({ id, uniqueKey }: Job): Promise<void> {
    if (uniqueKey === null) return;
    const holders = this.#holders(uniqueKey);
    if (holders.some((job) => job.id === id)) await this.#has(id, uniqueKey, holders);
  }

  /** The jobs that have a key, the oldest first. */
  #holders(key: string): Job[] {
    return this.#jobs.filter((job) =>
      job.uniqueKey === key && !this.#lost.has(job.id) && hasKey(job, this.#now)
    )
      .sort((a, b) => a.seq - b.seq);
  }

  /** Whether another job has its key still, and it comes after that. */
  #comesAfter({ id, uniqueKey }: Job): boolean {
    if (uniqueKey === null) return false;
    const [holder, next] = this.#holders(uniqueKey);
    return next?.id === id && !ENDED.includes(holder!.state);
  }

  /** Once all are told, at most one has each key, and one that comes after it. */
  async check(): Promise<void> {
    const store = this.#store;
    for (let n = 0; await store.recover(); n++) assert.ok(n < 1000);
    await store.exchange(exchangeOf("s", { now: this.#now }));
    assert.deepEqual(await store.recount(), []);
    this.#jobs = (await store.list({ limit: 1000, sort: "oldest" })).jobs;
    for (const key of KEYS) {
      const holders = this.#holders(key);
      assert.ok(holders.length <= 2, `${holders.map(({ id }) => id)} have the key ${key}`);
      const [holder, next] = holders.filter(({ state }) => !ENDED.includes(state));
      if (!next) continue;
      const waits = next.state === "blocked" || (next.runAt ?? 0) > this.#now;
      assert.ok(waits, `${holder!.id} and ${next.id} may run with the key ${key}`);
    }
  }

  /** With nothing held, and time going by, all have their turn. */
  async everythingRuns(): Promise<void> {
    const store = this.#store;
    const held = this.#jobs.filter(({ held, state }) => held && WAITING.includes(state));
    await store.hold(held.map(({ id }) => id), false);
    for (let n = 0; n < 300; n++) {
      this.#now += 1000;
      for (const { id, token } of await claim(store, "s", { now: this.#now, count: 3 })) {
        this.#running.set(id, token);
      }
      await this.check();
      const [first] = this.#running;
      if (!first) {
        if (this.#jobs.every(({ state }) => ENDED.includes(state))) return;
        continue;
      }
      this.#running.delete(first[0]);
      await store.exchange(
        exchangeOf("s", { now: this.#now, settlements: [settlement(first[1], { finishedAt: this.#now })] }),
      );
      await this.check();
    }
    assert.deepEqual(
      this.#jobs.filter(({ state }) => !ENDED.includes(state)).map(({ id, state }) => [id, state]),
      [],
    );
  }
}

/** Whether a job has its key as it stands, where no other has had it since. */
function hasKey({ state, createdAt, uniqueForMs, uniqueUntil, lastAttempt }: Job, now: number): boolean {
  if (state === "cancelled" || state === "skipped") return false;
  if (uniqueForMs !== null && createdAt + uniqueForMs > now) return true;
  return !ENDED.includes(state) && !(uniqueUntil === "start" && lastAttempt > 0);
}

async function done(call: Promise<unknown>, refused: (error: unknown) => void): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    refused(error);
    return false;
  }
}
