/**
 * @module
 * Processes killed while they make a home, or bring a database of an older version up to date: at each step, by what
 * would be there then.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openStore } from "../../src/store/open.ts";
import { SCHEMA_VERSION } from "../../src/store/sqlite/engine/header.ts";
import { type Home, homeAt } from "../../src/system/home.ts";
import { finished } from "../helpers/finished.ts";
import { enqueue } from "../helpers/jobs.ts";
import { assertKept, contentsOf, makeOldHome } from "../helpers/old_home.ts";
import { NEWER, takeNewer } from "../helpers/rebuilding_step.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/**
 * Opens the store of a home in a process of its own. Returns how many steps that takes, and the home as each of them
 * would have left it had the process been killed then; what does not differ from one to the next is there once.
 */
async function openStepwise(
  { home, file }: TempDir,
  ...words: string[]
): Promise<{ steps: number; homes: Home[] }> {
  const opener = fileURLToPath(new URL("../helpers/stepwise_opener.ts", import.meta.url));
  const copies = file("copies");
  Deno.mkdirSync(copies);
  const flags = ["run", "--no-prompt", "--quiet", "--no-check", "--allow-all"];
  const { code, stdout, stderr } = await finished(Deno.execPath(), {
    args: [...flags, opener, home.dir, copies, ...words],
  });
  assert.deepEqual([code, stderr], [0, ""]);
  const steps = Number(stdout);
  const homes: Home[] = [];
  let before = "";
  for (let step = 1; step <= steps; step++) {
    const copy = homeAt(`${copies}/${step}`);
    const files = filesOf(copy);
    if (files === undefined || files === before) continue;
    before = files;
    homes.push(copy);
  }
  return { steps, homes: [...homes, home] };
}

/** All files of a home, with their modes and bytes; undefined before there is one. */
function filesOf({ dir }: Home): string | undefined {
  try {
    const names = [...Deno.readDirSync(dir)].map(({ name }) => name).sort();
    return JSON.stringify(names.map((name) => {
      const path = `${dir}/${name}`;
      return [name, Deno.statSync(path).mode, Deno.readFileSync(path).toBase64()];
    }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
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
    assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
  } finally {
    store.close();
  }
}

Deno.test("whenever the process that makes a home is killed, the next one makes it whole", async () => {
  using dir = tempDir();
  const { steps, homes } = await openStepwise(dir);
  assert.ok(steps > 20 && homes.length > 3, `${steps} steps left ${homes.length} homes`);
  for (const home of homes) await checkSound(home, ["j1"]);
});

// all steps, and the newest alone: whatever steps are taken together are taken in one transaction
for (const version of [1, SCHEMA_VERSION - 1]) {
  Deno.test(`whenever bringing schema ${version} up to date is killed, the database has the old version or the new`, async () => {
    using fresh = tempDir();
    await makeOldHome(fresh.home, version);
    const before = schemaOf(fresh.home);
    const { tables } = contentsOf(fresh.home);
    const given = tables.get("sqlite_sequence")!.rows.find(({ name }) => name === "jobs")!.seq as number;
    (await openStore(fresh.home)).close();
    const after = schemaOf(fresh.home);
    assert.deepEqual([before.version, after.version], [version, SCHEMA_VERSION]);
    using dir = tempDir();
    await makeOldHome(dir.home, version);
    const { homes } = await openStepwise(dir);
    const versions = new Set<unknown>();
    for (const home of homes) {
      const found = schemaOf(home);
      versions.add(found.version);
      assert.deepEqual(found, found.version === version ? before : after);
      assertKept(tables, contentsOf(home).tables);
      await checkSound(home, [`j${given + 1}`]);
    }
    assert.deepEqual([...versions], [version, SCHEMA_VERSION]);
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
  using dir = tempDir();
  await makeOldHome(dir.home, SCHEMA_VERSION);
  const { homes } = await openStepwise(dir, "newer");
  let took = 0;
  for (const home of homes) {
    const found = schemaOf(home);
    if (found.version === NEWER.length) took += 1;
    assert.deepEqual(found, found.version === SCHEMA_VERSION ? before : after);
    assertKept(tables, contentsOf(home).tables);
  }
  assert.ok(took > 1 && took < homes.length, "it was killed before the commit, and after it");
});
