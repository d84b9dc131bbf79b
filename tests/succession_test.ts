/**
 * @module
 * What becomes of attempts that nobody watches any more, as their supervisor sees it.
 */
import assert from "node:assert/strict";
import { systemClock } from "../src/clock.ts";
import type { Journal } from "../src/worker/journal.ts";
import { probeHost } from "../src/worker/process/posix/host.ts";
import { bar } from "../src/worker/spool.ts";
import { openSpool } from "../src/worker/spools.ts";
import { Succession } from "../src/worker/succession.ts";
import { claimOne, newSupervisor } from "./helpers/jobs.ts";
import { testStore } from "./helpers/worker.ts";

const SILENT: Journal = { started() {}, adopted() {}, settled() {}, note() {} };

Deno.test("a job whose worker left before it had begun is kept from beginning after it was given back", async () => {
  using test = await testStore();
  const { home } = test.dir;
  await test.store.register(newSupervisor("s"));
  using _spool = await openSpool(home, "s");
  await test.enqueue("true");
  const job = await claimOne(test.store, "s");
  const succession = new Succession({
    id: "s",
    store: test.store,
    home,
    host: await probeHost(),
    clock: systemClock,
    journal: SILENT,
    workers: (count) => Array.from({ length: count }, () => "s-worker"),
  });
  succession.left([job]);
  const { barred, adoptions } = await succession.sort();
  assert.deepEqual([barred.map(({ job }) => job.token), adoptions], [[job.token], []]);
  assert.equal(bar(succession.spoolOf(job.token)), false, "its shell finds the file that must not be there");
});
