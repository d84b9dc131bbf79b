/**
 * @module
 * Schedules that are due are fired, each slot once: by several supervisors with clocks that step, by processes that are
 * killed on the way, and after a machine was off.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { settingsFrom } from "../../src/domain/settings.ts";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { Timetable } from "../../src/worker/supervisor/timetable.ts";
import { doneBeforeDeath } from "../helpers/dying_client.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { finished } from "../helpers/finished.ts";
import { fireAt, firingsAt } from "../helpers/killed_firer.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { addSchedules, runsOf } from "../helpers/schedules.ts";
import { runningSupervisor, storeWith } from "../helpers/supervisor.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A timetable over a store, with a clock of its own, that is looked at as a supervisor does. */
function timetable(store: Store, clock = new FakeClock()) {
  const said: string[] = [];
  const settings = settingsFrom(new Map());
  const table = new Timetable({
    store,
    clock,
    settings: () => settings,
    say: (text) => said.push(text),
    onDue() {},
  });
  return {
    clock,
    said,
    [Symbol.dispose]: () => table.close(),
    async look() {
      for (let n = 0; n < 100; n += 1) {
        table.follow((await store.orders("nobody")).nextSlotAt);
        if (!table.isDue) return;
        await table.fire();
      }
      assert.fail("it never rests");
    },
  };
}

/** All slots that were decided, in order. */
async function decided(store: Store): Promise<number[]> {
  return (await runsOf(store)).flatMap(({ slot, count }) =>
    Array.from({ length: count! }, (_, n) => slot + n * MINUTE)
  );
}

async function stepClocks(store: Store, other: Store): Promise<void> {
  using first = timetable(store);
  using second = timetable(other);
  const start = first.clock.now();
  await addSchedules(store, start, { missed: "all", overlap: "allow" });
  const steps = [20, -90, 45, 300, -250, 61, -61, 0, 600, -30, 7, 120, -500, 700].map((s) => s * 1000);
  for (const [n, step] of steps.entries()) {
    for (const one of [first, second]) one.clock.spend(40_000);
    (n % 2 === 0 ? first : second).clock.set(step);
    await Promise.all([first.look(), second.look()]);
  }
  const end = Math.max(first.clock.now(), second.clock.now());
  const slots = await decided(store);
  assert.equal(new Set(slots).size, slots.length, "none twice");
  assert.deepEqual(slots.toSorted((a, b) => a - b), slots, "in order");
  assert.equal(slots[0], start + MINUTE);
  assert.deepEqual(slots, slots.map((_, k) => start + (k + 1) * MINUTE), "none is missing");
  assert.ok(slots.at(-1)! <= end + 1_000_000);
  const { jobs } = await store.list({ limit: 1000 });
  const fired = jobs.map(({ env }) => Date.parse(env!.QUEUECTL_SLOT!)).sort((a, b) => a - b);
  assert.deepEqual(fired, slots);
  assert.ok(jobs.every(({ env }) => env!.QUEUECTL_SCHEDULE === "a"));
  store.close();
  other.close();
}

Deno.test("two supervisors with clocks that step forward and back fire each slot once", async () => {
  using dir = tempDir();
  await stepClocks(await openStore(dir.home), await openStore(dir.home));
});

Deno.test("after a month off, a schedule makes up for it by one run, and what was left out is one row", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  using table = timetable(store);
  const start = table.clock.now();
  await addSchedules(store, start);
  table.clock.spend(MINUTE);
  await table.look();
  await store.cancel(["j1"], start);
  table.clock.spend(30 * DAY + 20_000);
  await table.look();
  const runs = await runsOf(store);
  assert.deepEqual(runs.map(({ kind, slot, until, count }) => [kind, slot, until, count]), [
    ["on_time", start + MINUTE, start + MINUTE, 1],
    ["missed", start + 2 * MINUTE, start + 30 * DAY, null],
    ["on_time", start + 30 * DAY + MINUTE, start + 30 * DAY + MINUTE, 1],
  ]);
  assert.match(table.said.join(), /schedule a: very many runs were missed and are left out/);
  assert.equal((await store.list({ limit: 9 })).jobs.length, 2);
  store.close();
});

Deno.test("very many schedules that are due at once are all fired, a few in a transaction", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  let largest = 0;
  const watched = storeWith(store, {
    fire: (firings, options) => {
      largest = Math.max(largest, firings.length);
      return store.fire(firings, options);
    },
  });
  using table = timetable(watched);
  await addSchedules(store, table.clock.now(), ...Array.from({ length: 330 }, (_, n) => ({ name: `s${n}` })));
  table.clock.spend(MINUTE);
  await table.look();
  assert.equal((await store.list({ limit: 1000 })).jobs.length, 330);
  assert.ok(largest <= 50);
  store.close();
});

Deno.test("a schedule that cannot be fired is said once, and keeps no other from being fired", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  using table = timetable(store);
  const now = table.clock.now();
  await addSchedules(store, now, { name: "a" }, { name: "b" });
  const broken = (await store.schedule("b"))!;
  const schedule = { ...broken, zone: "Nowhere/Atlantis" };
  await store.changeSchedules([{ name: "b", revision: broken.revision, schedule }], now);
  for (let n = 0; n < 3; n += 1) {
    table.clock.spend(MINUTE);
    await table.look();
  }
  assert.equal(table.said.length, 1);
  assert.match(table.said[0]!, /^schedule b cannot be fired here: .*Atlantis/);
  assert.deepEqual((await runsOf(store, "a")).map(({ kind }) => kind), ["on_time", "skipped"]);
  assert.deepEqual(await runsOf(store, "b"), []);
  store.close();
});

/** A store of its own for each that is killed, and how to have what is due at a time fired up to a step. */
type Opened = { store: Store; fireUpTo(last: number, now: number): Promise<boolean> } & Disposable;

async function killFirers(open: () => Promise<Opened>): Promise<void> {
  const now = new FakeClock().now();
  for (let last = 1;; last += 1) {
    assert.ok(last < 60);
    using opened = await open();
    const { store } = opened;
    await addSchedules(store, now, { name: "a" }, { name: "b" });
    const over = await opened.fireUpTo(last, now + MINUTE);
    using table = timetable(store);
    table.clock.spend(MINUTE);
    await until("both are fired", async () => {
      await table.look();
      const { jobs } = await store.list({ limit: 9 });
      if (jobs.length === 2) return true;
      table.clock.spend(100); // a server may not have heard yet that it is dead
      return undefined;
    });
    for (const name of ["a", "b"]) {
      assert.deepEqual((await runsOf(store, name)).map(({ kind, slot }) => [kind, slot]), [[
        "on_time",
        now + MINUTE,
      ]]);
    }
    assert.deepEqual(await store.recount(), []);
    if (over) return;
  }
}

Deno.test("whoever is killed while it fires leaves a slot decided as a whole or not at all", async () => {
  const firer = fileURLToPath(new URL("../helpers/killed_firer.ts", import.meta.url));
  await killFirers(async () => {
    const dir = tempDir();
    const store = await openStore(dir.home);
    return {
      store,
      async fireUpTo(last, now) {
        const flags = ["run", "--no-prompt", "--quiet", "--no-check", "--allow-all"];
        const { code, stdout } = await finished(Deno.execPath(), {
          args: [...flags, firer, dir.home.dir, String(now), String(last)],
        });
        assert.equal(stdout, code === 0 ? "over\n" : "");
        return code === 0;
      },
      [Symbol.dispose]() {
        store.close();
        dir[Symbol.dispose]();
      },
    };
  });
});

Deno.test("a worker fires what is due and runs it, also what is added while it waits", async () => {
  using test = await testStore();
  await using _ = await runningSupervisor(test);
  const command = 'echo "$QUEUECTL_SCHEDULE $QUEUECTL_SLOT" >>slots';
  const job = { command, cwd: test.dir.path };
  await addSchedules(test.store, Date.now(), {
    name: "often",
    expression: "every 1s",
    overlap: "queue",
    job,
  });
  const lines = await until("it ran three times", () => {
    try {
      const found = Deno.readTextFileSync(test.dir.file("slots")).trim().split("\n");
      return found.length >= 3 ? found : undefined;
    } catch {
      return undefined;
    }
  });
  assert.equal(new Set(lines).size, lines.length);
  assert.ok(
    lines.every((line) => /^often \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/.test(line)),
    lines.join(),
  );
});

const server = await postgresServer();

testWith(
  server,
  "PostgreSQL: four hosts that see the same slots at the same time fire each once",
  async () => {
    using opened = await openedOn(server);
    const { store } = opened;
    const stores = [store, await opened.another(), await opened.another(), await opened.another()];
    const tables = stores.map((one) => timetable(one));
    const start = tables[0]!.clock.now();
    const names = Array.from({ length: 20 }, (_, n) => `s${n}`);
    await addSchedules(
      store,
      start,
      ...names.map((name) => ({ name, overlap: "queue" as const, missed: "all" as const })),
    );
    for (let n = 0; n < 4; n += 1) {
      for (const { clock } of tables) clock.spend(MINUTE);
      await Promise.all(tables.map((one) => one.look()));
      // who found everything in the hands of others rests, and looks again
      for (const { clock } of tables) clock.spend(2000);
      await Promise.all(tables.map((one) => one.look()));
    }
    for (const name of names) {
      const slots = (await runsOf(store, name)).map(({ slot }) => slot);
      assert.deepEqual(slots, [1, 2, 3, 4].map((n) => start + n * MINUTE));
    }
    assert.equal((await store.list({ limit: 1000 })).jobs.length, 80);
    assert.deepEqual(await store.recount(), []);
    for (const one of tables) one[Symbol.dispose]();
    for (const one of stores.slice(1)) one.close();
  },
);

testWith(
  server,
  "PostgreSQL: whoever is killed while it fires leaves a slot decided as a whole or not at all",
  async () => {
    using dir = tempDir();
    await killFirers(async () => {
      const opened = await openedOn(server);
      const { store, address } = opened;
      return {
        store,
        fireUpTo: (last, now) =>
          doneBeforeDeath(
            { address, home: dir.home, last },
            (store) => firingsAt(store, now),
            (store, firings) => fireAt(store, firings, now),
          ),
        [Symbol.dispose]: () => opened[Symbol.dispose](),
      };
    });
  },
);

testWith(server, "PostgreSQL: hosts with clocks that step forward and back fire each slot once", async () => {
  using opened = await openedOn(server);
  await stepClocks(await opened.another(), await opened.another());
});
