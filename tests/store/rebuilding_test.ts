/**
 * @module
 * Steps that rebuild a table to which others refer: nothing goes with the old one.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../src/store/open.ts";
import { SCHEMA_VERSION } from "../../src/store/sqlite/engine/header.ts";
import { recount } from "../../src/store/sqlite/upkeep.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { migrate } from "../../src/store/sqlite/migrations.ts";
import { STEPS } from "../../src/store/sqlite/migrations/index.ts";
import type { Step } from "../../src/store/sqlite/migrations/step.ts";
import type { Home } from "../../src/system/home.ts";
import { enqueue } from "../helpers/jobs.ts";
import { assertKept, contentsOf, makeOldHome } from "../helpers/old_home.ts";
import { NEWER, REBUILDING, takeNewer } from "../helpers/rebuilding_step.ts";
import { tempDir } from "../helpers/temp.ts";

/** What belongs to a table, to the letter but for how far lines are indented. */
function partsOf(home: Home, table: string): unknown {
  const db = new DatabaseSync(home.database);
  const parts = db.prepare(
    "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = ? AND type <> 'table' ORDER BY type, name",
  ).all(table);
  db.close();
  return parts.map(({ type, name, sql }) => ({ type, name, sql: String(sql).replaceAll(/\s+/g, " ") }));
}

/** Does something with the database of a home. */
function withDatabase<T>(home: Home, use: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(home.database);
  try {
    return use(db);
  } finally {
    db.close();
  }
}

for (const version of STEPS.map((_, n) => n + 1)) {
  Deno.test(`rebuilding jobs in a database of schema ${version} keeps attempts, output, indexes and triggers`, async () => {
    using dir = tempDir();
    using fresh = tempDir();
    await makeOldHome(dir.home, version);
    (await openStore(fresh.home)).close();
    const { tables } = contentsOf(dir.home);
    await takeNewer(dir.home);
    const after = contentsOf(dir.home);
    assert.equal(after.version, NEWER.length);
    assertKept(tables, after.tables);
    assert.ok(after.tables.get("attempts")!.rows.length > 10 && after.tables.get("output")!.rows.length >= 4);
    assert.deepEqual(partsOf(dir.home, "jobs"), partsOf(fresh.home, "jobs"));
    assert.deepEqual(recountOf(await Database.open(dir.home)), []);

    const [foreign, sequence] = withDatabase(dir.home, (db) => {
      db.exec("PRAGMA foreign_keys=ON");
      assert.throws(() => db.exec("UPDATE jobs SET state = 'odd'"), /CHECK constraint failed: jobs_state/);
      db.exec("DELETE FROM jobs WHERE name = 'dead'");
      return [
        db.prepare("SELECT count(*) AS n FROM attempts WHERE job NOT IN (SELECT seq FROM jobs)").get()!.n,
        db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'jobs'").get()!.seq,
      ];
    });
    assert.equal(foreign, 0, "attempts still go with their job");
    assert.equal(sequence, tables.get("sqlite_sequence")!.rows.find(({ name }) => name === "jobs")!.seq);
  });
}

function recountOf(db: Database): string[] {
  try {
    return recount(db);
  } finally {
    db.close();
  }
}

Deno.test("foreign keys are on again after a step that rebuilds", async () => {
  using dir = tempDir();
  await makeOldHome(dir.home, 1);
  const db = await Database.open(dir.home);
  await migrate(db, dir.home, NEWER);
  assert.deepEqual({ ...db.get<object>("PRAGMA foreign_keys") }, { foreign_keys: 1 });
  db.close();
});

const FORGETFUL: readonly [what: string, step: Step, row: string][] = [
  ["loses jobs that have attempts", {
    rebuilds: true,
    sql: REBUILDING.sql.replace("FROM jobs;", "FROM jobs WHERE name IS NOT 'completed';"),
  }, "attempts would belong to nothing in jobs"],
  [
    "leaves the table away",
    { rebuilds: true, sql: "DROP TABLE supervisors" },
    "workers would belong to nothing in supervisors",
  ],
];

for (const [what, step, row] of FORGETFUL) {
  Deno.test(`a step that ${what} is rolled back with a sentence`, async () => {
    using dir = tempDir();
    await makeOldHome(dir.home, SCHEMA_VERSION);
    const before = contentsOf(dir.home);
    await assert.rejects(takeNewer(dir.home, [...STEPS, step]), {
      name: "StoreUnusable",
      exitCode: 3,
      message: `Cannot bring "${dir.home.database}" up to date: a row of ${row} ` +
        `(version ${SCHEMA_VERSION + 1}); it is left as it was; run queuectl doctor`,
    });
    assert.deepEqual(contentsOf(dir.home), before);
    const store = await openStore(dir.home);
    try {
      assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
    } finally {
      store.close();
    }
  });
}

Deno.test("an open store whose tables a newer version changes takes no more writes and answers no more questions", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  try {
    await enqueue(store, {});
    await takeNewer(dir.home);
    const sentence = {
      name: "StoreNewer",
      exitCode: 3,
      message:
        `Cannot use "${dir.home.database}": a newer queuectl wrote it (version ${NEWER.length}, this one knows ` +
        `${SCHEMA_VERSION}); update queuectl`,
    };
    await assert.rejects(enqueue(store, {}), sentence);
    await assert.rejects(store.states(["j1"]), sentence);
    await assert.rejects(store.renew("s", 0), sentence);
    await assert.rejects(openStore(dir.home), sentence);
  } finally {
    store.close();
  }
  assert.equal(contentsOf(dir.home).tables.get("jobs")!.rows.length, 1);
});

Deno.test("a large batch that a newer version finds enqueued and not stored yet is acknowledged, and left to it", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  const { run } = Database.prototype;
  let migrated = false;
  let enqueued = false;
  try {
    Database.prototype.run = function (sql, ...values) {
      if (sql.startsWith("UPDATE batches SET first")) enqueued = true;
      else if (enqueued && !migrated && sql === "BEGIN IMMEDIATE") {
        migrated = true;
        withDatabase(dir.home, (db) => db.exec(`PRAGMA user_version=${NEWER.length}`));
      }
      return run.call(this, sql, ...values);
    };
    const ids = await enqueue(store, ...Array.from({ length: 3000 }, () => ({})));
    assert.equal(ids.length, 3000);
    assert.ok(migrated);
  } finally {
    Database.prototype.run = run;
    store.close();
  }
  withDatabase(dir.home, (db) => db.exec(`PRAGMA user_version=${SCHEMA_VERSION}`)); // as if this were the newer one
  const newer = await openStore(dir.home);
  try {
    while (await newer.recover());
    assert.deepEqual(await newer.states(["j1", "j3000"]), ["pending", "pending"]);
  } finally {
    newer.close();
  }
});
