/**
 * @module
 * The store in PostgreSQL while many use it at once, each over connections of its own: nothing is lost, nothing happens
 * twice, and no limit is passed. Slow.
 */
import assert from "node:assert/strict";
import { Refused } from "../../src/domain/errors.ts";
import type { ClaimedJob, Store } from "../../src/store/contract.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { clear, enqueue, exchangeOf, failure, newSupervisor, settlement, T0 } from "../helpers/jobs.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { tempDir } from "../helpers/temp.ts";
import type { Opened } from "../store_contract/suite.ts";

const server = await postgresServer();

/** A connection of one's own for each of them, all at once. */
async function atOnce(opened: Opened, users: readonly ((store: Store) => Promise<void>)[]): Promise<void> {
  await Promise.all(users.map(async (use) => {
    const store = await opened.another();
    try {
      await use(store);
    } finally {
      store.close();
    }
  }));
}

/** A supervisor that works until it has found nothing to do several times in a row, once `over` says so. */
function works(
  id: string,
  { at, over, onClaimed = () => {}, onSettling, count = 5 }: {
    at: () => number;
    over: () => boolean;
    onClaimed?(job: ClaimedJob): void;
    onSettling(job: ClaimedJob): void;
    count?: number;
  },
): (store: Store) => Promise<void> {
  return async (store) => {
    await store.register(newSupervisor(id));
    let running: ClaimedJob[] = [];
    for (let idle = 0; idle < 5;) {
      const ended = running.splice(0, Math.ceil(Math.random() * running.length));
      const settlements = ended.map(({ token }, n) =>
        n % 4 === 3 ? failure(token, { runAt: at() }) : settlement(token, { finishedAt: at() })
      );
      const free = Array.from({ length: count }, () => `${id}-worker`);
      for (const job of ended) onSettling(job); // another may have it before this one hears that it is settled
      const { claimed, refused } = await store.exchange(exchangeOf(id, { settlements, free, now: at() }));
      assert.deepEqual(refused, []);
      for (const job of claimed) onClaimed(job);
      running = [...running, ...claimed];
      idle = over() && claimed.length + running.length === 0 ? idle + 1 : 0;
    }
    await store.leave(id);
  };
}

testWith(
  server,
  "PostgreSQL: whatever many do at once to the same jobs, all is counted, and each runs once at a time",
  async () => {
    using opened = await openedOn(server);
    const { store } = opened;
    const ids = Array.from({ length: 400 }, (_, n) => `n${n}`);
    await enqueue(store, ...ids.map((id, n) => ({ id, queue: `q${n % 3}`, priority: n % 2 })));
    let now = T0;
    let managing = 3;
    const at = () => now++;
    const running = new Set<string>();
    const some = () => {
      const from = Math.floor(Math.random() * ids.length);
      return ids.slice(from, from + 1 + Math.floor(Math.random() * 12)).sort(() => Math.random() - 0.5);
    };
    const acts: ((store: Store) => Promise<unknown>)[] = [
      (store) => store.cancel(some(), at()),
      (store) => store.retry(some(), { now: at() }),
      (store) => store.retry(some().slice(0, 1), { now: at() }),
      (store) => store.hold(some().slice(0, 1), true),
      (store) => store.hold(some().slice(0, 1), false),
      (store) => store.edit(some()[0]!, { queue: "q1", priority: 0, runAt: at() + 50 }, at()),
      (store) => store.edit(some()[0]!, { command: "other" }, at()),
      (store) => store.delete(some().slice(0, 1)),
      (store) => changeAll(store, { which: { state: "dead" }, wish: { verb: "retry" } }, { now: at() }),
      (store) => store.pause(some(), { now: at(), running: true }),
      (store) => store.resume(some(), at()),
      (store) => store.resume(some().slice(0, 1), at()),
      (store) => enqueue(store, { queue: "q2" }, { queue: "q0" }),
      (store) => store.setQueue("q0", { paused: Math.random() < 0.3 }),
      (store) => store.prune({ endedMs: 200, deadMs: null, ofQueues: true }, { now: at(), limit: 5 }),
      (store) => clear(store, "q2"),
    ];
    const manages = async (store: Store) => {
      for (let n = 0; n < 120; n++) {
        await acts[Math.floor(Math.random() * acts.length)]!(store).catch((error) => {
          if (!(error instanceof Refused)) throw error;
        });
      }
      managing -= 1;
      await store.setQueue("q0", { paused: false });
    };
    const over = () => managing === 0;
    const onClaimed = ({ id }: ClaimedJob) => {
      assert.ok(!running.has(id), `${id} runs once`);
      running.add(id);
    };
    const onSettling = ({ id }: ClaimedJob) => void running.delete(id);
    await atOnce(opened, [
      ...["s", "t", "u", "v"].map((id) => works(id, { at, over, onClaimed, onSettling })),
      manages,
      manages,
      manages,
    ]);
    assert.deepEqual(await store.recount(), []);
    assert.deepEqual((await store.workers()).length, 0);
    const { counts } = await store.summary(0);
    assert.equal(counts.processing, 0);
  },
);

testWith(server, "PostgreSQL: however many claim at once, no queue runs more than its limit", async () => {
  using opened = await openedOn(server);
  const { store } = opened;
  const limits: Record<string, number> = { one: 1, three: 3, seven: 7 };
  const queues = [...Object.keys(limits), "free"];
  for (const [queue, concurrency] of Object.entries(limits)) await store.setQueue(queue, { concurrency });
  const jobs = 800;
  await enqueue(
    store,
    ...Array.from({ length: jobs }, (_, n) => ({ queue: queues[n % 4]!, priority: n % 5 })),
  );
  let settled = 0;
  const looks: Record<string, number> = {};
  const watch = async (store: Store) => {
    while (settled < jobs) {
      for (const { name, counts } of await store.queues()) {
        looks[name] = Math.max(looks[name] ?? 0, counts.processing);
        assert.ok(counts.processing <= (limits[name] ?? Infinity), `${name} runs ${counts.processing}`);
      }
    }
  };
  let now = T0;
  const options = {
    at: () => now++,
    over: () => settled >= jobs,
    onSettling: () => void (settled += 1),
    count: 4,
  };
  await atOnce(opened, [watch, ...Array.from({ length: 6 }, (_, n) => works(`s${n}`, options))]);
  assert.deepEqual([looks.one, looks.three], [1, 3], "the limits were reached");
  assert.deepEqual(await store.recount(), []);
});

testWith(server, "PostgreSQL: once a queue is said to be paused, nobody claims of it any more", async () => {
  using opened = await openedOn(server);
  const { store } = opened;
  const jobs = 600;
  await enqueue(store, ...Array.from({ length: jobs }, (_, n) => ({ queue: n % 2 === 0 ? "a" : "b" })));
  let claimed = 0;
  let claimedOfA = 0;
  const claims = (id: string) => async (store: Store) => {
    await store.register(newSupervisor(id));
    while (claimed < jobs) {
      const answer = await store.exchange(exchangeOf(id, { free: ["w", "w", "w"] }));
      claimed += answer.claimed.length;
      claimedOfA += answer.claimed.filter(({ queue }) => queue === "a").length;
    }
  };
  let pauses = 0;
  const pauser = async (store: Store) => {
    while (claimed < jobs) {
      await store.setQueue("a", { paused: true });
      pauses += 1;
      const running = async () => (await store.queue("a"))!.counts.processing;
      const before = await running();
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(await running(), before);
      await store.setQueue("a", { paused: false });
      if (claimedOfA === jobs / 2) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await atOnce(opened, [pauser, ...Array.from({ length: 5 }, (_, n) => claims(`s${n}`))]);
  assert.ok(pauses > 2, `${pauses} pauses`);
  assert.deepEqual(await store.recount(), []);
});

testWith(
  server,
  "PostgreSQL: a supervisor that is taken over while it works settles nothing any more, and nothing twice",
  async () => {
    using opened = await openedOn(server);
    const { store } = opened;
    const jobs = 600;
    await enqueue(store, ...Array.from({ length: jobs }, (_, n) => ({ queue: `q${n % 2}` })));
    const settledBy = new Map<string, string>();
    const owned = new Map<string, Set<string>>();
    let takeovers = 0;
    let names = 0;
    const worker = async (store: Store) => {
      while (settledBy.size < jobs) {
        const id = `s${++names}`;
        await store.register(newSupervisor(id));
        const mine = new Set<string>();
        owned.set(id, mine);
        while (owned.has(id) && settledBy.size < jobs) {
          const ended = [...mine].slice(0, 8);
          const free = Array.from({ length: 8 }, () => "w");
          const { claimed, refused } = await store.exchange(
            exchangeOf(id, { settlements: ended.map((token) => settlement(token)), free }),
          );
          for (const token of ended.filter((token) => !refused.includes(token))) {
            assert.ok(!settledBy.has(token), "settled once");
            settledBy.set(token, id);
          }
          for (const token of ended) mine.delete(token);
          for (const { token } of claimed) mine.add(token);
        }
      }
    };
    const taker = async (store: Store) => {
      while (settledBy.size < jobs) {
        const [from, by] = [...owned.keys()].sort(() => Math.random() - 0.5);
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (from === undefined || by === undefined) continue;
        const tokens = await store.takeOver(from, by);
        if (!tokens) continue;
        takeovers += 1;
        owned.delete(from);
        for (const token of tokens) owned.get(by)?.add(token);
      }
    };
    await atOnce(opened, [worker, worker, worker, worker, taker]);
    assert.ok(takeovers > 0);
    assert.equal((await store.summary(0)).counts.completed, jobs);
    const [total] = await store.figures({ span: "total", queue: null });
    assert.equal(total!.figures.completed, jobs);
    assert.deepEqual(await store.recount(), []);
  },
);

testWith(server, "PostgreSQL: many who open a new store all at once make it together", async () => {
  using dir = tempDir();
  const address = newAddress(server);
  const stores = await Promise.all(Array.from({ length: 8 }, () => openPostgresStore(address, dir.home, {})));
  try {
    const ids = await Promise.all(stores.map((store) => enqueue(store, {})));
    assert.equal(new Set(ids.flat()).size, 8);
    assert.deepEqual(await stores[0]!.recount(), []);
  } finally {
    for (const store of stores) store.close();
  }
});
