/**
 * @module
 * A supervisor that takes very many jobs goes on after the last one that it took.
 */
import assert from "node:assert/strict";
import { LowWater } from "../../src/store/postgres/low_water.ts";
import { enqueue, exchangeOf, newSupervisor, settlement } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";

const server = await postgresServer();

const places = (count: number) => Array.from({ length: count }, (_, seq) => ({ priority: 0, seq }));
const wanted = exchangeOf("s", {
  free: Array.from({ length: 250 }, () => "s-worker"),
  settlements: [settlement(crypto.randomUUID())],
});

Deno.test("claiming goes on after the last job once hundreds were taken without a break", () => {
  const one = new LowWater();
  for (let taken = 0; taken < 500; taken += 250) {
    assert.equal(one.from(wanted), undefined);
    assert.equal(one.found(wanted, undefined, { claimed: places(250), tookMs: 100 }), false);
  }
  assert.deepEqual(one.from(wanted), { after: { priority: 0, seq: 249 }, lanes: null });
  assert.equal(
    one.from({ ...wanted, queues: ["other"] }),
    undefined,
    "from other queues it begins at the start",
  );
  assert.equal(one.from({ ...wanted, settlements: [] }), undefined);
});

Deno.test("claiming looks from the start when it finds less than it wants after the last job", () => {
  const one = new LowWater();
  for (let looks = 0; looks < 2; looks++) {
    one.found(wanted, undefined, { claimed: places(250), tookMs: 100 });
  }
  const from = one.from(wanted)!;
  assert.equal(one.found(wanted, from, { claimed: places(250), lanes: ["a"], tookMs: 1 }), false);
  assert.deepEqual(one.from(wanted)?.lanes, ["a"]);
  assert.equal(one.found(wanted, from, { claimed: places(10), lanes: ["a"], tookMs: 1 }), true);
  assert.equal(one.from(wanted), undefined);
});

testWith(
  server,
  "PostgreSQL: of very many jobs each is claimed once, and those that become more urgent, too",
  async () => {
    using opened = await openedOn(server);
    const { store } = opened;
    await store.register(newSupervisor("s"));
    const all = await enqueue(
      store,
      ...Array.from({ length: 2500 }, (_, n) => ({ queue: `queue-${n % 3}`, retryOn: "75" })),
    );
    const claimed: string[] = [];
    let tokens: string[] = [];
    let urgent: string[] = [];
    const free = Array.from({ length: 100 }, () => "s-worker");
    while (true) {
      const settlements = tokens.map((token) => settlement(token));
      const exchanged = await store.exchange(exchangeOf("s", { free, settlements }));
      assert.ok(
        exchanged.claimed.every(({ retryOn, priority }) => retryOn === (priority === -1 ? null : "75")),
      );
      claimed.push(...exchanged.claimed.map(({ id }) => id));
      tokens = exchanged.claimed.map(({ token }) => token);
      if (claimed.length >= 1500 && urgent.length === 0) {
        urgent = await enqueue(store, ...Array.from({ length: 50 }, () => ({ priority: -1 })));
        await store.setQueue("queue-1", { paused: true });
        await store.setQueue("queue-1", { paused: false });
      }
      if (!exchanged.waiting) break;
    }
    assert.deepEqual(claimed.toSorted(), [...all, ...urgent].toSorted());
    assert.deepEqual(await store.recount(), []);
  },
);
