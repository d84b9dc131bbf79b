/**
 * @module
 * Hosts whose clocks are apart, or are set, with one store in PostgreSQL: leases and what is due go by the server's, and
 * each host sees them by its own.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { type Clock, systemClock } from "../../src/system/clock.ts";
import { claim, exchangeOf, newJob, newSupervisor, settlement } from "../helpers/jobs.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();
const MINUTE_MS = 60_000;

/** A host with a clock that is set wrong, and can be set. */
class Host implements Clock {
  store!: Store;
  monotonicAheadMs = 0;

  constructor(public aheadMs: number) {}

  now(): number {
    return systemClock.now() + this.aheadMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.monotonicAheadMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal);
  }

  /** So much time passes. */
  pass(ms: number): void {
    this.aheadMs += ms;
    this.monotonicAheadMs += ms;
  }
}

/** Hosts with one store; the first one's clock is right, the others are five minutes ahead and behind. */
function test(
  sentence: string,
  run: (hosts: [right: Host, ahead: Host, behind: Host]) => Promise<void>,
): void {
  testWith(server, `PostgreSQL: ${sentence}`, async () => {
    using dir = tempDir();
    const address = newAddress(server);
    const hosts = [0, 5, -5].map((minutes) => new Host(minutes * MINUTE_MS)) as [Host, Host, Host];
    for (const host of hosts) host.store = await openPostgresStore(address, dir.home, { clock: host });
    try {
      await run(hosts);
    } finally {
      for (const { store } of hosts) store.close();
    }
  });
}

test("leases hold as long as they were to, however far clocks are apart", async (hosts) => {
  for (const [n, host] of hosts.entries()) {
    await host.store.register(newSupervisor(`s${n}`, { leaseUntil: host.now() }));
    assert.equal(await host.store.renew(`s${n}`, host.now() + 600_000), true);
  }
  for (const host of hosts) {
    const workers = await host.store.workers();
    assert.equal(workers.length, 3);
    for (const { leaseUntil } of workers) {
      const left = leaseUntil - host.now();
      assert.ok(left > 300_000 && left < 610_000, `${left} ms are left`);
    }
    const supervisors = await host.store.supervisors();
    assert.deepEqual(supervisors.map(({ lapsed }) => lapsed), [false, false, false]);
  }
  const [right, ahead] = hosts;
  await right.store.leave("s0");
  assert.equal(await ahead.store.service("default", ahead.now()), "served");
});

test("a lease that is not renewed looks the same at every look, wherever from", async ([right, ...others]) => {
  await right.store.register(newSupervisor("s", { leaseUntil: right.now() + 600 }));
  for (const host of others) {
    const seen = new Set<number>();
    for (let looks = 0; looks < 4; looks++) {
      host.pass(2 * MINUTE_MS); // what is known of the server's clock has to be found out anew
      const [supervisor] = await host.store.successors("r", 1);
      seen.add(supervisor!.leaseUntil);
      await host.store.workers();
    }
    assert.equal(seen.size, 1);
    await systemClock.sleep(700);
    assert.equal((await host.store.successors("r", 1))[0]!.lapsed, true);
  }
});

test("a lease that was renewed after a look at it is not taken over", async ([right, ahead]) => {
  for (const id of ["s", "t"]) await right.store.register(newSupervisor(id, { leaseUntil: right.now() }));
  const [seen] = await ahead.store.successors("r", 1);
  assert.equal(await right.store.renew("s", right.now() + MINUTE_MS), true);
  assert.equal(await ahead.store.takeOver("s", "t", seen!.leaseUntil), undefined);
  assert.equal(await right.store.renew("s", right.now() + MINUTE_MS), true, "it is there");
  const [now] = await ahead.store.successors("r", 1);
  assert.deepEqual(await ahead.store.takeOver("s", "t", now!.leaseUntil), []);
});

test("what waits is due at the same moment everywhere, whoever enqueued it", async (hosts) => {
  const due = new Map<string, number>();
  for (const [n, host] of hosts.entries()) {
    await host.store.register(newSupervisor(`s${n}`, { leaseUntil: host.now() + MINUTE_MS }));
    const runAt = host.now() + 2 * MINUTE_MS;
    const [id] = await host.store.enqueue([newJob({ runAt })], { now: host.now(), idFormat: "short" });
    due.set(id!, systemClock.now() + 2 * MINUTE_MS);
  }
  for (const [n, host] of hosts.entries()) {
    assert.deepEqual(
      await claim(host.store, `s${n}`, { now: host.now() }),
      [],
      `nothing is due for host ${n}`,
    );
    const { nextDueAt } = await host.store.exchange(exchangeOf(`s${n}`, { now: host.now(), free: ["w"] }));
    const inMs = nextDueAt! - host.now();
    assert.ok(inMs > 90_000 && inMs <= 121_000, `in ${inMs} ms`);
  }
  for (const [n, host] of hosts.entries()) {
    const [job] = await claim(host.store, `s${n}`, { now: host.now() + 2 * MINUTE_MS + 2000 });
    const startedIn = job!.startedAt! - host.now();
    assert.ok(startedIn > 90_000 && startedIn <= 123_000, `its time is its host's: in ${startedIn} ms`);
    await host.store.exchange(exchangeOf(`s${n}`, {
      now: host.now(),
      settlements: [settlement(job!.token, { startedAt: host.now(), finishedAt: host.now() + 10 })],
    }));
    const stored = await hosts[0].store.get(job!.id);
    const agoMs = systemClock.now() - stored!.startedAt!;
    assert.ok(Math.abs(agoMs) < MINUTE_MS, `stored as of ${agoMs} ms ago`);
  }
});

test("a clock that is set is noticed at the next call", async ([right]) => {
  await right.store.register(newSupervisor("s", { leaseUntil: right.now() + MINUTE_MS }));
  const [id] = await right.store.enqueue([newJob({ runAt: right.now() + 2 * MINUTE_MS })], {
    now: right.now(),
    idFormat: "short",
  });
  for (const byMinutes of [5, -10]) {
    right.aheadMs += byMinutes * MINUTE_MS;
    assert.deepEqual(await claim(right.store, "s", { now: right.now() }), []);
    await right.store.renew("s", right.now() + MINUTE_MS);
    const [supervisor] = await right.store.supervisors();
    const leftMs = supervisor!.leaseUntil - systemClock.now();
    assert.ok(leftMs > 30_000 && leftMs < 62_000, `${leftMs} ms are left`);
  }
  const [job] = await claim(right.store, "s", { now: right.now() + 2 * MINUTE_MS + 2000 });
  assert.equal(job!.id, id);
});

test("workers that are told to stop after a time stop after it, whoever tells them", async (hosts) => {
  for (const [n, host] of hosts.entries()) {
    await host.store.register(newSupervisor(`s${n}`, { leaseUntil: host.now() + MINUTE_MS, host: `h${n}` }));
  }
  const [, ahead] = hosts;
  assert.deepEqual(
    await ahead.store.requestStop({ host: "h2", endAt: ahead.now() + MINUTE_MS, leave: false }),
    ["s2-worker"],
  );
  await ahead.store.requestStop({ endAt: ahead.now() + MINUTE_MS, leave: false });
  for (const [n, host] of hosts.entries()) {
    const { stops } = await host.store.orders(`s${n}`);
    const inMs = stops[0]!.endAt! - host.now();
    assert.ok(inMs > 30_000 && inMs < 62_000, `in ${inMs} ms`);
  }
});
