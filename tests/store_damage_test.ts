/**
 * @module
 * Damaged databases: noticed, never written over, never a defect of the program, and salvaged as far as they go.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../src/errors.ts";
import { type Home, homeAt } from "../src/home.ts";
import { openStore } from "../src/store/open.ts";
import { salvage, survey } from "../src/store/sqlite/salvage.ts";
import type { Store } from "../src/store/store.ts";
import { queuectl } from "./helpers/cli.ts";
import { claim, enqueue, newSupervisor, T0 } from "./helpers/jobs.ts";
import { type TempDir, tempDir } from "./helpers/temp.ts";
import { JOBS, makeUsedHome, RAN } from "./helpers/used_home.ts";

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

/** Damage, and the least share of the jobs that must be saved after it. */
const damages: [what: string, damage: (home: Home) => void, saved: number][] = [
  ["garbage in its header", ({ database }) => change(database, (bytes) => garble(bytes, 0, 100)), 1],
  ["garbage in its first page", ({ database }) => change(database, (bytes) => garble(bytes, 100, PAGE)), 1],
  ["a first page of nothing but garbage", ({ database }) => change(database, (b) => garble(b, 0, PAGE)), 1],
  ["a first page of zeros", ({ database }) => change(database, (b) => void b.fill(0, 0, PAGE)), 1],
  ["the first eight pages garbled", ({ database }) => change(database, (b) => garble(b, 0, 8 * PAGE)), 0],
  [
    "garbage in the middle",
    ({ database }) => change(database, (b) => garble(b, b.length / 2, b.length / 2 + 5 * PAGE)),
    0.9,
  ],
  ["its last quarter cut off", ({ database }) => change(database, (b) => b.slice(0, b.length * 3 / 4)), 0],
  ["its second half cut off", ({ database }) => change(database, (b) => b.slice(0, b.length / 2)), 0],
  ["all but 5000 bytes cut off", ({ database }) => change(database, (b) => b.slice(0, 5000)), 0],
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
    const salvaged = await salvageTo(dir, dir.home);
    const { jobs } = salvaged;
    if (Deno.env.get("SHOW")) console.log(JSON.stringify(salvaged));
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
    assert.deepEqual(await store.check(), []);
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
    attempts: { saved: RAN, lost: 0 },
    output: { saved: RAN, lost: 0 },
    figures: { saved: 6, lost: 0 },
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
    ]
      .map((table) => db.prepare(`SELECT * FROM ${table}`).all());
    db.close();
    return rows;
  };
  const again = dir.file("again.db");
  await salvage(dir.home, again);
  assert.deepEqual(dump(again), dump(dir.home.database));
});
