/**
 * @module
 * Spools that are swept: what others do between two steps of a sweep costs nobody the files of an attempt.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../src/system/clock.ts";
import { isPresent, presencePath } from "../../src/system/presence.ts";
import { hasSpool } from "../../src/worker/spool/spool.ts";
import { attemptSpool, openSpool, sweepSpools } from "../../src/worker/spool/spools.ts";
import { claimOne, newSupervisor, settle, settlement } from "../helpers/jobs.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("a supervisor that registers, claims and is killed while spools are swept keeps its spool", async () => {
  using test = await testStore();
  const { home } = test.dir;
  await test.enqueue("true");
  const spool = await openSpool(home, "s");
  let token: string | undefined;
  await sweepSpools(home, {
    async spools() {
      const used = await test.store.spools();
      if (token === undefined) {
        await test.store.register(newSupervisor("s"));
        ({ token } = await claimOne(test.store, "s"));
        spool[Symbol.dispose]();
      }
      return used;
    },
  });
  assert.ok(hasSpool(attemptSpool(home, "s", token!)));
});

Deno.test("a supervisor that comes to live while the lock it is about to take is swept has a lock and a spool", async () => {
  using test = await testStore();
  const { home } = test.dir;
  Deno.mkdirSync(home.spool);
  Deno.openSync(presencePath(home.spool, "s"), { createNew: true, write: true }).close();
  let asked = 0;
  let opening: ReturnType<typeof openSpool> | undefined;
  await sweepSpools(home, {
    async spools() {
      const used = await test.store.spools();
      asked += 1;
      if (asked === 2) {
        opening = openSpool(home, "s");
        // It has to wait, and where it need not, it is done by then.
        await Promise.race([opening, systemClock.sleep(100)]);
      }
      return used;
    },
  });
  const spool = await opening!;
  assert.deepEqual([await isPresent(presencePath(home.spool, "s")), Deno.statSync(spool.path).isDirectory], [
    true,
    true,
  ]);
  spool[Symbol.dispose]();
});

Deno.test("the spool of a supervisor that is gone is swept once nothing that runs writes there", async () => {
  using test = await testStore();
  const { home, store } = { ...test, home: test.dir.home };
  await test.enqueue("true");
  for (const id of ["heir", "s"]) await store.register(newSupervisor(id));
  const spool = await openSpool(home, "s");
  const { token } = await claimOne(store, "s");
  spool[Symbol.dispose]();
  await store.takeOver("s", "heir");
  await sweepSpools(home, store);
  assert.ok(hasSpool(attemptSpool(home, "s", token)));
  await settle(store, "heir", settlement(token));
  await sweepSpools(home, store);
  assert.deepEqual([...Deno.readDirSync(home.spool)], []);
});
