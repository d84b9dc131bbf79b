/**
 * @module
 * Processes killed while they make a home, or bring a database of an older version up to date.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openStore } from "../../src/store/open.ts";
import { SCHEMA_VERSION } from "../../src/store/sqlite/engine/header.ts";
import type { Home } from "../../src/system/home.ts";
import { enqueue } from "../helpers/jobs.ts";
import { assertKept, contentsOf, makeOldHome } from "../helpers/old_home.ts";
import { NEWER, takeNewer } from "../helpers/rebuilding_step.ts";
import { tempDir } from "../helpers/temp.ts";

/** Opens the store of a home in a process of its own that dies before its step `last`. Returns whether it did not. */
async function openUpTo(home: Home, last: number, ...words: string[]): Promise<boolean> {
  const opener = fileURLToPath(new URL("../helpers/killed_opener.ts", import.meta.url));
  const { signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--no-check",
      "--allow-all",
      opener,
      home.dir,
      String(last),
      ...words,
    ],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(text(stderr), "");
  if (signal === null) assert.equal(text(stdout), "opened\n");
  else assert.equal(signal, "SIGKILL");
  return signal === null;
}

/** The version a database says it has, and all that its schema consists of. */
function schemaOf(home: Home): { version: unknown; schema: string } {
  const db = new DatabaseSync(home.database);
  try {
    assert.deepEqual(Object.values(db.prepare("PRAGMA integrity_check").get()!), ["ok"]);
    const version = db.prepare("PRAGMA user_version").get()!.user_version;
    return { version, schema: JSON.stringify(db.prepare("SELECT type, name, sql FROM sqlite_schema").all()) };
  } finally {
    db.close();
  }
}

async function checkSound(home: Home, ids: string[]): Promise<void> {
  const store = await openStore(home);
  try {
    assert.deepEqual(await enqueue(store, {}), ids);
    assert.deepEqual([...await store.care.check!(), ...await store.recount()], []);
  } finally {
    store.close();
  }
}

Deno.test("whenever the process that makes a home is killed, the next one makes it whole", async () => {
  let opened = false;
  let last = 0;
  while (!opened) {
    using dir = tempDir();
    last += 1;
    opened = await openUpTo(dir.home, last);
    await checkSound(dir.home, ["j1"]);
  }
  assert.ok(last > 20, `it took ${last} steps`);
});

for (let version = 1; version < SCHEMA_VERSION; version++) {
  Deno.test(`whenever bringing schema ${version} up to date is killed, the database has the old version or the new`, async () => {
    using fresh = tempDir();
    await makeOldHome(fresh.home, version);
    const before = schemaOf(fresh.home);
    const { tables } = contentsOf(fresh.home);
    const given = tables.get("sqlite_sequence")!.rows.find(({ name }) => name === "jobs")!.seq as number;
    (await openStore(fresh.home)).close();
    const after = schemaOf(fresh.home);
    assert.deepEqual([before.version, after.version], [version, SCHEMA_VERSION]);
    for (let last = 1, opened = false; !opened; last++) {
      using dir = tempDir();
      await makeOldHome(dir.home, version);
      opened = await openUpTo(dir.home, last);
      const found = schemaOf(dir.home);
      assert.deepEqual(found, found.version === version ? before : after);
      assertKept(tables, contentsOf(dir.home).tables);
      await checkSound(dir.home, [`j${given + 1}`]);
    }
  });
}

Deno.test("whenever a step that rebuilds a table is killed, no row is lost and nothing of it is left behind", async () => {
  using whole = tempDir();
  await makeOldHome(whole.home, SCHEMA_VERSION);
  const before = schemaOf(whole.home);
  const { tables } = contentsOf(whole.home);
  await takeNewer(whole.home);
  const after = schemaOf(whole.home);
  assert.deepEqual([before.version, after.version], [SCHEMA_VERSION, NEWER.length]);
  let took = 0;
  for (let last = 1, opened = false; !opened; last++) {
    using dir = tempDir();
    await makeOldHome(dir.home, SCHEMA_VERSION);
    opened = await openUpTo(dir.home, last, "newer");
    const found = schemaOf(dir.home);
    if (found.version === NEWER.length) took += 1;
    assert.deepEqual(found, found.version === SCHEMA_VERSION ? before : after);
    assertKept(tables, contentsOf(dir.home).tables);
  }
  assert.ok(took > 1, "it was killed after the commit, too");
});
