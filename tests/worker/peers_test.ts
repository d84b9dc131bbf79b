/**
 * @module
 * How supervisors watch each other when they are many: whoever is gone is found, and nobody looks at all of them all
 * the time.
 */
import assert from "node:assert/strict";
import { openStore } from "../../src/store/open.ts";
import { bePresent, presencePath } from "../../src/system/presence.ts";
import { Peers } from "../../src/worker/supervisor/peers.ts";
import { Succession } from "../../src/worker/supervisor/succession.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { newSupervisor } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";

const LEASE_MS = 30_000;
const MANY = 24;

const HOST = {
  name: "host",
  bootId: "boot",
  pidNamespace: "pids",
  byToken: true,
  trapsOnSignal: false,
  setsid: true,
  terminal: false,
  withheld: { values: {}, unknown: [] },
};

/** A store with many supervisors, `s00`, `s01`, …, of which the named ones live. */
async function manySupervisors(living: (n: number) => boolean) {
  const dir = tempDir();
  const store = await openStore(dir.home);
  Deno.mkdirSync(dir.home.spool);
  const ids = Array.from({ length: MANY }, (_, n) => `s${String(n).padStart(2, "0")}`);
  const presences: Disposable[] = [];
  for (const [n, id] of ids.entries()) {
    await store.register(newSupervisor(id));
    const lock = presencePath(dir.home.spool, id);
    if (living(n)) presences.push(await bePresent(lock));
    else Deno.writeTextFileSync(lock, ""); // to let go of it would take a moment
  }
  let asked = 0;
  const watched = {
    async successors(...words: Parameters<typeof store.successors>) {
      const found = await store.successors(...words);
      asked += found.length;
      return found;
    },
  };
  const clock = new FakeClock();
  return {
    home: dir.home,
    store,
    clock,
    peersOf: (id: string) =>
      new Peers({
        id,
        store: watched,
        spools: dir.home.spool,
        host: HOST,
        renewableMs: () => clock.monotonicMs(),
      }),
    get asked() {
      return asked;
    },
    [Symbol.dispose]() {
      for (const presence of presences) presence[Symbol.dispose]();
      store.close();
      dir[Symbol.dispose]();
    },
  };
}

Deno.test("however many supervisors there are, a look at the others costs the same", async () => {
  using many = await manySupervisors(() => true);
  const peers = many.peersOf("s22");
  const looks = 3 * MANY;
  for (let look = 0; look < looks; look++) assert.deepEqual(await peers.gone(LEASE_MS), []);
  assert.ok(many.asked <= 4 * looks, `${many.asked} in ${looks} looks`);
});

Deno.test("a supervisor that is gone is found at once by those before it, and by everybody in the end", async () => {
  using many = await manySupervisors((n) => n !== 1);
  const found = async (id: string, looks: number) => {
    const peers = many.peersOf(id);
    for (let look = 0; look < looks; look++) {
      const gone = await peers.gone(LEASE_MS);
      if (gone.length > 0) return gone.map(({ peer }) => peer.id);
    }
    return [];
  };
  for (const id of ["s00", "s23", "s22"]) assert.deepEqual(await found(id, 1), ["s01"], id);
  assert.deepEqual(await found("s10", 1), [], "it is far from there");
  assert.deepEqual(await found("s10", MANY), ["s01"], "those before it may be stopped");
});

Deno.test("the last supervisor takes over from all others at one look", async () => {
  using many = await manySupervisors((n) => n === 7);
  const succession = new Succession({
    id: "s07",
    store: many.store,
    home: many.home,
    host: HOST,
    renewableMs: () => many.clock.monotonicMs(),
    journal: { started() {}, adopted() {}, settled() {}, note() {} },
    workers: () => [],
  });
  await succession.takeOver(LEASE_MS);
  assert.deepEqual((await many.store.supervisors()).map(({ id }) => id), ["s07"]);
  assert.deepEqual([...Deno.readDirSync(many.home.spool)].map(({ name }) => name), ["s07.alive"]);
});

Deno.test("a supervisor that is looked at only now and then is gone after a lease without a sign of life", async () => {
  using many = await manySupervisors(() => true);
  const peers = many.peersOf("s00");
  const rounds = async (leaseMs: number) => {
    const gone = new Set<string>();
    for (let look = 0; look < MANY; look++) {
      for (const { peer } of await peers.gone(leaseMs)) gone.add(peer.id);
    }
    return gone;
  };
  assert.equal((await rounds(LEASE_MS)).size, 0);
  await many.clock.pass(LEASE_MS - 1);
  await many.store.renew("s12", many.clock.now() + LEASE_MS);
  assert.equal((await rounds(LEASE_MS)).size, 0);
  await many.clock.pass(2);
  const gone = await rounds(LEASE_MS);
  assert.equal(gone.size, MANY - 2);
  assert.ok(!gone.has("s12"));
});
