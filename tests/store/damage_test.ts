/**
 * @module
 * Damaged databases: noticed, never written over, never a defect of the program, and salvaged as far as they go.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { salvage, survey } from "../../src/store/sqlite/salvage/salvage.ts";
import { walkTable } from "../../src/store/sqlite/salvage/walk.ts";
import { type Home, homeAt } from "../../src/system/home.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { claim, enqueue, newSupervisor, T0 } from "../helpers/jobs.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { JOBS, makeUsedHome, RAN } from "../helpers/used_home.ts";

const PAGE = 4096;

/** Opens a store of a home, lets `use` do something with it, and closes it. */
async function withStore<T>(home: Home, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(home);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/** Changes the bytes of a file. */
function change(path: string, how: (bytes: Uint8Array) => Uint8Array | void): void {
  const bytes = Deno.readFileSync(path);
  Deno.writeFileSync(path, how(bytes) ?? bytes);
}

/** The same for every run, so that a failure can be seen again. */
function garble(bytes: Uint8Array, from: number, to: number): void {
  let seed = 42;
  for (let i = from; i < Math.min(to, bytes.length); i++) {
    bytes[i] = seed = (seed * 1103515245 + 12345 & 0x7fffffff) >> 8 & 255;
  }
}

/** What is in the files that hold data. */
function contents(home: Home): Uint8Array[] {
  return ["", "-wal"].map((companion) => {
    try {
      return Deno.readFileSync(home.database + companion);
    } catch {
      return new Uint8Array();
    }
  });
}

/** Leaves the home as a process leaves it that was killed: with its latest changes in the log only. */
async function withLog(home: Home): Promise<void> {
  const store = await openStore(home);
  await enqueue(store, { id: "in-the-log" });
  const files = ["", "-wal", "-shm"].map((companion) => Deno.readFileSync(home.database + companion));
  store.close();
  ["", "-wal", "-shm"].forEach((companion, n) => Deno.writeFileSync(home.database + companion, files[n]!));
}

/** Damage, and the least share of the jobs that must be saved after it; null is nothing. */
const damages: [what: string, damage: (home: Home) => void, saved: number | null][] = [
  ["garbage in its header", ({ database }) => change(database, (bytes) => garble(bytes, 0, 100)), 1],
  ["garbage in its first page", ({ database }) => change(database, (bytes) => garble(bytes, 100, PAGE)), 1],
  ["a first page of nothing but garbage", ({ database }) => change(database, (b) => garble(b, 0, PAGE)), 1],
  ["a first page of zeros", ({ database }) => change(database, (b) => void b.fill(0, 0, PAGE)), 1],
  ["the first eight pages garbled", ({ database }) => change(database, (b) => garble(b, 0, 8 * PAGE)), 1],
  [
    "garbage in the middle",
    ({ database }) => change(database, (b) => garble(b, b.length / 2, b.length / 2 + 5 * PAGE)),
    0.9,
  ],
  ["its last quarter cut off", ({ database }) => change(database, (b) => b.slice(0, b.length * 3 / 4)), 0.8],
  ["its second half cut off", ({ database }) => change(database, (b) => b.slice(0, b.length / 2)), 0.45],
  ["all but 5000 bytes cut off", ({ database }) => change(database, (b) => b.slice(0, 5000)), null],
];

for (const [what, damage, share] of damages) {
  Deno.test(`a database with ${what}: every command says what it can in one sentence`, async () => {
    using dir = tempDir();
    await makeUsedHome(dir.home);
    damage(dir.home);
    for (const words of [["list"], ["status"], ["show", "j2"], ["enqueue", "true"], ["metrics"]]) {
      const { code, stderr } = await queuectl(words, { home: dir.home.dir });
      assert.ok(code === 0 || code === 3, `${words} ended with ${code}: ${stderr}`);
      if (code === 3) assert.match(stderr, /^Cannot use ".*": it is damaged.*; run queuectl doctor\n$/);
    }
    const { code, stdout, stderr } = await queuectl(["doctor"], { home: dir.home.dir });
    assert.deepEqual([code, stderr], [1, ""]);
    assert.match(stdout, /^problem .*save what can be read with queuectl doctor --salvage FILE/m);
  });

  Deno.test(`a database with ${what}: what is salvaged is a sound store, and the damaged one stays as it is`, async () => {
    using dir = tempDir();
    await makeUsedHome(dir.home);
    damage(dir.home);
    const before = contents(dir.home);
    if (share === null) {
      await assert.rejects(salvage(dir.home, dir.file("saved.db")), /nothing of it can be read$/);
      return;
    }
    const { jobs } = await salvageTo(dir, dir.home);
    assert.deepEqual(contents(dir.home), before);
    assert.ok(jobs.saved >= JOBS * share, `${jobs.saved} jobs were saved`);
    if (jobs.lost !== null) assert.ok(jobs.saved + jobs.lost >= JOBS, JSON.stringify(jobs));
  });
}

/** Salvages into a home of its own, which must be sound and usable. */
async function salvageTo(dir: TempDir, from: Home) {
  const rescued = homeAt(dir.file("rescued"));
  Deno.mkdirSync(rescued.dir, { mode: 0o700 });
  const salvaged = await salvage(from, rescued.database);
  assert.deepEqual([...Deno.readDirSync(rescued.dir)].map(({ name }) => name), ["queue.db"]);
  assert.equal(Deno.statSync(rescued.database).mode! & 0o777, 0o600);
  await withStore(rescued, async (store) => {
    assert.deepEqual(await store.care.check!(), []);
    assert.deepEqual(await store.recount(), []);
    const total = (await store.queues()).flatMap(({ counts }) => Object.values(counts)).reduce(
      (a, b) => a + b,
      0,
    );
    assert.equal(total, salvaged.jobs.saved);
    const [fresh] = await enqueue(store, { priority: -1 });
    if (salvaged.jobs.lost !== null) assert.equal(fresh, `j${JOBS + 1}`, "no number is given out twice");
    await store.register(newSupervisor("new"));
    assert.equal((await claim(store, "new", { now: T0 + 9 }))[0]!.id, fresh);
  });
  return salvaged;
}

Deno.test("a sound database is salvaged to the last row", async () => {
  using dir = tempDir();
  await makeUsedHome(dir.home);
  const salvaged = await salvageTo(dir, dir.home);
  assert.deepEqual(salvaged, {
    settings: { saved: 1, lost: 0 },
    queues: { saved: 1, lost: 0 },
    supervisors: { saved: 1, lost: 0 },
    workers: { saved: 1, lost: 0 },
    jobs: { saved: JOBS, lost: 0 },
    inputs: { saved: 0, lost: 0 },
    checkpoints: { saved: 0, lost: 0 },
    attempts: { saved: RAN, lost: 0 },
    said: { saved: 0, lost: 0 },
    results: { saved: 0, lost: 0 },
    limits: { saved: 0, lost: 0 },
    output: { saved: RAN, lost: 0 },
    figures: { saved: 6, lost: 0 },
    groups: { saved: 0, lost: 0 },
    schedules: { saved: 0, lost: 0 },
    schedule_runs: { saved: 0, lost: 0 },
    overall_figures: { saved: 3, lost: 0 },
    needy: { saved: 0, lost: 0 },
    needs: { saved: 0, lost: 0 },
    ended: { saved: 0, lost: 0 },
    requests: { saved: 1, lost: 0 },
    batches: { saved: 0, lost: 0 },
    staged: { saved: 0, lost: 0 },
    staged_names: { saved: 0, lost: 0 },
    staged_keys: { saved: 0, lost: 0 },
  });
  const dump = (path: string) => {
    const db = new DatabaseSync(path, { readOnly: true });
    const rows = [
      "jobs WHERE seq <= 3000",
      "output",
      "queues",
      "settings",
      "supervisors",
      "workers",
      "figures",
      "overall_figures",
      "requests",
    ]
      .map((table) => db.prepare(`SELECT * FROM ${table}`).all());
    db.close();
    return rows;
  };
  const again = dir.file("again.db");
  await salvage(dir.home, again);
  assert.deepEqual(dump(again), dump(dir.home.database));
});

Deno.test("a used database that is empty or missing is not taken for a new one, and its log is not thrown away", async () => {
  const empty = (home: Home) => Deno.writeFileSync(home.database, new Uint8Array());
  const remove = (home: Home) => Deno.removeSync(home.database);
  for (const lose of [empty, remove]) {
    for (const keep of [["doorbell"], ["queue.db-wal"], ["doorbell", "queue.db-wal"]]) {
      using dir = tempDir();
      await makeUsedHome(dir.home);
      await withLog(dir.home);
      lose(dir.home);
      for (const name of ["doorbell", "queue.db-wal"]) {
        if (!keep.includes(name)) Deno.removeSync(`${dir.home.dir}/${name}`);
      }
      const before = contents(dir.home);
      await assert.rejects(openStore(dir.home), {
        name: "StoreDamaged",
        exitCode: 3,
        message:
          `Cannot use "${dir.home.database}": it is damaged, all it held is missing; run queuectl doctor`,
      });
      const { code, stdout } = await queuectl(["doctor"], { home: dir.home.dir });
      assert.equal(code, 1);
      assert.match(
        stdout,
        keep.includes("queue.db-wal") ? /--salvage FILE/ : /delete .*doorbell to begin anew/,
      );
      assert.deepEqual(contents(dir.home), before);
    }
  }
});

Deno.test("an empty database in a home that was never used is a new one", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir);
  Deno.writeFileSync(dir.home.database, new Uint8Array());
  assert.deepEqual(await withStore(dir.home, (store) => enqueue(store, {})), ["j1"]);
});

Deno.test("what the log of an emptied database holds is salvaged", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await enqueue(store, ...Array.from({ length: 50 }, () => ({}))); // all of it is still in the log
  const log = Deno.readFileSync(`${dir.home.database}-wal`);
  store.close();
  Deno.writeFileSync(dir.home.database, new Uint8Array());
  Deno.writeFileSync(`${dir.home.database}-wal`, log);
  assert.deepEqual((await salvage(dir.home, dir.file("saved.db"))).jobs, { saved: 50, lost: 0 });
  Deno.removeSync(dir.home.database);
  assert.deepEqual((await salvage(dir.home, dir.file("again.db"))).jobs, { saved: 50, lost: 0 });
});

Deno.test("a log with garbage in it leaves the state before it, sound", async () => {
  for (const from of [0, 32, 32 + 24 + 100]) {
    using dir = tempDir();
    await makeUsedHome(dir.home);
    await withLog(dir.home);
    change(`${dir.home.database}-wal`, (bytes) => garble(bytes, from, bytes.length));
    await withStore(dir.home, async (store) => {
      assert.deepEqual(await store.states(["in-the-log", "j3000"]), [undefined, "pending"]);
      assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
    });
  }
});

Deno.test("an index of the log that is missing or garbled is made anew", async () => {
  const garbled = (path: string) => change(path, (bytes) => garble(bytes, 0, bytes.length));
  for (const damage of [Deno.removeSync, garbled]) {
    using dir = tempDir();
    await makeUsedHome(dir.home);
    await withLog(dir.home);
    damage(`${dir.home.database}-shm`);
    await withStore(dir.home, async (store) => {
      assert.deepEqual(await store.states(["in-the-log"]), ["pending"]);
      assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
    });
  }
});

Deno.test("salvage brings in the log, and takes nothing out of it", async () => {
  for (const damage of [(bytes: Uint8Array) => void bytes, (bytes: Uint8Array) => garble(bytes, 0, PAGE)]) {
    using dir = tempDir();
    await makeUsedHome(dir.home);
    await withLog(dir.home);
    change(dir.home.database, damage);
    const before = contents(dir.home);
    assert.deepEqual((await salvage(dir.home, dir.file("saved.db"))).jobs, { saved: JOBS + 1, lost: 0 });
    assert.deepEqual(contents(dir.home), before);
  }
});

Deno.test("doctor counts the jobs that can be read, and --salvage says what it saved and how to go on", async () => {
  using dir = tempDir();
  await makeUsedHome(dir.home);
  change(dir.home.database, (bytes) => garble(bytes, bytes.length / 2, bytes.length / 2 + 3 * PAGE));
  const { readable, of } = survey(dir.home)!;
  assert.ok(of === JOBS && readable < JOBS && readable > JOBS * 0.9);
  const doctor = await queuectl(["doctor"], { home: dir.home.dir });
  assert.match(
    doctor.stdout,
    new RegExp(`${readable} of about ${JOBS} jobs can be read: save .*--salvage FILE`),
  );

  const path = dir.file("saved.db");
  const { code, stdout, stderr } = await queuectl(["doctor", "--salvage", path], { home: dir.home.dir });
  assert.equal(code, 0);
  const [, saved, lost] = /^ {2}(\d+) jobs; (\d+) could not be saved$/m.exec(stdout)!.map(Number);
  assert.ok(saved! >= readable && saved! + lost! === JOBS, `${readable} ${stdout}`);
  const { database } = dir.home;
  assert.ok(stderr.includes(`rm -f -- ${database}-wal ${database}-shm && mv -- ${path} ${database}`), stderr);
});

Deno.test("doctor --salvage writes over nothing, and into no directory that is not there", async () => {
  using dir = tempDir();
  await makeUsedHome(dir.home);
  Deno.writeTextFileSync(dir.file("taken"), "mine");
  const run = (file: string) => queuectl(["doctor", "--salvage", dir.file(file)], { home: dir.home.dir });
  const taken = await run("taken");
  assert.deepEqual([taken.code, taken.stderr], [
    1,
    `Cannot salvage to "${dir.file("taken")}": the file exists\n`,
  ]);
  assert.equal(Deno.readTextFileSync(dir.file("taken")), "mine");
  const nowhere = await run("no/where");
  assert.deepEqual([nowhere.code, nowhere.stderr], [
    1,
    `Cannot salvage to "${dir.file("no/where")}": there is no such directory\n`,
  ]);
  Deno.removeSync(dir.home.database);
  const missing = await run("new");
  assert.deepEqual([missing.code, missing.stderr], [
    3,
    `Cannot salvage "${dir.home.database}": there is no such file\n`,
  ]);
});

Deno.test("a file that never was a store cannot be salvaged, and leaves nothing behind", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir);
  Deno.writeTextFileSync(dir.home.database, "Dear diary, ".repeat(5000));
  const { code, stderr } = await queuectl(["doctor", "--salvage", dir.file("new")], { home: dir.home.dir });
  assert.deepEqual([code, stderr], [3, `Cannot salvage "${dir.home.database}": nothing of it can be read\n`]);
  assert.deepEqual([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["home"]);
});

Deno.test("a walk finds every row that can be read, and gives up ranges once reading has failed too often", () => {
  const walk = (bad: (key: number) => boolean, mostFailures?: number) => {
    const found: number[] = [];
    let reads = 0;
    const lost = walkTable<number>({
      range: { from: 1, to: 10_000 },
      read({ from, to }) {
        reads += 1;
        const keys = Array.from({ length: to - from + 1 }, (_, n) => from + n);
        if (keys.some(bad)) throw new Error("malformed");
        return keys;
      },
      next: (key) => key,
      take: (rows) => found.push(...rows),
      mostFailures,
    });
    return { found: found.length, lost, reads };
  };
  assert.deepEqual(walk(() => false).lost, []);
  assert.deepEqual(walk((key) => key === 777 || key >= 5000 && key < 6000), {
    found: 10_000 - 1001,
    lost: [{ from: 777, to: 777 }, { from: 5000, to: 5999 }],
    reads: walk((key) => key === 777 || key >= 5000 && key < 6000).reads,
  });
  const { found, reads } = walk((key) => key < 9000, 100);
  assert.ok(reads < 300 && found >= 700, `${reads} reads found ${found}`);
});
