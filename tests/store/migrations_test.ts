/**
 * @module
 * Databases that earlier releases made: brought up to date without a row less or a value changed, and worked with.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { ENDED, STATES } from "../../src/domain/job.ts";
import { openStore } from "../../src/store/open.ts";
import { STEPS as POSTGRES_STEPS } from "../../src/store/postgres/migrations/index.ts";
import { SCHEMA_VERSION as POSTGRES_VERSION } from "../../src/store/postgres/version.ts";
import { SCHEMA_VERSION } from "../../src/store/sqlite/engine/header.ts";
import { STEPS } from "../../src/store/sqlite/migrations/index.ts";
import { salvage } from "../../src/store/sqlite/salvage/salvage.ts";
import type { Home } from "../../src/system/home.ts";
import { claim, clear, enqueue, exchangeOf, newSupervisor, settlement, T0 } from "../helpers/jobs.ts";
import { assertKept, contentsOf, makeOldHome } from "../helpers/old_home.ts";
import { readUntil } from "../helpers/printed.ts";
import { tempDir } from "../helpers/temp.ts";

/** All schemas; the database of each is in `fixtures/stores/`, made by its release. */
const VERSIONS = STEPS.map((_, n) => n + 1);

/** SHA-256 of the released steps' texts. A line is added for a new step when it is released; none is ever changed. */
const DIGESTS = [
  "8fab545cbebbbddc9d4706b435ef1e22d8dd9a020b1c8d6762e85e297c59caa1",
  "f3c3a964c886d6c524206c5d1956cfed173556753f06cb6cea2546bda6b0103d",
  "f44b328b2b420d337af675f90bb2c1940aba5ae4a02ad12b8dd52f273cbde95b",
  "6f7ac6b83f660cc1695f45fa24e6fddd64278de60d99a1a989025d0061be0560",
  "663b312caf6fd9f499574c5a4811d85f4e198f0f02cf69aea11898d78f44865f",
  "5680edf0978327fc31c726bc87032ec22e563105d072f628735b2bbd561f5c7f",
  "7951e100a3cb0fa0a9e62c6b1425b3d9999d9430019164ec51d26f2a6de60f58",
  "e93fb1492dffa878387fadbc84ac8181905b0e3f1e1921543fb90cfc62517839",
  "2e5245f00f1fe208b537cdca892ddb04364199b825ddf80224436a5fe019927c",
  "bf4280edc627d9c6aef282a6f506323b2e54791673948f7ae0f0993916897a88",
  "b23cacf74b2f1ccb0f9ee9f6648283ddbff5b097988c726842cbff68abd8ac37",
  "286835948718eeae9b178a737fad0629c215ad479c34833fcc7f0ebb2afe7f4e",
  "8a1b600f14730714bac0f56925670f83b3e265ce5cae48b5872789e525401a2b",
  "9f6bb2265052bc267b95eb3814b3d94418101a3447ad524aeb6cf29b4f336897",
  "0d912e46df0be6f9ec291bf6c2e538e1b8bda52ddf0bc7b4e045d7232ad32137",
  "47023b7629168caebd2ee57648f61977c422ff5655fef4d98ee2406a4863f6fe",
  "0f9196aca95511032a73ace6894ab428cdab5590bf1f99c725a788a788a68acd",
  "d237de58d1bd0b9c894ad6bcb9816677a331e3340bbd2f1c093154e798fc35e3",
  "ae5f04fdd18298e1d6268802a5256ef65c2d1d9eb022da7b36b622e5b64c4049",
  "f9cebb0235de632204ef73510f522b9b9d256380308ad3b030ad28ce1a121f93",
  "61024d95f22dddb4776f19bee4e300a2c3d5e4de342b9c4e329c042f48d27b22",
  "bc8c7db416594c34ceba12d96e8e21a4195d7d32bd43608a7ae658555bdf508c",
];

Deno.test("a released step is never changed", async () => {
  const digests = await Promise.all(STEPS.map(async ({ sql, rebuilds }) => {
    const text = new TextEncoder().encode(rebuilds ? `rebuilds\n${sql}` : sql);
    return new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
  }));
  assert.deepEqual(digests, DIGESTS);
  assert.equal(SCHEMA_VERSION, STEPS.length);
  assert.equal(POSTGRES_VERSION, POSTGRES_STEPS.length);
});

/** The statements that the schema of a database consists of, to the letter. */
function statementsOf(db: DatabaseSync): unknown {
  return db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name").all();
}

Deno.test("each step makes the schema that the release with that schema made", async () => {
  using made = new DatabaseSync(":memory:");
  for (const [n, { sql }] of STEPS.entries()) {
    made.exec(sql);
    using dir = tempDir();
    await makeOldHome(dir.home, n + 1);
    using old = new DatabaseSync(dir.home.database);
    assert.deepEqual(statementsOf(made), statementsOf(old), `schema ${n + 1}`);
  }
});

Deno.test("a new store has the schema that all steps make, to the letter", async () => {
  using made = new DatabaseSync(":memory:");
  for (const { sql } of STEPS) made.exec(sql);
  using dir = tempDir();
  (await openStore(dir.home)).close();
  using fresh = new DatabaseSync(dir.home.database);
  assert.deepEqual(statementsOf(fresh), statementsOf(made), "see `tests/fixtures/stores/new_schema.ts`");
});

// all steps, and the newest alone
for (const version of [1, SCHEMA_VERSION - 1]) {
  Deno.test(`processes that open a database of schema ${version} at the same time bring it up to date once`, async () => {
    using dir = tempDir();
    await makeOldHome(dir.home, version);
    const { tables } = contentsOf(dir.home);
    const lock = new DatabaseSync(dir.home.database);
    lock.exec("BEGIN IMMEDIATE");
    const opener = fileURLToPath(new URL("../helpers/opener.ts", import.meta.url));
    const openers = Array.from({ length: 3 }, () => {
      const args = ["run", "--no-prompt", "--quiet", "--no-check", "--allow-all", opener, dir.home.dir];
      return new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
    });
    const tries = await Promise.all(
      openers.map((child) => readUntil(child, { what: "it wants to write", pattern: /wants to write\n/ })),
    );
    lock.exec("COMMIT");
    lock.close();
    for (const { ended, printed } of tries) {
      assert.equal(await ended, 0, printed());
      assert.equal(printed(), "wants to write\nopened\n");
    }
    const { version: now, tables: after } = contentsOf(dir.home);
    assert.equal(now, SCHEMA_VERSION);
    assertKept(tables, after);
  });
}

/** What the schema consists of, but for the order of columns, which depends on when they came. */
function schemaOf(home: Home): unknown {
  const db = new DatabaseSync(home.database);
  const parts = db.prepare("SELECT type, name, tbl_name FROM sqlite_schema ORDER BY type, name").all();
  const columns = db.prepare(
    `SELECT m.name AS of, c.name, c.type, c."notnull" AS must, c.dflt_value AS otherwise, c.pk
     FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.name`,
  ).all();
  db.close();
  return { parts, columns };
}

for (const version of VERSIONS) {
  Deno.test(`a database of schema ${version} is brought up to date with every row as it was`, async () => {
    using dir = tempDir();
    using fresh = tempDir();
    await makeOldHome(dir.home, version);
    const before = contentsOf(dir.home);
    assert.equal(before.version, version);
    const states = new Set(before.tables.get("jobs")!.rows.map(({ state }) => state));
    const known = STATES.filter((state) => version >= 8 || state !== "blocked" && state !== "skipped");
    assert.deepEqual([...states].toSorted(), known.toSorted(), "there is a job in every state");

    const store = await openStore(dir.home);
    try {
      assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
      assert.equal((await store.info()).schemaVersion, SCHEMA_VERSION);
    } finally {
      store.close();
    }
    const after = contentsOf(dir.home);
    assert.equal(after.version, SCHEMA_VERSION);
    assertKept(before.tables, after.tables);
    (await openStore(fresh.home)).close();
    assert.deepEqual(schemaOf(dir.home), schemaOf(fresh.home), "it is like a new one");
  });

  Deno.test(`what is pending in a database of schema ${version} is claimed, though nothing else happens to it`, async () => {
    using dir = tempDir();
    await makeOldHome(dir.home, version);
    const store = await openStore(dir.home);
    try {
      const { jobs } = await store.list({ state: "pending", queue: "default", limit: 99 });
      assert.equal(jobs.length > 0, version !== 4, "but for one, each release has left some");
      await store.register(newSupervisor("new"));
      const claimed = new Set((await claim(store, "new", { count: 99, now: T0 })).map(({ id }) => id));
      assert.deepEqual(jobs.filter(({ id, held }) => !held && !claimed.has(id)).map(({ id }) => id), []);
    } finally {
      store.close();
    }
  });

  Deno.test(`what runs, waits and has ended in a database of schema ${version} goes on`, async () => {
    using dir = tempDir();
    await makeOldHome(dir.home, version);
    const { tables } = contentsOf(dir.home);
    const { rows } = tables.get("attempts")!;
    const limited = tables.get("jobs")!.rows.find(({ name }) => name === "uses")?.seq;
    const store = await openStore(dir.home);
    try {
      // The attempts that ran then are settled by whoever has them, and taken over from who is gone.
      const running = rows.filter(({ finished_at }) => finished_at === null);
      assert.ok(running.length >= 3);
      const [first] = running.filter(({ supervisor }) => supervisor === "ran");
      const now = T0 + 120_000;
      const settlements = running.filter((attempt) => attempt === first || attempt.job === limited)
        .map(({ token }) => settlement(token as string, { finishedAt: now }));
      assert.deepEqual((await store.exchange(exchangeOf("ran", { now, settlements }))).refused, []);
      await store.register(newSupervisor("new"));
      const [taken] = (await store.takeOver("gone", "new"))!;
      assert.ok(taken);
      await store.adopt("new", [{ token: taken, worker: "new-worker" }]);
      await store.exchange(exchangeOf("new", { now, settlements: [settlement(taken, { finishedAt: now })] }));
      assert.equal((await store.states(["released"]))[0], "completed");

      // What people see and do.
      assert.deepEqual((await store.get("held"))!.env, { A: "1", B: "é" });
      const pieces = await store.output("completed", 1);
      assert.deepEqual(pieces.map(({ stream, start, bytes }) => [stream, start, bytes.length]), [
        ["stdout", 0, 6],
        ["stderr", 0, 3],
        ["stdout", 900, 4],
      ]);
      assert.equal((await store.settings()).get("max_retries"), "7");
      assert.equal((await store.queues()).find(({ name }) => name === "paused")!.paused, true);
      for (const { id, state } of (await store.list({ limit: 99 })).jobs) {
        if (state === "skipped") continue; // it waits again when what it needs runs again
        if (id === "had-key") continue; // which another one has
        if (ENDED.includes(state)) await store.retry([id], { now });
        else if (state !== "processing") await store.edit(id, { priority: 3 }, now);
      }
      const [added] = await enqueue(store, { priority: -10 });
      assert.equal((await claim(store, "new", { now }))[0]!.id, added);
      assert.ok(await clear(store) > 0);
      assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
    } finally {
      store.close();
    }
  });

  Deno.test(`a database of schema ${version} is salvaged to the last row`, async () => {
    using dir = tempDir();
    await makeOldHome(dir.home, version);
    const salvaged = await salvage(dir.home, dir.file("saved.db"));
    const { tables } = contentsOf(dir.home);
    for (const [table, { saved, lost }] of Object.entries(salvaged)) {
      assert.deepEqual([saved, lost], [tables.get(table)?.rows.length ?? 0, lost && 0], table);
    }
  });
}
