/**
 * @module
 * The bulk routes: each action, by ids and by a filter, also while others change and enqueue jobs.
 */
import assert from "node:assert/strict";
import { type State, STATES, WAITING } from "../../src/domain/job.ts";
import type { Store } from "../../src/store/contract.ts";
import { altered, testApplication } from "../helpers/application.ts";
import { claim, death, enqueue, failure, newSupervisor, settlement, T0 } from "../helpers/jobs.ts";

/** What each action may be done to, and what shows that it was. */
const ACTIONS: Record<string, { to: readonly State[]; done(job: Shown | undefined): boolean }> = {
  cancel: {
    to: [...WAITING, "processing"],
    done: (job) => job!.cancelRequested || job!.state === "cancelled",
  },
  retry: {
    to: ["failed", "completed", "dead", "cancelled"],
    done: (job) => job!.state === "pending" && job!.attempts === 0,
  },
  delete: { to: STATES.filter((state) => state !== "processing"), done: (job) => job === undefined },
  hold: { to: WAITING, done: (job) => job!.held },
  release: { to: WAITING, done: (job) => !job!.held },
  pause: {
    to: [...WAITING, "processing"],
    done: (job) => job!.held || job!.pausedAt !== null,
  },
  resume: {
    to: [...WAITING, "processing"],
    done: (job) => !job!.held && job!.pausedAt === null,
  },
};

type Shown = NonNullable<Awaited<ReturnType<Store["get"]>>>;

/** A job in every state, named after it; all that wait are held, and what runs is paused, where `held` says so. */
async function oneOfEach(store: Store, held: boolean): Promise<void> {
  const ids = ["completed", "failed", "dead", "processing"];
  await store.register(newSupervisor("s"));
  await enqueue(store, ...ids.map((id) => ({ id })));
  const tokens = (await claim(store, "s", { count: 4 })).map(({ token }) => token);
  const settlements = [settlement(tokens[0]!), failure(tokens[1]!), death(tokens[2]!)];
  await store.exchange({ supervisor: "s", now: T0 + 1000, settlements, output: [], free: [], queues: null });
  const later = Date.now() + 3_600_000;
  await enqueue(store, { id: "pending" }, { id: "scheduled", runAt: later }, { id: "cancelled" });
  await enqueue(store, { id: "gone" });
  await enqueue(store, { id: "blocked", after: ["processing"] }, { id: "skipped", after: ["gone"] });
  await store.cancel(["cancelled", "gone"], T0);
  await store.delete(["gone"]);
  if (held) await store.pause([...WAITING, "processing"], { now: T0, running: true });
}

for (const [action, { to, done }] of Object.entries(ACTIONS)) {
  Deno.test(`bulk ${action}: by a filter to the jobs that allow it, by ids to all or none`, async () => {
    using app = await testApplication();
    const { store } = app.test;
    await oneOfEach(store, ["release", "resume"].includes(action));
    const before = await Promise.all(STATES.map((state) => store.get(state)));
    const wrong = STATES.filter((state) => !to.includes(state));
    const refused = await app.send("POST", `/bulk/${action}`, { ids: [...to, wrong[0] ?? "nobody"] });
    assert.equal(refused.status, wrong.length > 0 ? 409 : 404);
    const missing = await app.send("POST", `/bulk/${action}`, { ids: [to[0], "nobody"] });
    assert.deepEqual([missing.status, missing.json.detail], [
      404,
      `Cannot ${action} job "nobody": no such job`,
    ]);
    assert.deepEqual(await Promise.all(STATES.map((state) => store.get(state))), before, "none");

    const dry = await app.send("GET", "/bulk/count");
    assert.deepEqual(dry.json, { count: STATES.length, passed_over: 0 });
    const which = await app.send("GET", `/bulk/count?action=${action}`);
    assert.deepEqual(which.json, { count: to.length, passed_over: wrong.length });
    const all = await app.send("POST", `/bulk/${action}`, { filter: {} });
    assert.deepEqual(all.json, { done: to.length, passed_over: wrong.length });
    for (const [n, state] of STATES.entries()) {
      const job = await store.get(state);
      if (to.includes(state)) assert.ok(done(job), `${action} of ${state}`);
      else assert.deepEqual(job, before[n], `${state} is passed over`);
    }
    assert.deepEqual(await store.recount(), []);
  });

  Deno.test(`bulk ${action} by ids does it to each, once, and to nothing else`, async () => {
    using app = await testApplication();
    const { store } = app.test;
    await oneOfEach(store, ["release", "resume"].includes(action));
    const [first, second] = to as [State, State];
    const others = STATES.filter((state) => state !== first && state !== second);
    const before = await Promise.all(others.map((state) => store.get(state)));
    const { json } = await app.send("POST", `/bulk/${action}`, { ids: [first, second, first] });
    assert.deepEqual(json, { done: 2, passed_over: 0 });
    for (const state of [first, second]) assert.ok(done(await store.get(state)), state);
    assert.deepEqual(await Promise.all(others.map((state) => store.get(state))), before);
  });
}

/** The store, but somebody does something right after jobs were looked for. */
function withOthers(own: Store, meanwhile: (own: Store) => Promise<void>): Store {
  return altered(own, {
    async select(which, wish) {
      const selection = await own.select(which, wish);
      await meanwhile(own);
      return selection;
    },
  });
}

Deno.test("bulk by a filter leaves alone what comes meanwhile, and passes over what was changed or removed", async () => {
  using app = await testApplication({
    store: (own) =>
      withOthers(own, async (own) => {
        await own.cancel(["j2"], T0);
        await own.delete(["j4"]);
        await enqueue(own, { id: "late" });
      }),
  });
  const { store } = app.test;
  await enqueue(store, {}, {}, {}, {}, {});
  const { status, json } = await app.send("POST", "/bulk/hold", { filter: {} });
  assert.deepEqual([status, json], [200, { done: 3, passed_over: 2 }]);
  const held = await Promise.all(["j1", "j3", "j5", "late"].map(async (id) => (await store.get(id))!.held));
  assert.deepEqual(held, [true, true, true, false]);
  assert.deepEqual(await store.states(["j2", "j4"]), ["cancelled", undefined]);
});

Deno.test("bulk edit changes all jobs of a filter that wait, and nothing where anything is wrong", async () => {
  using app = await testApplication();
  const { store } = app.test;
  await oneOfEach(store, false);
  const edit = (body: unknown) => app.send("POST", "/bulk/edit", body);
  const wrong: [unknown, string][] = [
    [{ changes: { priority: 3 } }, "Missing filter: it takes a JSON object"],
    [{ filter: {}, changes: {} }, "Cannot edit jobs: nothing says what to change"],
    [{ filter: {}, changes: { priority: "x" } }, 'Cannot use priority "x": it takes '],
  ];
  for (const [body, detail] of wrong) {
    const { status, json } = await edit(body);
    assert.ok(status === 400 && json.detail.startsWith(detail), JSON.stringify(json));
  }
  assert.deepEqual((await edit({ filter: { state: "failed" }, changes: { priority: 3 } })).json, {
    done: 1,
    passed_over: 0,
  });
  assert.deepEqual((await edit({ filter: {}, changes: { queue: "other" } })).json, {
    done: WAITING.length,
    passed_over: STATES.length - WAITING.length,
  });
  const { priority, queue } = (await store.get("failed"))!;
  assert.deepEqual([priority, queue], [3, "other"]);
});

Deno.test("what a failure says, and its exit code, find jobs", async () => {
  using app = await testApplication();
  await oneOfEach(app.test.store, false);
  for (const query of ["error=code%201", "exit_code=1", "error=exit&exit_code=1"]) {
    const { json } = await app.send("GET", `/jobs?${query}`);
    assert.deepEqual(json.jobs.map(({ id }: { id: string }) => id), ["dead", "failed"], query);
    assert.deepEqual((await app.send("GET", `/bulk/count?${query}`)).json.count, 2);
  }
  const { json } = await app.send("POST", "/bulk/retry", { filter: { error: "exit code 1", state: "dead" } });
  assert.deepEqual(json, { done: 1, passed_over: 0 });
});

Deno.test("bulk by ids passes over what does not allow it, or is gone, where that is asked for", async () => {
  using app = await testApplication();
  await oneOfEach(app.test.store, false);
  const ids = [...STATES, "gone"];
  const refused = await app.send("POST", "/bulk/delete", { ids });
  assert.equal(refused.status, 409);
  const { status, json } = await app.send("POST", "/bulk/delete", { ids, pass_over: true });
  assert.deepEqual([status, json], [200, { done: STATES.length - 1, passed_over: 2 }]);
  assert.deepEqual((await app.test.store.list({ limit: 20 })).jobs.map(({ id }) => id), ["processing"]);
});

Deno.test("a filter takes several states, queues and labels: in a query by their names again, in a body as a list", async () => {
  using app = await testApplication();
  const { store } = app.test;
  await enqueue(store, { queue: "a", label: "l" }, { queue: "b", label: "m" }, { queue: "c", label: "l" });
  const ids = async (query: string) =>
    (await app.send("GET", `/jobs?${query}`)).json.jobs?.map(({ id }: { id: string }) => id);
  assert.deepEqual(await ids("queue=a&queue=b"), ["j2", "j1"]);
  assert.deepEqual(await ids("queue=a&queue=c&queue=c&label=l"), ["j3", "j1"]);
  assert.deepEqual(await ids("label=m&label=none"), ["j2"]);
  assert.deepEqual(await ids("state=dead&state=pending&queue=c"), await ids("queue=c"));
  assert.equal((await app.send("GET", "/bulk/count?queue=a&queue=b")).json.count, 2);
  assert.equal((await app.send("GET", "/bulk/count?state=dead&state=pending&state=dead")).json.count, 3);
  assert.equal((await app.send("GET", "/jobs?state=dead&state=odd")).status, 400);
  const eleven = Array.from({ length: 11 }, (_, n) => `queue=q${n}`).join("&");
  assert.equal((await app.send("GET", `/jobs?${eleven}`)).status, 400);
  assert.equal((await app.send("POST", "/bulk/hold", { filter: { queue: [] } })).status, 400);
  assert.equal((await app.send("POST", "/bulk/hold", { filter: { queue: ["a", "c"] } })).json.done, 2);
  const labels = await app.send("GET", "/labels?prefix=l");
  assert.deepEqual(labels.json, { labels: [{ label: "l", count: 2 }] });
});

Deno.test("bulk by very many ids goes by pages, lets others in between, and is refused before it begins", async () => {
  const applied: number[] = [];
  using app = await testApplication({
    store: (own) =>
      altered(own, {
        async hold(ids, held) {
          applied.push(ids.length);
          await own.hold(ids, held);
          if (applied.length === 2) await own.cancel(["j1200"], T0);
        },
      }),
  });
  const { store } = app.test;
  await enqueue(store, ...Array.from({ length: 1300 }, () => ({})));
  const ids = Array.from({ length: 1300 }, (_, n) => `j${n + 1}`);
  const missing = await app.send("POST", "/bulk/hold", { ids: [...ids, "nobody"] });
  assert.deepEqual([missing.status, missing.json.detail], [404, 'Cannot hold job "nobody": no such job']);
  assert.equal((await store.get("j1"))!.held, false, "none");
  applied.length = 0;
  const { json } = await app.send("POST", "/bulk/hold", { ids });
  assert.deepEqual(json, { done: 1299, passed_over: 1 });
  assert.deepEqual(applied.slice(0, 3), [500, 500, 300]);
  assert.deepEqual(await store.recount(), []);
});
