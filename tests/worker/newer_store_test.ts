/**
 * @module
 * Processes of an older version that are at work when a newer one changes the store's tables.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { SCHEMA_VERSION } from "../../src/store/sqlite/engine/header.ts";
import { spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { readUntil } from "../helpers/printed.ts";
import { NEWER, takeNewer } from "../helpers/rebuilding_step.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

const NEWER_STORE = new RegExp(
  `Cannot use ".*queue\\.db": a newer queuectl wrote it \\(version ${NEWER.length}, ` +
    `this one knows ${SCHEMA_VERSION}\\); update queuectl\n`,
);

/** Enqueues a command that goes on until it is told to end, and waits for its output. */
async function running(test: TestStore): Promise<string> {
  const id = await test.enqueue("echo up; until [ -e go ]; do sleep 0.1; done; echo down; exit 7");
  await until("it is up", async () => await test.output(id) === "up\n");
  return id;
}

/** Makes a home look as if this version's tables were the newest again: what comes next stands for the newer version. */
function beTheNewerVersion(test: TestStore): void {
  const db = new DatabaseSync(test.dir.home.database);
  db.exec(`PRAGMA user_version=${SCHEMA_VERSION}`);
  db.close();
}

Deno.test("a worker whose store a newer version changes says so and ends; the newer one's adopts what it ran", async () => {
  using test = await testStore();
  await using old = await startWorker(test.home);
  const id = await running(test);
  await takeNewer(test.dir.home);
  assert.equal(await old.ended, 3);
  assert.match(
    old.printed(),
    new RegExp(
      ` queuectl stopping: a newer queuectl has changed the store; left to the next worker, running: ${id}\n`,
    ),
  );
  assert.match(old.printed(), NEWER_STORE);
  assert.doesNotMatch(old.printed(), /cut off/);

  beTheNewerVersion(test);
  await using _newer = await startWorker(test.home);
  await until("it is adopted", async () => (await test.store.attempts(id))[0]!.adoptedFrom !== null);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  assert.equal((await test.reaches(id, "dead", "failed", "completed")).exitCode, 7);
  assert.equal(await test.output(id), "up\ndown\n");
  assert.equal((await test.store.attempts(id)).length, 1);
});

Deno.test("what ends while no worker of the newer version is there yet is settled by the first one", async () => {
  using test = await testStore();
  await using old = await startWorker(test.home);
  const id = await running(test);
  await takeNewer(test.dir.home);
  assert.equal(await old.ended, 3);
  Deno.writeTextFileSync(test.dir.file("go"), "");
  beTheNewerVersion(test);
  await using _newer = await startWorker(test.home, ["--burst"]);
  assert.equal((await test.reaches(id, "dead", "failed", "completed")).exitCode, 7);
  assert.equal(await test.output(id), "up\ndown\n");
});

Deno.test("an idle worker whose store a newer version changes ends, too, and claims nothing", async () => {
  using test = await testStore();
  await using old = await startWorker(test.home, ["--count", "2"]);
  const db = new DatabaseSync(test.dir.home.database);
  db.exec("BEGIN IMMEDIATE");
  db.exec(`PRAGMA user_version=${NEWER.length}`);
  db.exec(
    `INSERT INTO jobs (queue, command, state, priority, max_retries, timeout_ms, created_at, held)
     VALUES ('default', 'true', 'pending', 0, 0, 0, 0, 0)`,
  );
  db.exec("INSERT OR REPLACE INTO lanes (queue, priority, seq) VALUES ('default', 0, 1)");
  db.exec("COMMIT");
  assert.equal(await old.ended, 3);
  assert.match(old.printed(), / queuectl stopping: a newer queuectl has changed the store\n/);
  assert.equal(db.prepare("SELECT state FROM jobs").get()!.state, "pending");
  db.close();
});

Deno.test("commands of an older version refuse a store that a newer one has changed, also those that wait", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  const waiting = spawnQueuectl(["status", "--watch"], { home: test.home });
  const { ended, printed } = await readUntil(waiting, { what: "it watches", pattern: /default/ });
  await takeNewer(test.dir.home);
  assert.equal(await ended, 3);
  assert.match(printed(), NEWER_STORE);
  for (const words of [["enqueue", "true"], ["list"], ["show", id], ["worker", "start"], ["cancel", id]]) {
    const { code, stdout, stderr } = await queuectl(words, { home: test.home });
    assert.deepEqual([words, code, stdout], [words, 3, ""]);
    assert.match(stderr, NEWER_STORE);
  }
  const doctor = await queuectl(["doctor"], { home: test.home });
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /^problem +store +Cannot use ".*": a newer queuectl wrote it/m);
});
