/**
 * @module
 * Backups taken while several processes enqueue and a worker runs.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openStore } from "../../src/store/open.ts";
import { copyFiles } from "../../src/store/sqlite/backup.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { type Home, homeAt } from "../../src/system/home.ts";
import { bePresent } from "../../src/system/presence.ts";
import { queuectl, spawnQueuectl } from "../helpers/cli.ts";
import { enqueue } from "../helpers/jobs.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

/** Starts a process that enqueues so many jobs one by one. What goes wrong is on its stderr. */
function startEnqueuer(home: Home, count: number): Deno.ChildProcess {
  const user = fileURLToPath(new URL("../helpers/store_user.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      "--no-check",
      "--allow-all",
      user,
      home.dir,
      "enqueue",
      String(count),
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** A home within `dir` that does not exist but for its directory. */
function emptyHome(dir: TempDir, name: string): Home {
  const home = homeAt(dir.file(name));
  Deno.mkdirSync(home.dir, { mode: 0o700 });
  return home;
}

/** How many jobs are in a restored store, which must be sound. */
async function countSound(home: Home): Promise<number> {
  const store = await openStore(home);
  try {
    assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
    return (await store.queues()).flatMap(({ counts }) => Object.values(counts)).reduce((a, b) => a + b, 0);
  } finally {
    store.close();
  }
}

Deno.test("a backup taken under load is sound, and what it left to do can be done from it", async () => {
  using test = await testStore();
  await test.set({ lease: "3", poll_interval: "0.05" });
  const rest = emptyHome(test.dir, "restored");
  {
    await using _worker = await startWorker(test.home);
    const enqueuers = [1, 2, 3].map(() => startEnqueuer(test.dir.home, 150));
    const completed = async () => (await test.store.queues())[0]?.counts.completed ?? 0;
    await until("work is under way", async () => await completed() > 20);
    const acknowledged = (await test.store.list({ limit: 9999 })).jobs.length;
    const { code, stderr } = await queuectl(["backup", rest.database], { home: test.home });
    assert.deepEqual([code, stderr], [0, ""]);
    for (const enqueuer of enqueuers) {
      assert.equal(new TextDecoder().decode((await enqueuer.output()).stderr), "");
    }
    const saved = await countSound(rest);
    assert.ok(saved >= acknowledged && saved <= 450, `${saved} of ${acknowledged} jobs`);
    await until("all is done", async () => await completed() === 450);
  }
  const there = await countSound(rest);
  const store = await openStore(rest);
  {
    // What ran at the moment of the copy is run again once its worker's lease has ended.
    await using _worker = await startWorker(rest.dir);
    await until("what was left is done", async () => (await store.queues())[0]!.counts.completed === there);
  }
  assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
  store.close();
});

Deno.test("file and log are copied under load, complete and in step", async () => {
  using dir = tempDir();
  (await openStore(dir.home)).close();
  const store = await openStore(dir.home);
  const db = await Database.open(dir.home);
  // Processes come and go, and whoever goes may be the one that writes the log back.
  let over = false;
  const writing = [1, 2, 3].map(async () => {
    while (!over) {
      const { stderr } = await startEnqueuer(dir.home, 40).output();
      assert.equal(new TextDecoder().decode(stderr), "");
    }
  });
  try {
    let before = 0;
    for (let round = 1; round <= 12; round++) {
      const jobs = () => store.list({ limit: 1 }).then((page) => page.jobs[0]?.seq ?? 0);
      const least = await until("there are more jobs", async () => {
        const there = await jobs();
        return there > before ? there : undefined;
      });
      const copy = emptyHome(dir, `copy-${round}`);
      Deno.writeFileSync(copy.database, new Uint8Array());
      await copyFiles(db, dir.home, { path: copy.database });
      assert.deepEqual([...Deno.readDirSync(copy.dir)].map(({ name }) => name), ["queue.db"]);
      const copied = await countSound(copy);
      const most = await jobs();
      assert.ok(copied >= least && copied <= most, `${copied} jobs, not from ${least} to ${most}`);
      before = copied;
    }
  } finally {
    over = true;
    await Promise.all(writing);
    db.close();
    store.close();
  }
  assert.ok(await countSound(dir.home) > 0);
});

Deno.test("a backup comes to an end although somebody writes all the time, and does not keep them from it", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await enqueue(
    store,
    ...Array.from({ length: 30_000 }, (_, i) => ({ command: `echo ${i} ${"x".repeat(200)}` })),
  );
  const writer = await openStore(dir.home);
  let over = false;
  let written = 0;
  const writing = (async () => {
    for (; !over; written++) {
      await enqueue(writer, {});
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  })();
  const copy = emptyHome(dir, "copy");
  const before = written;
  await store.care.backup!(copy.database);
  const meanwhile = written - before;
  over = true;
  await writing;
  assert.ok(meanwhile > 0, "others wrote while it was taken");
  assert.ok(await countSound(copy) >= 30_000);
  writer.close();
  store.close();
});

/** What is in a directory, by name. */
function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name);
}

/** 0 when it is not there any more. */
function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

Deno.test("a backup that is called off leaves nothing behind, and one that was killed is removed by the next", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await enqueue(store, {});
  const copy = emptyHome(dir, "copy");
  const stop = new AbortController();
  const called = store.care.backup!(copy.database, stop.signal);
  stop.abort();
  await assert.rejects(called, {
    name: "Refused",
    message: `Cannot back up to "${copy.database}": interrupted, and nothing is left of it`,
  });
  assert.deepEqual(namesIn(copy.dir), []);
  for (const name of ["queue.db.01234567.partial", "queue.db.01234567.partial-wal", "queue.db.mine"]) {
    Deno.writeTextFileSync(`${copy.dir}/${name}`, "");
  }
  const other = await bePresent(`${copy.dir}/queue.db.76543210.partial`);
  await store.care.backup!(copy.database);
  assert.deepEqual(namesIn(copy.dir).sort(), ["queue.db", "queue.db.76543210.partial", "queue.db.mine"]);
  other[Symbol.dispose]();
  store.close();
});

Deno.test("a backup removes what killed ones left in its directory under other names, and nothing of others", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await enqueue(store, ...Array.from({ length: 40_000 }, () => ({ command: `echo ${"x".repeat(500)}` })));
  const copy = emptyHome(dir, "copy");
  const child = spawnQueuectl(["backup", `${copy.dir}/monday.db`], { home: dir.home.dir });
  await until(
    "it is being copied",
    () => namesIn(copy.dir).some((name) => sizeOf(`${copy.dir}/${name}`) > 0),
  );
  child.kill("SIGKILL");
  await child.output();
  const left = namesIn(copy.dir);
  assert.ok(left.some((name) => name.startsWith("monday.db")), "it has left something, or was too fast");
  // One that was killed while it copied the log, one that is under way, and what looks like one.
  Deno.copyFileSync(`${dir.home.database}-wal`, `${copy.dir}/log.db.01234567.partial-wal`);
  for (const name of ["log.db.01234567.partial", "other.db.89abcdef.partial", "x.partial"]) {
    Deno.writeTextFileSync(`${copy.dir}/${name}`, "");
  }
  Deno.writeTextFileSync(`${copy.dir}/notes.txt.89abcdef.partial`, "mine".repeat(99));
  Deno.copyFileSync(dir.home.database, `${copy.dir}/live.db.76543210.partial`);
  const live = await bePresent(`${copy.dir}/live.db.76543210.partial`);
  await store.care.backup!(copy.database);
  live[Symbol.dispose]();
  const whole = left.filter((name) => name === "monday.db");
  assert.deepEqual(
    namesIn(copy.dir).sort(),
    [
      ...["live.db.76543210.partial", ...whole, "notes.txt.89abcdef.partial", "other.db.89abcdef.partial"],
      ...["queue.db", "x.partial"],
    ],
  );
  store.close();
});

Deno.test("Ctrl-C ends a backup at once and leaves nothing behind", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await enqueue(store, ...Array.from({ length: 40_000 }, () => ({ command: `echo ${"x".repeat(500)}` })));
  const copy = emptyHome(dir, "copy");
  const child = spawnQueuectl(["backup", copy.database], { home: dir.home.dir });
  await until("it has begun", () => namesIn(copy.dir).length > 0);
  child.kill("SIGINT");
  const { stderr } = await child.output();
  const left = namesIn(copy.dir);
  if (left.length > 0) assert.deepEqual(left, ["queue.db"], "it was too fast");
  else assert.match(new TextDecoder().decode(stderr), /interrupted, and nothing is left of it/);
  store.close();
});

/** The system's list of locks on files, by their numbers; only Linux has one. */
const LOCKS = "/proc/locks";

Deno.test({
  name: "copying the files of a store lets go of none of its locks",
  ignore: Deno.build.os !== "linux",
}, async () => {
  using dir = tempDir();
  (await openStore(dir.home)).close();
  const db = await Database.open(dir.home);
  const copy = emptyHome(dir, "copy");
  Deno.writeFileSync(copy.database, new Uint8Array());
  await copyFiles(db, dir.home, { path: copy.database });
  const { ino } = Deno.statSync(dir.home.database);
  assert.match(Deno.readTextFileSync(LOCKS), new RegExp(`POSIX .* ${Deno.pid} .*:${ino} `));
  db.close();
});
