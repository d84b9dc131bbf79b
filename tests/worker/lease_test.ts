/**
 * @module
 * Leases: how a supervisor keeps its own, and how it judges those of others. Whatever clocks are set to.
 */
import assert from "node:assert/strict";
import { StoreBusy, StoreFull, StoreUnusable, type UserError } from "../../src/domain/errors.ts";
import type { SupervisorInfo } from "../../src/store/contract.ts";
import { bePresent, presencePath } from "../../src/system/presence.ts";
import { Lease } from "../../src/worker/supervisor/lease.ts";
import { Peers } from "../../src/worker/supervisor/peers.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const LEASE_MS = 30_000;
const HOUR_MS = 3_600_000;

/** A lease of 30 s with 5 s of grace, kept in a store that answers as it is told. */
function keepLease(renew: () => boolean | Promise<boolean>, place: "host" | "server" = "host") {
  const clock = new FakeClock();
  const events: string[] = [];
  const closing = new AbortController();
  const startMs = clock.monotonicMs();
  const tell = (what: string) => events.push(`${(clock.monotonicMs() - startMs) / 1000} s: ${what}`);
  const lease = new Lease({
    id: "s",
    store: {
      place,
      renew: (_id, leaseUntil) => {
        tell(`renewed until ${(leaseUntil - clock.now()) / 1000} s on`);
        return Promise.try(renew);
      },
    },
    clock,
    settings: () => ({ leaseMs: LEASE_MS, killGraceMs: 5000 }),
    onLost: () => tell("lost"),
    onCutOff: (graceMs) => tell(`cut off, ${graceMs / 1000} s of grace`),
    onRegained: () => tell("regained"),
    onFailure: () => {},
  });
  const kept = lease.keep(closing.signal);
  return {
    clock,
    events,
    lease,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await kept;
    },
  };
}

/** When jobs were ended, and until when they are given time, in s from the beginning. */
function cutOffIn(events: readonly string[]): { at: number; until: number } {
  const all = events.flatMap((event) => {
    const [, at, grace] = /^([\d.]+) s: cut off, ([\d.]+) s of grace$/.exec(event) ?? [];
    return at === undefined ? [] : [{ at: Number(at), until: Number(at) + Number(grace) }];
  });
  assert.equal(all.length, 1, events.join("\n"));
  return all[0]!;
}

Deno.test("a lease is renewed when a third of it is over", async () => {
  await using one = keepLease(() => true);
  await one.clock.pass(25_000);
  assert.deepEqual(one.events, ["10 s: renewed until 30 s on", "20 s: renewed until 30 s on"]);
});

Deno.test("a wall clock that is set by an hour ends no lease of one's own", async () => {
  await using one = keepLease(() => true);
  for (const byMs of [HOUR_MS, -2 * HOUR_MS]) {
    one.clock.set(byMs);
    await one.clock.pass(12_000);
  }
  assert.deepEqual(one.events, ["10 s: renewed until 30 s on", "20 s: renewed until 30 s on"]);
});

Deno.test("a supervisor that is cut off from the store ends its jobs before its lease has ended", async () => {
  let reachable = true;
  await using one = keepLease(() => {
    if (reachable) return true;
    throw new StoreUnusable("Cannot read it");
  });
  await one.clock.pass(15_000);
  reachable = false;
  await one.clock.pass(100_000);
  const { at, until } = cutOffIn(one.events);
  assert.ok(until < 10 + 30, `${until} s for a lease renewed at 10 s`);
  assert.ok(at > 10 + 20, "not sooner than it has to");
  assert.equal(one.lease.cutOff, true);
  reachable = true;
  await one.clock.pass(2000);
  assert.equal(one.lease.cutOff, false, "it may begin jobs again");
  await one.clock.pass(20_000);
  assert.equal(one.events.filter((event) => event.endsWith("regained")).length, 1, "which is told once");
});

for (const error of [new StoreFull("full"), new StoreBusy("busy")] satisfies UserError[]) {
  Deno.test(`a store to which nobody can write since it is ${error.message} costs no job`, async () => {
    await using one = keepLease(() => {
      throw error;
    });
    await one.clock.pass(5 * LEASE_MS);
    assert.ok(one.events.length > 100, "it goes on trying");
    assert.ok(one.events.every((event) => event.includes("renewed")));
  });
}

Deno.test("with a store on a server, jobs are ended in time though a renewal never comes back", async () => {
  const answer = Promise.withResolvers<boolean>();
  let hangs = false;
  await using one = keepLease(() => hangs ? answer.promise : true, "server");
  await one.clock.pass(15_000);
  hangs = true;
  await one.clock.pass(100_000);
  const { at, until } = cutOffIn(one.events);
  assert.ok(at > 10 + 20 && until < 10 + 30, `${at} to ${until} s for a lease renewed at 10 s`);
  assert.equal(one.lease.cutOff, true);
  hangs = false;
  answer.resolve(true); // it was renewed, but as of when it was asked for
  await one.clock.pass(0);
  assert.equal(one.lease.cutOff, true, "that is long ago");
  await one.clock.pass(11_000);
  assert.equal(one.lease.cutOff, false, "renewed since");
});

Deno.test("with a store on a server, a full or busy one is no reason to let the lease pass", async () => {
  for (const error of [new StoreFull("full"), new StoreBusy("busy")]) {
    let works = true;
    await using one = keepLease(() => {
      if (works) return true;
      throw error;
    }, "server");
    await one.clock.pass(15_000);
    works = false;
    await one.clock.pass(100_000);
    const { until } = cutOffIn(one.events);
    assert.ok(until < 10 + 30, `until ${until} s`);
  }
});

Deno.test("with a store on a server, nothing begins after a sleep past the lease, before anybody has looked", async () => {
  await using one = keepLease(() => true, "server");
  await one.clock.pass(5000);
  one.clock.spend(60_000);
  assert.equal(one.lease.cutOff, true);
});

Deno.test("a lease that others have ended is lost at the next renewal, and not renewed again", async () => {
  await using one = keepLease(() => false);
  await one.clock.pass(HOUR_MS);
  assert.deepEqual(one.events, ["10 s: renewed until 30 s on", "10 s: lost"]);
});

const HOST = {
  name: "here",
  bootId: "boot",
  pidNamespace: "pids",
  byToken: true,
  trapsOnSignal: false,
  setsid: true,
  withheld: { values: {}, unknown: [] },
};

/** A supervisor as it registered at `clock`'s time. */
function peer(clock: FakeClock, changes: Partial<SupervisorInfo> = {}): SupervisorInfo {
  const leaseUntil = clock.now() + LEASE_MS;
  return { id: "p", host: "here", bootId: "boot", pidNamespace: "pids", leaseUntil, ...changes };
}

function watchPeers(clock = new FakeClock(), renewableMs = () => clock.monotonicMs()) {
  const dir = tempDir();
  let registered: SupervisorInfo[] = [];
  const store = { successors: () => Promise.resolve(registered) };
  const peers = new Peers({ id: "s", store, spools: dir.path, host: HOST, renewableMs });
  return {
    clock,
    live: () => bePresent(presencePath(dir.path, "p")),
    async gone(one: SupervisorInfo) {
      registered = [one];
      return (await peers.gone(LEASE_MS)).map(({ where }) => where);
    },
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

Deno.test("a supervisor of this host is gone at once when it has let go of its lock, and not before", async () => {
  using one = watchPeers();
  const p = peer(one.clock);
  const presence = await one.live();
  assert.deepEqual(await one.gone(p), []);
  presence[Symbol.dispose]();
  // a program that is just being started elsewhere in this process has the lock for a moment, too
  await until("it is gone", async () => (await one.gone(p)).includes("here"));
});

Deno.test("a supervisor that lives but is silent is gone after a whole lease without a sign of life", async () => {
  using one = watchPeers();
  using _presence = await one.live();
  const p = peer(one.clock);
  assert.deepEqual(await one.gone(p), []);
  await one.clock.pass(LEASE_MS);
  assert.deepEqual(await one.gone(p), []);
  const renewed = peer(one.clock);
  await one.clock.pass(1);
  assert.deepEqual(await one.gone(renewed), [], "it gave one");
  await one.clock.pass(LEASE_MS + 1);
  assert.deepEqual(await one.gone(renewed), ["here"]);
});

Deno.test("a time in which all stood still, or nobody could write, ends no lease of others", async () => {
  const works = Promise.withResolvers<void>();
  let writable = true;
  await using own = keepLease(() => writable ? true : works.promise.then(() => true));
  using one = watchPeers(own.clock, () => own.lease.renewableMs);
  using _presence = await one.live();
  let p = peer(own.clock);
  assert.deepEqual(await one.gone(p), []);
  await own.clock.pass(LEASE_MS / 2);
  own.clock.spend(10 * LEASE_MS);
  assert.deepEqual(await one.gone(p), [], "all have just woken up");
  await own.clock.pass(1);
  assert.deepEqual(await one.gone(p), [], "and the other is about to renew its own");
  p = peer(own.clock);
  assert.deepEqual(await one.gone(p), []);
  writable = false;
  await own.clock.pass(10 * LEASE_MS);
  assert.deepEqual(await one.gone(p), [], "nobody could write");
  writable = true;
  works.resolve();
  await own.clock.pass(1);
  assert.deepEqual(await one.gone(p), [], "nor could the other before now");
  await own.clock.pass(LEASE_MS * 4 / 3);
  assert.deepEqual(await one.gone(p), ["here"], "but now it could have");
});

Deno.test("a wall clock that is set by an hour ends no lease of others", async () => {
  using one = watchPeers();
  using _presence = await one.live();
  for (const byMs of [HOUR_MS, -2 * HOUR_MS]) {
    const p = peer(one.clock);
    assert.deepEqual(await one.gone(p), []);
    one.clock.set(byMs);
    await one.clock.pass(LEASE_MS);
    assert.deepEqual(await one.gone(p), []);
  }
});

Deno.test("a dead supervisor is gone after a lease wherever it was, also when its clock was an hour ahead", async () => {
  for (const elsewhere of [{ host: "there" }, { pidNamespace: "others" }]) {
    using one = watchPeers();
    const p = peer(one.clock, { ...elsewhere, leaseUntil: one.clock.now() + HOUR_MS });
    assert.deepEqual(await one.gone(p), []);
    await one.clock.pass(LEASE_MS + 1);
    assert.deepEqual(await one.gone(p), ["elsewhere"]);
  }
});

Deno.test("where the store has a clock of its own, that one's word is needed, too", async () => {
  using one = watchPeers();
  const p = peer(one.clock, { host: "there", lapsed: false });
  assert.deepEqual(await one.gone(p), []);
  await one.clock.pass(10 * LEASE_MS);
  assert.deepEqual(await one.gone(p), [], "its lease was longer than one is by now");
  assert.deepEqual(await one.gone({ ...p, lapsed: true }), ["elsewhere"]);
});

Deno.test("another machine of the same name is judged by its lease alone", async () => {
  for (const leaseUntil of [0, 1_900_000_000_000]) {
    using one = watchPeers();
    const p = peer(one.clock, { bootId: "another", leaseUntil });
    assert.deepEqual(await one.gone(p), []);
    await one.clock.pass(LEASE_MS + 1);
    assert.deepEqual(await one.gone(p), ["elsewhere"]);
  }
});

Deno.test("a supervisor of this host before it was started again is gone at once", async () => {
  using one = watchPeers();
  (await one.live())[Symbol.dispose]();
  assert.deepEqual(await one.gone(peer(one.clock, { bootId: "before" })), ["rebooted"]);
});

Deno.test("a supervisor that has left is gone at once", async () => {
  using one = watchPeers();
  using _presence = await one.live();
  assert.deepEqual(await one.gone(peer(one.clock, { leaseUntil: 0 })), ["here"]);
});

Deno.test("what a supervisor elsewhere has left is let alone for a lease: it runs on there", async () => {
  using one = watchPeers();
  const p = peer(one.clock, { leaseUntil: 0, pidNamespace: "others" });
  assert.deepEqual(await one.gone(p), []);
  await one.clock.pass(LEASE_MS + 1);
  assert.deepEqual(await one.gone(p), ["elsewhere"]);
});

Deno.test("a supervisor whose lock file was removed is judged by its lease alone", async () => {
  using one = watchPeers();
  const p = peer(one.clock);
  assert.deepEqual(await one.gone(p), []);
  await one.clock.pass(LEASE_MS + 1);
  assert.deepEqual(await one.gone(p), ["here"]);
});
