/**
 * @module
 * A store that somebody else holds for too long.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { StoreBusy } from "../../src/domain/errors.ts";
import { openStore } from "../../src/store/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { comeIn, isAnybodyWaiting, knock } from "../../src/store/sqlite/engine/knocks.ts";
import { type Clock, systemClock } from "../../src/system/clock.ts";
import { altered, testApplication } from "../helpers/application.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

Deno.test("a store that stays busy is waited for two minutes, and then refused in a sentence", async () => {
  using dir = tempDir();
  (await openStore(dir.home)).close();
  let sleptMs = 0;
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => sleptMs,
    sleep() {
      sleptMs += 7000; // as if each pause took so long
      return sleptMs < 300_000 ? Promise.resolve() : Promise.reject(new Error("It waits for ever"));
    },
  };
  const db = await Database.open(dir.home, { clock });
  const blocker = new DatabaseSync(dir.home.database);
  blocker.exec("BEGIN IMMEDIATE");
  try {
    let ran = false;
    await assert.rejects(db.write(() => ran = true), {
      name: "StoreBusy",
      exitCode: 3,
      message: `Cannot use "${dir.home.database}": it is busy; another process has held it for 120 seconds`,
    });
    assert.equal(ran, false);
    assert.ok(sleptMs > 120_000 && sleptMs < 140_000, `it gave up after ${sleptMs} ms`);
    sleptMs = 0;
    let tries = 0;
    await db.patiently(() => {
      tries += 1;
      if (sleptMs > 100_000) blocker.exec("COMMIT"); // somebody who was slow lets go just in time
      db.exec("BEGIN IMMEDIATE; COMMIT");
    });
    assert.ok(tries > 10, `it was tried ${tries} times`);
  } finally {
    blocker.close();
    db.close();
  }
});

Deno.test("who writes one transaction after the other waits for those who knock, once in a while", async () => {
  using dir = tempDir();
  (await openStore(dir.home)).close();
  let nowMs = 1000;
  let slept = 0;
  const clock: Clock = {
    now: () => nowMs,
    monotonicMs: () => nowMs,
    sleep() {
      slept += 1;
      nowMs += 1;
      if (slept === 3) comeIn(dir.home); // the one who knocked has had its turn
      return Promise.resolve();
    },
  };
  const db = await Database.open(dir.home, { clock });
  const write = (tookMs: number) => db.write(() => void (nowMs += tookMs));
  try {
    await write(60);
    await write(60);
    assert.equal(slept, 0, "nobody waits");
    knock(dir.home, nowMs);
    knock(dir.home, nowMs); // by the first one the file was made
    await write(10);
    assert.equal(slept, 3);
    knock(dir.home, nowMs);
    await write(10);
    assert.equal(slept, 3, "others have just had their turn");
    await write(60);
    nowMs += 200;
    await write(60);
    assert.equal(slept, 3, "who knocked is gone");
    knock(dir.home, nowMs);
    await write(10);
    assert.ok(slept > 50, "who does not come is waited for");
    assert.ok(slept < 200, "but not for ever");
  } finally {
    db.close();
  }
});

Deno.test("who finds a store busy knocks, and knocks no more once it has had its turn", async () => {
  using dir = tempDir();
  (await openStore(dir.home)).close();
  const db = await Database.open(dir.home);
  const blocker = new DatabaseSync(dir.home.database);
  const isAnybody = () => isAnybodyWaiting(dir.home, systemClock.now());
  try {
    blocker.exec("BEGIN IMMEDIATE");
    assert.equal(isAnybody(), false);
    const written = db.write(() => {});
    await until("it knocks", isAnybody);
    blocker.exec("COMMIT");
    await written;
    assert.equal(isAnybody(), false);
    assert.equal(Deno.statSync(dir.home.waiting).mode! & 0o777, 0o600);
  } finally {
    blocker.close();
    db.close();
  }
});

Deno.test("a store that is busy for too long is refused with the status of one that cannot be used", async () => {
  const busy = () => Promise.reject(new StoreBusy("Cannot use it: it is busy"));
  using app = await testApplication({ store: (own) => altered(own, { get: busy, enqueue: busy }) });
  assert.equal((await app.send("GET", "/jobs/j1")).status, 503);
  const { status, json } = await app.send("POST", "/jobs", { command: "true" });
  assert.deepEqual([status, json.detail], [503, "Cannot use it: it is busy"]);
  assert.deepEqual(app.defects, []);
});
