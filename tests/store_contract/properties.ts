/**
 * @module
 * What every store must do. Whatever is done to it, in whatever order: it does what the model does, its counts and
 * figures equal a recount, every running job has one owner, and jobs move only along the table.
 */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { make, type Tokens } from "../helpers/calls.ts";
import { claim, newJob, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import { Model } from "../helpers/model.ts";
import { Script } from "../helpers/script.ts";
import { forAnySteps } from "../helpers/store_steps.ts";
import { viewOfModel, viewOfStore } from "../helpers/view.ts";
import type { Opened } from "./suite.ts";

/** What is done to one of very many queues, or to a job of it. */
const inLanes = fc.record({
  queue: fc.nat(149).map((n) => `q${n}`),
  which: fc.nat(1000),
  what: fc.oneof(
    fc.record({
      do: fc.constantFrom("claim" as const, "settle" as const),
      count: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({ do: fc.constantFrom("hold" as const, "delete" as const, "cancel" as const) }),
    fc.record({ do: fc.constant("edit" as const), priority: fc.integer({ min: -3, max: 3 }) }),
    fc.record({
      do: fc.constant("switch" as const),
      paused: fc.boolean(),
      concurrency: fc.option(fc.integer({ min: 1, max: 2 })),
    }),
  ),
});

/** How many random stories are tried. */
export interface Runs {
  anySteps: number;
  lanes: number;
}

/** Runs the properties. `open` makes a new, empty store. */
export function storeProperties(
  test: (sentence: string, run: () => Promise<void>) => void,
  open: () => Promise<Opened>,
  runs: Runs,
): void {
  test("any sequence of operations leaves the store as the model says", async () => {
    await forAnySteps(async (steps) => {
      using opened = await open();
      const { store } = opened;
      const script = new Script();
      const tokens: Tokens = new Map();
      for (const call of script.begin()) await make(store, call, tokens);
      for (const step of steps) {
        const call = script.take(step);
        if (!call) continue;
        await make(store, call, tokens);
        assert.deepEqual(await store.recount(), []);
        assert.equal(await viewOfStore(store), viewOfModel(script.model));
      }
    }, runs.anySteps);
  });

  test("jobs of very many queues are claimed in the order of all, whatever is done in between", async () => {
    const steps = fc.array(inLanes, { minLength: 40, maxLength: 120, size: "max" });
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        using opened = await open();
        const { store } = opened;
        const model = new Model();
        model.supervisors.add("s");
        await store.register(newSupervisor("s"));
        const jobs = Array.from(
          { length: 450 },
          (_, n) => ({ queue: `q${n * 7 % 150}`, priority: n * 5 % 4 }),
        );
        const ids = await store.enqueue(jobs.map(newJob), { now: T0, idFormat: "short" });
        for (const [n, job] of jobs.entries()) {
          model.enqueue({ ...job, id: ids[n]!, command: "true", held: false, runAt: null }, T0);
        }
        const running: { id: string; token: string }[] = [];
        const claimAlike = async (count: number) => {
          const claimed = await claim(store, "s", { count });
          assert.deepEqual(
            claimed.map(({ id }) => id),
            model.claim("s", { count, now: T0 }).map(({ id }) => id),
          );
          running.push(...claimed);
          return claimed.length;
        };
        const settleSome = async (count: number) => {
          const done = running.splice(0, count);
          await settle(store, "s", ...done.map(({ token }) => settlement(token)));
          for (const { id } of done) {
            const job = model.jobs.find((job) => job.id === id)!;
            model.settle(job, { to: "completed", outcome: "completed", runAt: null, finishedAt: T0 });
          }
        };
        for (const { queue, which, what } of steps) {
          const job = model.jobs[which % model.jobs.length]!;
          const waits = job.state === "pending";
          if (what.do === "claim") await claimAlike(what.count);
          else if (what.do === "settle") await settleSome(what.count);
          else if (what.do === "switch") {
            const { paused, concurrency } = what;
            await store.setQueue(queue, { paused, concurrency });
            model.queues.set(queue, { paused, concurrency });
          } else if (!waits) continue;
          else if (what.do === "hold") {
            await store.hold([job.id], !job.held);
            model.hold(job, !job.held);
          } else if (what.do === "delete") {
            await store.delete([job.id]);
            model.delete(job);
          } else if (what.do === "cancel") {
            await store.cancel([job.id], T0);
            model.cancel(job, T0);
          } else if ("priority" in what) {
            await store.edit(job.id, { queue, priority: what.priority }, T0);
            Object.assign(job, { queue, priority: what.priority });
          }
        }
        assert.deepEqual(await store.recount(), []);
        while (await claimAlike(50) > 0) await settleSome(50);
      }),
      { numRuns: runs.lanes },
    );
  });
}
