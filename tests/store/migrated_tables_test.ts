/**
 * @module
 * Databases of earlier versions: what they are after the steps that they have not taken.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../src/store/open.ts";
import { APPLICATION_ID } from "../../src/store/sqlite/engine/header.ts";
import { STEPS } from "../../src/store/sqlite/migrations/index.ts";
import type { Home } from "../../src/system/home.ts";
import { make, type Tokens } from "../helpers/calls.ts";
import { claim, newSupervisor } from "../helpers/jobs.ts";
import { Script } from "../helpers/script.ts";
import { stepsFrom } from "../helpers/store_steps.ts";
import { tempDir } from "../helpers/temp.ts";
import { viewOfStore } from "../helpers/view.ts";

/** The tables that there were at version 3. */
const TABLES_OF_3 = [
  "supervisors",
  "workers",
  "queues",
  "jobs",
  "attempts",
  "output",
  "counts",
  "figures",
  "settings",
  "requests",
];

/** A database as version 3 would have it, with what there is in another. */
function makeVersion3(home: Home, from: Home): void {
  Deno.mkdirSync(home.dir, { mode: 0o700 });
  const db = new DatabaseSync(home.database);
  db.exec("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL");
  for (const { sql } of STEPS.slice(0, 3)) db.exec(sql);
  db.exec(`PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=3`);
  db.prepare("ATTACH ? AS old").run(from.database);
  for (const table of TABLES_OF_3) {
    const columns = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all().map(({ name }) =>
      name
    );
    db.exec(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM old.${table}`);
  }
  db.close();
}

Deno.test("a database of version 3 is afterwards what it would be had the latest version written it", async () => {
  using now = tempDir();
  using then = tempDir();
  using store = await filled(now.home);
  makeVersion3(then.home, now.home);
  using migrated = closing(await openStore(then.home));
  assert.deepEqual(await migrated.store.care.check!(), []);
  assert.deepEqual(await migrated.store.recount(), []);
  assert.equal(await viewOfStore(migrated.store), await viewOfStore(store.store));
  for (const span of ["minute", "hour", "total"] as const) {
    for (const queue of [null, "a", "b"]) {
      assert.deepEqual(
        await migrated.store.figures({ span, queue }),
        await store.store.figures({ span, queue }),
        `${span} of ${queue}`,
      );
    }
  }
  const order = await Promise.all([migrated, store].map(async ({ store }) => {
    await store.register(newSupervisor("last"));
    return (await claim(store, "last", { count: 1000, now: LATER })).map(({ id }) => id);
  }));
  assert.notEqual(order[0]!.length, 0);
  assert.deepEqual(order[0], order[1]);
});

const LATER = 2_000_000_000_000;

async function filled(home: Home) {
  const store = await openStore(home);
  const script = new Script();
  const tokens: Tokens = new Map();
  for (const call of script.begin()) await make(store, call, tokens);
  for (const step of stepsFrom(7, 400)) {
    // which that version did not know
    if (step.do === "settle" && (step.outcome === "idle" || step.outcome === "snoozed")) continue;
    const call = script.take(step);
    if (call) await make(store, call, tokens);
  }
  return closing(store);
}

function closing<T extends { close(): void }>(store: T): Disposable & { store: T } {
  return { store, [Symbol.dispose]: () => store.close() };
}
