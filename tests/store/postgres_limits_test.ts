/**
 * @module
 * Ten supervisors that race for one limit and one rate, over ten connections to one server: never more at once, never more
 * in any span of time, and nothing is forgotten. And what is parked in this store alone, until it may start.
 */
import assert from "node:assert/strict";
import type { ClaimedJob } from "../../src/store/contract.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { claim, enqueue, exchangeOf, newSupervisor, settlement, T0 } from "../helpers/jobs.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();
const SUPERVISORS = 10;
const AT_ONCE = 4;
const RATE = { count: 12, perMs: 400, smooth: false };
const EACH = 30;
const LABELS = 5;

const race = (name: string, concurrency: number | null) =>
  testWith(
    server,
    `PostgreSQL: ten supervisors that race take never more of a limit, a rate and a label than there is${name}`,
    async () => {
      using dir = tempDir();
      const address = newAddress(server);
      const stores = await Promise.all(
        Array.from({ length: SUPERVISORS }, () => openPostgresStore(address, dir.home, {})),
      );
      const [store] = stores;
      try {
        await store!.setLimit("api", { atOnce: AT_ONCE });
        await store!.setLimit("web", { rate: RATE });
        await store!.setQueue("labelled", { perLabel: 1, fair: true });
        await store!.setQueue("two", { concurrency });
        const all = Array.from({ length: EACH }, (_, n) => [
          { takes: "api=1", queue: n % 2 ? "two" : "one" },
          { takes: "api=2,web=1" },
          { takes: "web=1", slots: 2 },
          { queue: "labelled", label: `l${n % LABELS}` },
          {},
          { queue: "two" },
        ]).flat();
        await enqueue(store!, ...all);
        const running = new Set<ClaimedJob>();
        const starts: number[] = [];
        const left = { n: all.length };
        const check = () => {
          const used = (name: string) =>
            [...running].filter(({ takes }) => takes?.includes(name)).length +
            [...running].filter(({ takes }) => takes?.includes(`${name}=2`)).length;
          assert.ok(used("api") <= AT_ONCE, `${used("api")} units of api are in use`);
          const labels = [...running].flatMap(({ queue, label }) => queue === "labelled" ? [label] : []);
          assert.equal(new Set(labels).size, labels.length, "two of one label run");
          const two = [...running].filter(({ queue }) => queue === "two").length;
          assert.ok(two <= (concurrency ?? Infinity), `${two} of a queue run`);
        };
        const supervise = async (n: number) => {
          const own = stores[n]!;
          const id = `s${n}`;
          await own.register(
            newSupervisor(id, { workers: [{ id: `${id}-worker`, slots: 4, queues: null }] }),
          );
          let mine: ClaimedJob[] = [];
          while (left.n > 0) {
            const ended = mine.splice(0, 1 + Math.floor(Math.random() * mine.length));
            for (const job of ended) running.delete(job);
            const busy = mine.reduce((sum, { slots }) => sum + (slots ?? 1), 0);
            const { claimed, refused } = await own.exchange(exchangeOf(id, {
              now: Date.now(),
              settlements: ended.map(({ token }) => settlement(token)),
              free: Array.from({ length: 4 - busy }, () => `${id}-worker`),
            }));
            assert.deepEqual(refused, []);
            left.n -= ended.length;
            for (const job of claimed) running.add(job);
            starts.push(
              ...claimed.filter(({ takes }) => takes?.includes("web")).map(({ startedAt }) => startedAt!),
            );
            check();
            mine = [...mine, ...claimed];
          }
        };
        await Promise.all(stores.map((_, n) => supervise(n)));
        starts.sort((a, b) => a - b);
        assert.equal(starts.length, 2 * EACH);
        for (const [nth, at] of starts.slice(RATE.count).entries()) {
          assert.ok(
            at - starts[nth]! >= RATE.perMs,
            `${RATE.count + 1} began within ${at - starts[nth]!} ms`,
          );
        }
        assert.deepEqual(
          (await store!.limits(Date.now())).map(({ name, used, waiting }) => ({ name, used, waiting })),
          [{ name: "api", used: 0, waiting: 0 }, { name: "web", used: 0, waiting: 0 }],
        );
        assert.deepEqual(await store!.recount(), []);
      } finally {
        for (const one of stores) one.close();
      }
    },
  );

race("", null);
race(", nor of a queue that lets few run", 2);

testWith(
  server,
  "PostgreSQL: what waits for a rate, or for what nobody has, is looked at again as soon as it may start",
  async () => {
    using opened = await openedOn(server);
    const { store } = opened;
    const claimed = async (by = "s", now = T0) =>
      (await claim(store, by, { count: 9, now })).map(({ id }) => id);
    const roomy = { workers: [{ id: "s-worker", slots: 9, queues: null }] };
    await store.register(newSupervisor("s", roomy));
    await store.setLimit("web", { rate: { count: 2, perMs: 10_000, smooth: false } });
    await enqueue(store, { id: "first", takes: "web=1" }, { id: "two", takes: "web=2" }, {
      id: "last",
      takes: "web=1",
    }, { id: "gpu", takes: "gpu=1" });
    assert.deepEqual(await claimed(), ["first"]);
    assert.deepEqual(await claimed(), [], "the room is kept for the one that comes before");
    await store.hold(["two"], true);
    assert.deepEqual(await claimed(), ["last"]);
    await store.hold(["two"], false);
    assert.deepEqual(await claimed("s", T0 + 9999), []);
    await enqueue(store, { id: "urgent", takes: "web=1", priority: -1 });
    assert.deepEqual(await claimed("s", T0 + 10_000), ["urgent"]);
    assert.deepEqual(await claimed("s", T0 + 20_000), ["two"]);
    await store.register(newSupervisor("g", { has: new Map([["gpu", 1]]) }));
    assert.deepEqual(await claimed("g"), ["gpu"]);
    assert.deepEqual(await store.recount(), []);
  },
);
