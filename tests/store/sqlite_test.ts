/**
 * @module
 * The SQLite store: the contract, its file, and many processes on one file.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { StoreUnusable } from "../../src/domain/errors.ts";
import { openStore } from "../../src/store/open.ts";
import { MOST_DUE } from "../../src/store/sqlite/due.ts";
import { type Home, homeAt } from "../../src/system/home.ts";
import { claim, claimOne, enqueue, exchangeOf, newSupervisor, prune, T0 } from "../helpers/jobs.ts";
import { openNewStore } from "../helpers/new_store.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { LIMITING, MANAGING, RUNNING, storeContract } from "../store_contract/contract.ts";
import type { Opened } from "../store_contract/suite.ts";

const openSqlite = async (): Promise<Opened> => {
  const dir = tempDir();
  const store = await openNewStore(dir.home);
  return {
    store,
    another: () => openStore(dir.home),
    file: dir.file("copy.db"),
    [Symbol.dispose]() {
      store.close();
      dir[Symbol.dispose]();
    },
  };
};

storeContract("SQLite", openSqlite, Deno.test, [...MANAGING, ...RUNNING, ...LIMITING]);

/** Opens a store, lets `use` do something with it, and closes it. */
async function withStore<T>(home: Home, use: (store: Awaited<ReturnType<typeof openStore>>) => Promise<T>) {
  const store = await openStore(home);
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/** Changes the database behind the store's back. */
function tamper(home: Home, sql: string): void {
  const db = new DatabaseSync(home.database);
  db.exec(sql);
  db.close();
}

function pragma(home: Home, name: string): unknown {
  const db = new DatabaseSync(home.database);
  const row = db.prepare(`PRAGMA ${name}`).get()!;
  db.close();
  return Object.values(row)[0];
}

Deno.test("the home is its owner's alone, and so is every file in it", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await enqueue(store, {});
    assert.equal(Deno.statSync(dir.home.dir).mode! & 0o777, 0o700);
    const modes = [...Deno.readDirSync(dir.home.dir)]
      .map(({ name }) => `${name} ${(Deno.statSync(`${dir.home.dir}/${name}`).mode! & 0o777).toString(8)}`);
    assert.deepEqual(modes.sort(), ["doorbell 600", "queue.db 600", "queue.db-shm 600", "queue.db-wal 600"]);
    await store.care.backup!(dir.file("copy.db"));
    assert.equal(Deno.statSync(dir.file("copy.db")).mode! & 0o777, 0o600);
  });
});

Deno.test("a new database is in WAL mode, can shrink, and is marked as ours", async () => {
  using dir = tempDir();
  await withStore(dir.home, (store) => enqueue(store, {}));
  assert.equal(pragma(dir.home, "journal_mode"), "wal");
  assert.equal(pragma(dir.home, "auto_vacuum"), 2);
  assert.equal(pragma(dir.home, "application_id"), 0x5143544c);
});

Deno.test("a database opened again is as it was, and needs no migration", async () => {
  using dir = tempDir();
  await withStore(dir.home, (store) => enqueue(store, { id: "x" }));
  const before = pragma(dir.home, "schema_version");
  await withStore(dir.home, async (store) => assert.deepEqual(await store.states(["x"]), ["pending"]));
  assert.equal(pragma(dir.home, "schema_version"), before);
});

Deno.test("create: false refuses to make a store, and leaves nothing behind", async () => {
  using dir = tempDir();
  await assert.rejects(openStore(dir.home, { create: false }), {
    name: "StoreUnusable",
    exitCode: 3,
    message: `There is no store in "${dir.home.dir}": enqueue a job to make one`,
  });
  assert.throws(() => Deno.statSync(dir.home.dir), Deno.errors.NotFound);
});

const unusable: [what: string, make: (dir: TempDir) => Home, sentence: RegExp][] = [
  [
    "a home that is a file",
    (dir) => {
      Deno.writeTextFileSync(dir.home.dir, "");
      return dir.home;
    },
    /^Cannot use the home ".*home": it is not a directory$/,
  ],
  [
    "a home below a file",
    (dir) => {
      Deno.writeTextFileSync(dir.file("file"), "");
      return homeAt(dir.file("file/home"));
    },
    /^Cannot use the home ".*file\/home": it is not a directory$/,
  ],
  [
    "a home that cannot be made",
    () => homeAt("/proc/home"),
    /^Cannot use the home "\/proc\/home": it cannot be written$/,
  ],
  [
    "a database that is a directory",
    (dir) => {
      Deno.mkdirSync(dir.home.database, { recursive: true });
      return dir.home;
    },
    /^Cannot use ".*queue\.db": it is not a file$/,
  ],
  [
    "a database that is not one",
    (dir) => {
      Deno.mkdirSync(dir.home.dir);
      Deno.writeTextFileSync(dir.home.database, "Dear diary, ".repeat(500));
      return dir.home;
    },
    /^Cannot use ".*queue\.db": it is damaged, or was never a SQLite database; run queuectl doctor$/,
  ],
  [
    "a database of another program",
    (dir) => {
      Deno.mkdirSync(dir.home.dir);
      tamper(dir.home, "CREATE TABLE bookmarks (url TEXT); PRAGMA user_version=1");
      return dir.home;
    },
    /^Cannot use ".*queue\.db": it is a database of another program$/,
  ],
];

for (const [what, make, sentence] of unusable) {
  Deno.test(`${what} is unusable, in one sentence`, async () => {
    using dir = tempDir();
    await assert.rejects(openStore(make(dir)), (error) => {
      assert.ok(error instanceof StoreUnusable && error.exitCode === 3);
      assert.match(error.message, sentence);
      return true;
    });
  });
}

Deno.test("a database written by a newer version is left alone", async () => {
  using dir = tempDir();
  await withStore(dir.home, (store) => enqueue(store, {}));
  tamper(dir.home, "PRAGMA user_version=999");
  await assert.rejects(openStore(dir.home), {
    name: "StoreNewer",
    message: /a newer queuectl wrote it \(version 999, this one knows \d+\); update queuectl$/,
  });
  assert.equal(pragma(dir.home, "user_version"), 999);
});

Deno.test("a damaged database is reported as such, by what meets the damage and by check()", async () => {
  using dir = tempDir();
  await withStore(dir.home, (store) => enqueue(store, ...Array.from({ length: 5000 }, () => ({}))));
  const { size } = Deno.statSync(dir.home.database);
  using file = Deno.openSync(dir.home.database, { write: true });
  file.seekSync(size / 2, Deno.SeekMode.Start);
  file.writeSync(new Uint8Array(size / 4).fill(0x5a));
  await withStore(dir.home, async (store) => {
    assert.notDeepEqual(await store.care.check!(), []);
    await assert.rejects(store.list({ limit: 5000 }), {
      name: "StoreDamaged",
      message: /queue\.db": it is damaged; run queuectl doctor$/,
    });
  });
});

Deno.test("recount() and check() find what was changed behind the store's back", async () => {
  using dir = tempDir();
  await withStore(dir.home, (store) => enqueue(store, {}, {}));
  tamper(
    dir.home,
    `UPDATE counts SET n = 7; UPDATE overall_figures SET enqueued = 0;
     INSERT INTO figures SELECT 'total', 0, 'x', 0, 3, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0`,
  );
  await withStore(dir.home, async (store) => {
    assert.deepEqual(await store.recount(), [
      'The pending jobs of queue "default" are 2 (0 held), but 7 (0 held) were counted',
      'Queue "x" has no jobs, but is not noted as empty',
      'Queue "x" has 0 wait times in its figures for 3 attempts',
      "The queues' figures count 2 enqueued, but those of all queues 0",
      "The queues' figures count 3 started, but those of all queues 0",
      "There are 2 enqueued, but the figures count 0",
    ]);
  });
  for (
    const [sql, sentence] of [
      ["DELETE FROM lanes", "has pending jobs, but is in no lane"],
      ["UPDATE lanes SET seq = 2", "has pending jobs that come before the place of its lane"],
      ["UPDATE lanes SET closed = 1", "may run jobs, but its lane is closed"],
    ] as const
  ) {
    tamper(
      dir.home,
      `UPDATE counts SET n = 2; DELETE FROM figures WHERE queue = 'x'; UPDATE overall_figures SET enqueued = 2;
       DELETE FROM lanes; INSERT INTO lanes VALUES ('default', 0, 1, 0); ${sql}`,
    );
    await withStore(dir.home, async (store) => {
      assert.deepEqual(await store.recount(), [`Queue "default" ${sentence}`]);
    });
  }
});

Deno.test("a backup taken while others write is a store of its own, complete up to a moment", async () => {
  using dir = tempDir();
  using copy = tempDir();
  Deno.mkdirSync(copy.home.dir);
  await withStore(dir.home, async (store) => {
    await enqueue(store, ...Array.from({ length: 2000 }, () => ({})));
    const writer = await openStore(dir.home);
    const writing = (async () => {
      for (let i = 0; i < 50; i++) await enqueue(writer, {}, {});
    })();
    await store.care.backup!(copy.home.database);
    await writing;
    writer.close();
  });
  await withStore(copy.home, async (store) => {
    assert.deepEqual(await store.care.check!(), []);
    assert.deepEqual(await store.recount(), []);
    const { pending } = (await store.queues())[0]!.counts;
    assert.ok(pending >= 2000 && pending % 2 === 0, `${pending} jobs`);
  });
});

Deno.test("a backup that cannot be written says so and leaves nothing", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await assert.rejects(store.care.backup!(dir.file("no/such/dir.db")), {
      name: "Refused",
      message: /^Cannot back up to ".*": there is no such directory$/,
    });
  });
});

Deno.test("a store busy for a while makes everybody wait and nobody fail", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    const blocker = new DatabaseSync(dir.home.database);
    blocker.exec("BEGIN IMMEDIATE");
    let done = false;
    const enqueued = enqueue(store, {}).finally(() => done = true);
    let turns = 0;
    await until("the thread has had time for other things", () => ++turns > 20);
    assert.equal(done, false);
    assert.deepEqual(await store.states(["j1"]), [undefined], "reading goes on meanwhile");
    blocker.exec("COMMIT");
    blocker.close();
    assert.deepEqual(await enqueued, ["j1"]);
  });
});

Deno.test("pages that pruned jobs leave are given back to the file system", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await enqueue(store, {}, ...Array.from({ length: 1500 }, () => ({ command: "x".repeat(4000) })));
    const ids = Array.from({ length: 1500 }, (_, n) => `j${n + 2}`);
    await store.cancel(ids, T0);
  });
  const before = pragma(dir.home, "page_count") as number;
  const sizeBefore = Deno.statSync(dir.home.database).size;
  await withStore(dir.home, async (store) => {
    assert.equal(await prune(store, T0 + 1), 1500);
    assert.deepEqual(await store.states(["j1", "j2"]), ["pending", undefined]);
    assert.deepEqual([...(await store.care.check!())!, ...await store.recount()], []);
  });
  const after = pragma(dir.home, "page_count") as number;
  assert.ok(after <= before - 100, `${before} pages became ${after}`);
  assert.ok(Deno.statSync(dir.home.database).size < sizeBefore);
});

Deno.test("an idle exchange writes nothing", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { held: true }, { runAt: T0 + 1 });
    const size = () => Deno.statSync(`${dir.home.database}-wal`).size;
    const before = size();
    const { claimed } = await store.exchange(exchangeOf("s", { free: ["w"] }));
    assert.deepEqual([claimed, size()], [[], before]);
  });
});

Deno.test("when very many jobs are due at once, an exchange takes some and says that there are more", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, ...Array.from({ length: MOST_DUE + 9 }, () => ({ runAt: T0 + 1 })));
    assert.equal((await store.exchange(exchangeOf("s", { now: T0 + 5 }))).nextDueAt, T0 + 1);
    assert.equal((await store.exchange(exchangeOf("s", { now: T0 + 5 }))).nextDueAt, null);
    assert.equal((await store.queues())[0]!.counts.pending, MOST_DUE + 9);
  });
});

Deno.test("very many jobs at once: a process killed in the midst leaves none of them", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await enqueue(store, {});
    const child = start(dir.home, "bulk", "200000");
    await until("it is in the midst", () => Deno.statSync(`${dir.home.database}-wal`).size > 2e6);
    child.kill("SIGKILL");
    await child.output();
    assert.deepEqual(await enqueue(store, {}), ["j2"]);
    assert.equal((await store.list({ limit: 9 })).jobs.length, 2);
    assert.deepEqual(await store.recount(), []);
  });
});

Deno.test("processes that open a new home all at once share one sound database", async () => {
  using dir = tempDir();
  const ended = await Promise.all(Array.from({ length: 8 }, () => start(dir.home, "enqueue", "5").output()));
  assert.deepEqual(ended.map(({ stderr }) => text(stderr)), Array.from({ length: 8 }, () => ""));
  await withStore(dir.home, async (store) => {
    assert.equal((await store.queues())[0]!.counts.pending, 40);
    assert.deepEqual(await store.care.check!(), []);
  });
  assert.equal(pragma(dir.home, "auto_vacuum"), 2);
});

Deno.test("eight workers and three enqueuers on one store: every job runs once and nobody hears of locks", async () => {
  using dir = tempDir();
  const workers = Array.from({ length: 8 }, (_, i) => start(dir.home, "drain", `s${i}`, "300").output());
  const enqueuers = Array.from({ length: 3 }, () => start(dir.home, "enqueue", "100").output());
  const ended = await Promise.all([...workers, ...enqueuers]);
  assert.deepEqual(ended.map(({ stderr }) => text(stderr)).filter((stderr) => stderr !== ""), []);
  await withStore(dir.home, async (store) => {
    assert.equal((await store.queues())[0]!.counts.completed, 300);
    const [total] = await store.figures({ span: "total" });
    assert.equal(total!.figures.started, 300, "no job ran twice");
    assert.deepEqual(await store.recount(), []);
  });
});

Deno.test("a process killed while it holds jobs keeps nobody else from working", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await enqueue(store, {}, {});
    await store.register(newSupervisor("killed"));
    await claimOne(store, "killed");
  });
  await withStore(dir.home, async (store) => {
    await store.register(newSupervisor("next"));
    assert.deepEqual((await claim(store, "next", { count: 9 })).map(({ id }) => id), ["j2"]);
    assert.deepEqual((await store.running("killed")).map(({ job }) => job.id), ["j1"]);
  });
});

Deno.test("the home alone needs to be readable and writable", async () => {
  using dir = tempDir();
  const flags = [`--allow-read=${dir.home.dir}`, `--allow-write=${dir.home.dir}`];
  const { stderr } = await startWith([...flags], dir.home, "enqueue", "2").output();
  assert.equal(text(stderr), "");
});

Deno.test("a doorbell that somebody deleted is made and heard again", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    let rings = 0;
    using _listener = store.listen(() => rings += 1);
    for (let round = 0; round < 2; round++) {
      Deno.removeSync(dir.home.doorbell);
      // Nobody enqueues meanwhile: ringing would make a new one, too.
      await until("there is a new one", () => {
        try {
          return Deno.statSync(dir.home.doorbell).isFile;
        } catch {
          return false;
        }
      });
      const before = rings;
      await withStore(dir.home, (other) => enqueue(other, {}));
      await until("it is heard", () => rings > before);
    }
  });
});

Deno.test("without permission for the home the message names the exact flags", async () => {
  using dir = tempDir();
  const [read, write] = [`--allow-read=${dir.home.dir}`, `--allow-write=${dir.home.dir}`];
  for (const [flags, missing] of [[[], `${read} ${write}`], [[read], write], [[write], read]] as const) {
    const { stderr } = await startWith([...flags], dir.home, "enqueue", "1").output();
    assert.equal(
      text(stderr),
      `PermissionMissing: Cannot open the store in "${dir.home.dir}": ` +
        `run again with ${missing}\n`,
    );
  }
});

/** A process of its own that works on a home; see `helpers/store_user.ts`. What goes wrong is on its stderr. */
function start(home: Home, ...words: string[]): Deno.ChildProcess {
  return startWith(["--allow-all"], home, ...words);
}

function startWith(flags: string[], home: Home, ...words: string[]): Deno.ChildProcess {
  const user = fileURLToPath(new URL("../helpers/store_user.ts", import.meta.url));
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", "--no-check", ...flags, user, home.dir, ...words],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
