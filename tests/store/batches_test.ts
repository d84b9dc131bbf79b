/**
 * @module
 * Very many jobs at once, whose enqueuer is killed at any moment: all of them are stored or none is, and nothing is
 * left behind.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../src/store/open.ts";
import { type Home, homeAt } from "../../src/system/home.ts";
import { enqueue } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";

const JOBS = 1300;

/** What the jobs have to do with each other. */
type How = "alone" | "needing" | "grouped";

/**
 * Enqueues in a process of its own that dies before its step `last`, or keeps in such a directory what each step would
 * leave if it died then. Returns the ids it printed, if it came to that.
 */
async function enqueueUpTo(
  home: Home,
  last: number | string,
  how: How = "alone",
): Promise<string[] | undefined> {
  const enqueuer = fileURLToPath(new URL("../helpers/killed_enqueuer.ts", import.meta.url));
  const { signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--quiet", "--no-check", "--allow-all", enqueuer],
      ...[home.dir, String(JOBS), String(last), how],
    ],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return signal === null ? new TextDecoder().decode(stdout).trim().split("\n") : undefined;
}

/** How many jobs there are in a sound store once nothing of a dead process is left in it. */
async function countRecovered(home: Home): Promise<number> {
  const store = await openStore(home);
  try {
    while (await store.recover());
    assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
    const { jobs } = await store.list({ limit: 2 * JOBS, sort: "oldest" });
    const [group] = await store.groups();
    if (group) {
      const { state } = jobs.at(-1)!;
      assert.deepEqual([group.open, group.end, group.sealed, state], [JOBS - 1, "open", true, "blocked"]);
    }
    assert.deepEqual(jobs.map(({ id }) => id), jobs.map(({ seq }, i) => i === 0 ? "x" : `j${seq}`));
    return jobs.length;
  } finally {
    store.close();
    const db = new DatabaseSync(home.database);
    for (const table of ["batches", "staged", "staged_names"]) {
      assert.equal(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n, 0, table);
    }
    db.close();
    const names = [...Deno.readDirSync(home.dir)].map(({ name }) => name);
    assert.deepEqual(names.filter((name) => name.startsWith("batch-")), []);
  }
}

/** Looks at what became of the jobs of an enqueuer that died, or did not, and of a backup from then. */
async function storedIn(home: Home): Promise<number> {
  const copy = homeAt(`${home.dir}-copy`);
  Deno.mkdirSync(copy.dir, { mode: 0o700 });
  const store = await openStore(home);
  await store.care.backup!(copy.database);
  store.close();
  const stored = await countRecovered(home);
  assert.ok(stored === 0 || stored === JOBS, `${stored} of ${JOBS} jobs are stored`);
  assert.equal(await countRecovered(copy), stored, "the backup comes to the same");
  return stored;
}

const WHICH: Record<How, string> = {
  alone: "very many jobs",
  needing: "very many jobs that need each other",
  grouped: "a group of very many jobs, and one that comes after it",
};

for (const [how, which] of Object.entries(WHICH) as [How, string][]) {
  Deno.test(`whenever the process that enqueues ${which} is killed, all of them are stored or none is`, async () => {
    using dir = tempDir();
    (await openStore(dir.home)).close();
    const copies = dir.file("copies");
    Deno.mkdirSync(copies);
    const printed = await enqueueUpTo(dir.home, copies, how);
    const names = [...Deno.readDirSync(copies)].map(({ name }) => name);
    const killed: number[] = [];
    for (const name of names) killed.push(await storedIn(homeAt(`${copies}/${name}`)));
    assert.ok(killed.includes(0), "some were killed before they were enqueued");
    assert.ok(killed.includes(JOBS), "some after that");
    assert.deepEqual([printed?.length, await storedIn(dir.home)], [JOBS, JOBS]);
  });
}

Deno.test("ids of very many jobs that were never enqueued are free, and what was enqueued comes with the next job", async () => {
  for (const last of [6, 7]) {
    using dir = tempDir();
    (await openStore(dir.home)).close();
    assert.equal(await enqueueUpTo(dir.home, last), undefined);
    const store = await openStore(dir.home);
    const before = (await store.list({ limit: 2 * JOBS })).jobs.length;
    const enqueued = await enqueue(store, { id: "x" }).then(() => true, ({ name }) => name !== "TakenId");
    if (enqueued) assert.equal(before, 0);
    else assert.equal((await store.get("x"))?.id, "x", "the job that has it is there");
    store.close();
  }
});

Deno.test("jobs that another version staged are moved by the names of their columns", async () => {
  using dir = tempDir();
  (await openStore(dir.home)).close();
  const first = ["a", "q", "echo a", "pending", 1, 2, 3, null, "l", "/", '{"A":"1"}', 0]; // once, rows stood alone
  const same = { state: "pending", queue: "q", cwd: "/", colour: "red" };
  const columns = ["held", "shape", "command", "name", "priority", "max_retries", "timeout_ms"];
  const rows = [[1, "round", "echo b", "b", 1, 2, 3], [0, "square", "echo c", null, 4, 5, 6]];
  const alike = { queue: "q", state: "pending", n: 1 };
  const counted = [{ ...alike, held: true, priority: 1, first: 0 }, {
    ...alike,
    held: false,
    priority: 4,
    first: 1,
  }];
  const head = { same, columns, counted, chosen: ["b"] };
  const db = new DatabaseSync(dir.home.database);
  db.exec("INSERT INTO batches (id, made_at, first) VALUES ('batch-x', 7, 1)");
  db.exec("INSERT INTO staged_names (name) VALUES ('a'), ('b')");
  const stage = db.prepare("INSERT INTO staged (batch, start, jobs) VALUES ('batch-x', ?, ?)");
  stage.run(0, JSON.stringify([first]));
  stage.run(1, JSON.stringify({ head, rows }));
  db.close();

  const store = await openStore(dir.home);
  try {
    while (await store.recover());
    assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
    const { jobs } = await store.list({ limit: 9, sort: "oldest" });
    assert.deepEqual(
      jobs.map(({ id, command, held, priority, timeoutMs }) => [id, command, held, priority, timeoutMs]),
      [["a", "echo a", false, 1, 3], ["b", "echo b", true, 1, 3], ["j3", "echo c", false, 4, 6]],
    );
    assert.deepEqual([jobs[0]!.env, jobs[1]!.env, jobs[1]!.createdAt], [{ A: "1" }, null, 7]);
    await assert.rejects(enqueue(store, { id: "a" }), /the id is taken/);
  } finally {
    store.close();
  }
});
