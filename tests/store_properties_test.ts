/**
 * @module
 * Whatever is done to a store, in whatever order: it does what the model does, its counts and figures equal a
 * recount, every running job has one owner, and jobs move only along the table.
 */
import fc from "npm:fast-check@4.10.2";
import assert from "node:assert/strict";
import { noFigures } from "../src/figures.ts";
import { OUTCOMES, STATES } from "../src/job.ts";
import { nextState } from "../src/retry.ts";
import { DEFAULT_SETTINGS } from "../src/settings.ts";
import { openStore } from "../src/store/open.ts";
import type { Store } from "../src/store/store.ts";
import { claim, exchangeOf, newJob, newSupervisor, settlement, T0 } from "./helpers/jobs.ts";
import { Model, type ModelJob } from "./helpers/model.ts";
import { tempDir } from "./helpers/temp.ts";

const QUEUES = ["a", "b"] as const;
const SUPERVISORS = ["s", "t"] as const;

/** The two stores side by side, and the time. */
interface World {
  store: Store;
  model: Model;
  now: number;
  enqueued: number;
}

type Step = (world: World) => Promise<void>;

/** One of the jobs there are. */
const pick = (world: World, n: number): ModelJob | undefined => world.model.jobs[n % world.model.jobs.length];

const queue = fc.constantFrom(...QUEUES);
const supervisor = fc.constantFrom(...SUPERVISORS);
const which = fc.nat(50);
const delay = fc.integer({ min: -50, max: 100 });

/** What makes a queue go round comes first, and comes often. */
const steps: fc.Arbitrary<Step>[] = [
  fc.record({
    queue,
    priority: fc.integer({ min: -1, max: 1 }),
    held: fc.boolean(),
    delay: fc.option(delay),
    named: fc.boolean(),
  }).map(({ queue, priority, held, delay, named }) => async (world) => {
    const runAt = delay === null ? null : world.now + delay;
    const id = named ? `n${world.enqueued}` : `j${world.enqueued + 1}`;
    world.enqueued += 1;
    const job = newJob({ id: named ? id : null, queue, priority, held, runAt });
    assert.deepEqual(await world.store.enqueue([job], { now: world.now, idFormat: "short" }), [id]);
    world.model.enqueue({ id, queue, priority, held, runAt }, world.now);
  }),

  fc.record({ supervisor, count: fc.integer({ min: 1, max: 4 }) })
    .map(({ supervisor, count }) => async (world) => {
      const expected = world.model.claim(count, world.now);
      const claimed = await claim(world.store, supervisor, { count, now: world.now });
      assert.deepEqual(claimed.map(({ id }) => id), expected.map(({ id }) => id), "claimed in order");
      for (const [i, { token }] of claimed.entries()) expected[i]!.owner = { supervisor, token };
    }),

  fc.record({
    supervisor,
    which,
    outcome: fc.constantFrom(...OUTCOMES, "unstarted" as const),
    again: fc.boolean(),
    delay,
  })
    .map(({ supervisor, which, outcome, again, delay }) => async (world) => {
      const running = world.model.jobs.filter(({ owner }) => owner !== null);
      const job = running[which % running.length];
      if (!job) return;
      const { token, supervisor: owner } = job.owner!;
      const { state: to } = nextState(
        { outcome, attempts: again ? 0 : 1, maxRetries: 0, finishedAt: world.now },
        DEFAULT_SETTINGS,
        0,
      );
      const runAt = to === "failed" ? world.now + delay : null;
      const said = settlement(token, { outcome, state: to, runAt });
      const settlements = [said, said];
      const { refused } = await world.store.exchange(exchangeOf(supervisor, { now: world.now, settlements }));
      // the second of two equal settlements always comes too late, and one by somebody else is never taken
      assert.deepEqual(refused, [token]);
      if (owner === supervisor) {
        const name = outcome === "timed_out" ? "timedOut" : outcome;
        world.model.settle(job, { to, outcome: name, runAt });
      }
      world.model.wake(world.now);
    }),

  act((world, job) => ({ can: world.model.cancel(job), done: world.store.cancel([job.id], world.now) })),
  act((world, job) => ({
    can: world.model.retry(job),
    done: world.store.retry([job.id], { now: world.now }),
  })),
  act((world, job) => ({ can: world.model.delete(job), done: world.store.delete([job.id]) })),
  act((world, job, held) => ({ can: world.model.hold(job, held), done: world.store.hold([job.id], held) })),

  fc.record({ which, queue, priority: fc.integer({ min: -1, max: 1 }), delay })
    .map(({ which, queue, priority, delay }) => async (world) => {
      const job = pick(world, which);
      if (!job) return;
      const { now } = world;
      const changes = { queue, priority, runAt: now + delay };
      const can = world.model.edit(job, { ...changes, now });
      await allowed(can, world.store.edit(job.id, changes, now));
    }),

  fc.record({ queue, paused: fc.boolean(), concurrency: fc.option(fc.integer({ min: 0, max: 2 })) })
    .map(({ queue, ...switches }) => async ({ store, model }) => {
      model.queues.set(queue, switches);
      await store.setQueue(queue, switches);
    }),

  queue.map((queue) => async ({ store, model }) => {
    assert.equal(await store.clear(queue), model.clear(queue));
  }),

  fc.integer({ min: 1, max: 120 }).map((ms) => (world) => {
    world.now += ms;
    return Promise.resolve();
  }),
];

const step = fc.oneof(...steps.map((arbitrary, i) => ({ arbitrary, weight: i < 3 ? 4 : 1 })));

/** A step that does something to one job, which the model allows or not. */
function act(
  run: (world: World, job: ModelJob, flag: boolean) => { can: boolean; done: Promise<unknown> },
): fc.Arbitrary<Step> {
  return fc.record({ which, flag: fc.boolean() }).map(({ which, flag }) => async (world) => {
    const job = pick(world, which);
    if (!job) return;
    const { can, done } = run(world, job, flag);
    await allowed(can, done);
  });
}

async function allowed(can: boolean, done: Promise<unknown>): Promise<void> {
  if (can) await done;
  else await assert.rejects(done, { name: "Refused" });
}

async function compare({ store, model }: World): Promise<void> {
  assert.deepEqual(await store.recount(), []);
  const states = await store.states(model.jobs.map(({ id }) => id));
  assert.deepEqual(states, model.jobs.map(({ state }) => state));
  for (const { name, counts } of await store.queues()) {
    for (const state of STATES) {
      const n = model.jobs.filter((job) => job.queue === name && job.state === state).length;
      assert.equal(counts[state], n, `${state} in ${name}`);
    }
  }
  const total = noFigures();
  for (const { figures } of await store.figures({ span: "total" })) {
    for (const key of Object.keys(model.figures) as (keyof typeof model.figures)[]) {
      total[key] += figures[key];
    }
  }
  assert.deepEqual({ ...total, ...model.figures }, total, "figures");
  for (const job of model.jobs) {
    const stored = (await store.get(job.id))!;
    assert.deepEqual(
      [stored.attempts, stored.lastAttempt, stored.held, stored.cancelRequested],
      [job.attempts, job.lastAttempt, job.held, job.cancelRequested],
    );
    const running = (await store.attempts(job.id)).filter(({ outcome }) => outcome === null);
    assert.equal(running.length, job.state === "processing" ? 1 : 0, "owners");
  }
}

Deno.test("any sequence of operations leaves the store as the model says", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 20, maxLength: 80, size: "max" }),
      async (sequence) => {
        using dir = tempDir();
        const store = await openStore(dir.home);
        try {
          for (const id of SUPERVISORS) await store.register(newSupervisor(id));
          const world: World = { store, model: new Model(), now: T0, enqueued: 0 };
          for (const step of sequence) {
            await step(world);
            await compare(world);
          }
        } finally {
          store.close();
        }
      },
    ),
    { numRuns: 50 },
  );
});
