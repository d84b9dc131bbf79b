/**
 * @module
 * What every store must do. Random graphs of jobs that need each other, whatever is done to them: afterwards each job is
 * where a model has it that knows no history but how those ended that are gone, and decides all from scratch.
 */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { ENDED, type Job, WAITING } from "../../src/domain/job.ts";
import { endOf } from "../../src/domain/ends.ts";
import {
  type Decision,
  decisionOf,
  type End,
  standingOf,
  tallyOf,
  type Wanting,
  WANTINGS,
} from "../../src/domain/needs.ts";
import type { GroupEnd, Store } from "../../src/store/contract.ts";
import {
  claim,
  death,
  exchangeOf,
  failure,
  newJob,
  newSupervisor,
  prune,
  settle,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { pick, settling } from "../helpers/stories.ts";
import type { Opened } from "./suite.ts";

const wanting = fc.constantFrom(...WANTINGS);
const GROUPS = ["g0", "g1", "g2"];
const refs = fc.array(
  fc.record({
    on: fc.nat(99),
    wanting,
    isGroup: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.boolean()),
  }),
  { maxLength: 4 },
);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("enqueue" as const),
      refs,
      any: fc.boolean(),
      held: fc.boolean(),
      group: fc.option(fc.nat(GROUPS.length - 1)),
      reopen: fc.boolean(),
      maxFailures: fc.constantFrom(undefined, undefined, 2),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("claim" as const), count: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 6,
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
        "delete" as const,
        "delete by force" as const,
        "release" as const,
      ),
      which: fc.nat(99),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("edit" as const), which: fc.nat(99), refs, any: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("prune" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("seal" as const), which: fc.nat(GROUPS.length - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("all of a group" as const),
      which: fc.nat(GROUPS.length - 1),
      verb: fc.constantFrom("cancel" as const, "cancel" as const, "retry" as const, "delete" as const),
    }),
  },
);

/** A need as the model knows it, and how it was decided when the other was last there. */
interface ModelNeed {
  /** The id of a job, or the name of a group. */
  on: string;
  isGroup: boolean;
  wanting: Wanting;
  decided: Decision | null;
}

/** What the model knows besides what the store says of the jobs themselves. */
interface ModelJob {
  any: boolean;
  needs: ModelNeed[];
  /** It was claimed or retried once: its needs may be history. */
  mayBeLoose: boolean;
}

/** Random stories. */
export function needingProperties(
  test: (sentence: string, run: () => Promise<void>) => void,
  open: () => Promise<Opened>,
  { runs, steps }: { runs: number; steps: number },
): void {
  test("whatever is done to jobs that need each other, each is where its needs have it", async () => {
    const looked = fc.record({ one: step, look: fc.boolean() });
    const stories = fc.array(looked, { minLength: steps, maxLength: steps, size: "max" });
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        using opened = await open();
        await opened.store.register(newSupervisor("s"));
        const told = new Telling(opened.store);
        for (const { one, look } of story) {
          await told.take(one);
          if (look) await told.check();
        }
        await told.check();
      }),
      { numRuns: runs, endOnFailure: true },
    );
  });
}

class Telling {
  readonly #store: Store;
  readonly #jobs = new Map<string, ModelJob>();
  /** In the order in which they came. */
  #ids: string[] = [];
  readonly #running = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  async take(one: typeof step extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
    const store = this.#store;
    const now = T0 + 1000;
    switch (one.do) {
      case "enqueue": {
        const needs = await this.#needs(one.refs);
        const group = one.group === null ? null : GROUPS[one.group]!;
        const job = newJob({ ...said(needs, one.any), held: one.held, group });
        const { reopen, maxFailures } = one;
        const joining = { reopen, ...group !== null && maxFailures && { maxFailures } };
        const [id] = await store.enqueue([job], { now: T0, idFormat: "short", joining }).catch((error) => {
          assert.match(
            (error as Error).message,
            /it is sealed|was to stop at that$|wait for that group|that waits for the group$/,
          );
          return [];
        });
        if (id === undefined) return;
        this.#jobs.set(id!, { any: one.any, needs, mayBeLoose: false });
        this.#ids.push(id!);
        return;
      }
      case "claim":
        for (const { id, token } of await claim(store, "s", { count: one.count, now })) {
          this.#running.set(id, token);
          this.#jobs.get(id)!.mayBeLoose = true;
        }
        return;
      case "settle": {
        const id = pick([...this.#running.keys()], one.which);
        if (id === undefined) return;
        const token = this.#running.get(id)!;
        this.#running.delete(id);
        const how = {
          completed: settlement(token),
          dead: death(token),
          failed: failure(token, { runAt: T0 + 900 }),
          unstarted: settlement(token, { outcome: "unstarted", state: "pending" }),
        }[one.how];
        await settle(store, "s", how);
        return;
      }
      case "edit": {
        const id = pick(this.#ids, one.which);
        if (id === undefined) return;
        const needs = (await this.#needs(one.refs)).filter(({ on }) => on !== id);
        const job = (await store.get(id))!;
        if (!WAITING.includes(job.state) || job.startedAt !== null) return;
        const edited = await store.edit(id, said(needs, one.any), now).then(
          () => true,
          (error) => {
            assert.match((error as Error).message, /that waits for it$/);
            return false;
          },
        );
        if (edited) this.#jobs.set(id, { any: one.any, needs, mayBeLoose: false });
        return;
      }
      case "seal": {
        const group = GROUPS[one.which]!;
        if (await store.group(group)) await store.sealGroup(group, now);
        return;
      }
      case "all of a group": {
        const which = { group: GROUPS[one.which]! };
        const { verb } = one;
        const act = () => changeAll(store, { which, wish: { verb } }, { now });
        if (verb === "delete") await this.#removing(act);
        else await act();
        if (verb !== "retry") return;
        for (const { id, group } of (await this.#all()).values()) {
          if (group === which.group) this.#jobs.get(id)!.mayBeLoose = true;
        }
        return;
      }
      case "prune":
        await this.#removing(() => prune(store, T0 + 500));
        return;
    }
    const id = pick(this.#ids, one.which);
    if (id === undefined) return;
    const refused = (error: unknown) => assert.equal((error as Error).name, "Refused");
    switch (one.do) {
      case "cancel":
        await store.cancel([id], T0 + (one.which % 2) * 1000).catch(refused);
        return;
      case "release":
        await store.hold([id], false).catch(refused);
        return;
      case "retry":
      case "retry with dependents":
      case "retry ignoring needs": {
        const ignoreNeeds = one.do === "retry ignoring needs";
        const withDependents = one.do === "retry with dependents";
        const done = await store.retry([id], { now, ignoreNeeds, withDependents }).then(
          () => true,
          (error) => {
            refused(error);
            return false;
          },
        );
        if (done) this.#jobs.get(id)!.mayBeLoose = true;
        return;
      }
      case "delete":
      case "delete by force": {
        const force = one.do === "delete by force";
        await this.#removing(() => store.delete([id], { force }).catch(refused));
        return;
      }
    }
  }

  /** Removes some, and notes how those had ended that are gone then; those that had not were called off. */
  async #removing(remove: () => Promise<unknown>): Promise<void> {
    const before = await this.#all();
    await remove();
    const states = await this.#store.states(this.#ids);
    const gone = this.#ids.filter((_, n) => states[n] === undefined);
    this.#ids = this.#ids.filter((id) => !gone.includes(id));
    for (const id of gone) this.#jobs.delete(id);
    for (const job of this.#jobs.values()) {
      for (const need of job.needs) {
        if (need.isGroup || !gone.includes(need.on)) continue;
        need.decided = decisionOf(endOf(before.get(need.on)!) ?? { state: "cancelled" }, need.wanting);
      }
    }
  }

  async #all(): Promise<Map<string, Job>> {
    return new Map((await this.#store.list({ limit: 1000 })).jobs.map((job) => [job.id, job]));
  }

  async #needs(refs: readonly { on: number; wanting: Wanting; isGroup: boolean }[]): Promise<ModelNeed[]> {
    const needs = new Map<string, ModelNeed>();
    const groups = (await this.#store.groups()).map(({ name }) => name).sort();
    for (const { on, wanting, isGroup } of refs) {
      const id = pick(isGroup ? groups : this.#ids, on);
      if (id !== undefined) needs.set(id, { on: id, isGroup, wanting, decided: null });
    }
    return [...needs.values()];
  }

  /** Once all are told, each job is where a decision from scratch has it. */
  async check(): Promise<void> {
    const store = this.#store;
    for (let n = 0; await store.recover(); n++) assert.ok(n < 1000);
    await store.exchange(exchangeOf("s", { now: T0 + 1000 }));
    assert.deepEqual(await store.recount(), []);
    const jobs = await this.#all();
    assert.deepEqual([...jobs.keys()].toSorted(), this.#ids.toSorted());
    const groups = new Map((await store.groups()).map((group) => [group.name, group]));
    for (const { name, open, running } of groups.values()) {
      const own = [...jobs.values()].filter(({ group }) => group === name);
      assert.equal(open, own.filter(({ state }) => !ENDED.includes(state)).length, `open jobs of ${name}`);
      assert.equal(running, own.filter(({ state }) => state === "processing").length);
    }
    for (const [id, model] of this.#jobs) {
      const job = jobs.get(id)!;
      const started = job.startedAt !== null || job.state === "processing";
      for (const need of model.needs) {
        const other = need.isGroup ? groups.get(need.on) : jobs.get(need.on);
        if (!other) continue;
        const end = "end" in other ? END_OF_GROUP[other.end] : endOf(other);
        need.decided = end ? decisionOf(end, need.wanting) : null;
      }
      const [found] = await store.needs([id], 1);
      assert.equal(found?.of ?? 0, model.needs.length);
      if (found && !found.bound) assert.ok(model.mayBeLoose, `job ${id} is loose`);
      if (!found?.bound || started || job.state === "cancelled" || job.state === "dead") continue;
      const standing = standingOf(tallyOf(model.needs.map(({ decided }) => decided), model.any));
      const is = job.state === "pending" || job.state === "scheduled" ? "free" : job.skippedFor ?? job.state;
      assert.equal(is, standing, `job ${id}`);
    }
    for (const job of jobs.values()) {
      const model = this.#jobs.get(job.id)!;
      if (job.state === "blocked") {
        assert.ok(model.needs.some(({ decided }) => decided === null), "by something");
      }
    }
  }
}

/** A group that others need ends as a job does. */
const END_OF_GROUP: Readonly<Record<GroupEnd, End | undefined>> = {
  open: undefined,
  completed: { state: "completed" },
  failed: { state: "dead" },
  cancelled: { state: "cancelled" },
};

function said(needs: readonly ModelNeed[], any: boolean) {
  const of = (wanting: Wanting, isGroup: boolean) =>
    needs.filter((need) => need.wanting === wanting && need.isGroup === isGroup).map(({ on }) => on);
  return {
    after: of("completed", false),
    afterFailed: of("failed", false),
    afterEnded: of("ended", false),
    afterGroup: of("completed", true),
    afterGroupFailed: of("failed", true),
    afterGroupEnded: of("ended", true),
    any,
  };
}
