/**
 * @module
 * Supervisors that gave no sign of life since they could not: a time in which nobody could write to the store is held
 * against nobody.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { bePresent, presencePath } from "../../src/system/presence.ts";
import { probeHost } from "../../src/worker/process/posix/host.ts";
import { claim, newSupervisor } from "../helpers/jobs.ts";
import { runningSupervisor, storeWith } from "../helpers/supervisor.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

const LEASE_MS = 1000;

for (
  const [whose, pidNamespace] of [["of this host", undefined], ["in another container", "another"]] as const
) {
  Deno.test(`a supervisor ${whose} loses nothing when nobody could write for longer than its lease`, async () => {
    using test = await testStore();
    await test.set({ lease: String(LEASE_MS / 1000) });
    const { name: host, bootId, pidNamespace: here } = await probeHost();
    const id = await test.enqueue("true");
    Deno.mkdirSync(test.dir.home.spool);
    using _presence = await bePresent(presencePath(test.dir.home.spool, "other"));
    const other = newSupervisor("other", { host, bootId, pidNamespace: pidNamespace ?? here });
    await test.store.register(other);
    assert.equal((await claim(test.store, "other", { now: Date.now() })).length, 1);
    let looked = 0;
    let renewed = 0;
    const store = storeWith(test.store, {
      async successors(...words) {
        const found = await test.store.successors(...words);
        looked += 1;
        return found;
      },
      async renew(...words) {
        const done = await test.store.renew(...words);
        renewed += 1;
        return done;
      },
    });
    await using _observer = await runningSupervisor(test, { store });
    await until("the other was seen", () => looked > 0);
    const blocker = new DatabaseSync(test.dir.home.database);
    blocker.exec("BEGIN IMMEDIATE");
    const since = performance.now();
    const lookedBefore = looked;
    await until(
      "its lease is long over",
      () => performance.now() - since > 3 * LEASE_MS && looked > lookedBefore,
    );
    const [lookedFirst, renewedBefore] = [looked, renewed];
    blocker.exec("COMMIT");
    blocker.close();
    await until(
      "the observer can write again, and has looked",
      () => renewed > renewedBefore && looked > lookedFirst,
    );
    assert.equal(await test.store.renew("other", Date.now() + 60_000), true, "it is there, and goes on");
    assert.equal((await test.store.get(id))!.state, "processing");
    await test.store.leave("other");
  });
}
