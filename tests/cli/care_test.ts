/**
 * @module
 * What commands say of a store that leaves its care to others, and what is known against engines.
 */
import assert from "node:assert/strict";
import { command as backup } from "../../src/cli/commands/backup.ts";
import { checkStore } from "../../src/cli/commands/doctor/store.ts";
import type { Context } from "../../src/cli/line/context.ts";
import { doubtsAbout } from "../../src/store/sqlite/engine/version.ts";
import { systemClock } from "../../src/system/clock.ts";
import { runWithin } from "../helpers/in_process.ts";
import { storeWith } from "../helpers/supervisor.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("a store that is not copied by queuectl says so, and no file is made", async () => {
  using test = await testStore();
  using dir = tempDir();
  const store = storeWith(test.store, { care: {} });
  const line = { words: [dir.file("copy.db")], address: "postgres://db/app?schema=jobs" };
  await assert.rejects(runWithin(store, backup, line).ended, {
    name: "Refused",
    message: /^Cannot back up a store in SQLite [\d.]+ from here: take pg_dump --schema=jobs \(or queuectl /,
  });
  assert.deepEqual([...Deno.readDirSync(dir.path)], []);
});

Deno.test("the doctor goes on with a store that is not looked through for damage, and says so", async () => {
  using test = await testStore();
  const store = storeWith(test.store, { care: {} });
  const context = { home: test.home, meant: {}, clock: systemClock, store: () => Promise.resolve(store) };
  const findings = await Array.fromAsync(checkStore(context as unknown as Context));
  const found = (check: string) => findings.find((one) => one.check === check);
  assert.deepEqual(found("integrity"), {
    check: "integrity",
    level: "ok",
    found: "not checked: the tools that come with its engine do that, on a server amcheck",
    advice: null,
  });
  assert.equal(found("counts")?.level, "ok");
});

Deno.test("an engine that can damage what several processes write is doubted", () => {
  for (const version of ["3.51.3", "3.52.0", "4.0.0"]) assert.deepEqual(doubtsAbout(`SQLite ${version}`), []);
  for (const version of ["3.51.2", "3.50.9", "3.9.99"]) {
    const [doubt] = doubtsAbout(`SQLite ${version}`);
    assert.match(doubt!.found, new RegExp(`^SQLite ${version} can, very rarely, damage a database`));
  }
});
