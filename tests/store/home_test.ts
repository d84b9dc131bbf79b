/**
 * @module
 * Homes that go away under a running process, cannot be written, or are full.
 */
import assert from "node:assert/strict";
import { StoreFull, StoreGone } from "../../src/domain/errors.ts";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { directoryAbove, existingAbove } from "../../src/system/directories.ts";
import { type Home, homeAt } from "../../src/system/home.ts";
import { spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { enqueue, newJob } from "../helpers/jobs.ts";
import { mayMount, smallDisk } from "../helpers/small_disk.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

/** Opens a store of a home, lets `use` do something with it, and closes it. */
async function withStore(home: Home, use: (store: Store) => Promise<unknown>): Promise<void> {
  const store = await openStore(home);
  try {
    await use(store);
  } finally {
    store.close();
  }
}

const losses: [what: string, lose: (dir: TempDir) => void | Promise<void>][] = [
  ["deleted", ({ home }) => Deno.removeSync(home.dir, { recursive: true })],
  ["moved away", ({ home, file }) => Deno.renameSync(home.dir, file("elsewhere"))],
  ["replaced by another", async ({ home, file }) => {
    Deno.renameSync(home.dir, file("elsewhere"));
    await withStore(home, (store) => enqueue(store, {}));
  }],
  ["given another database", async ({ home, file }) => {
    const other = homeAt(file("other"));
    await withStore(other, (store) => enqueue(store, {}));
    Deno.renameSync(other.database, home.database);
  }],
];

for (const [what, lose] of losses) {
  Deno.test(`a home that is ${what} under an open store takes no more writes and answers no more questions`, async () => {
    using dir = tempDir();
    await withStore(dir.home, async (store) => {
      await enqueue(store, {});
      await lose(dir);
      const sentence = {
        name: "StoreGone",
        exitCode: 3,
        message: `The home "${dir.home.dir}" is gone: it was deleted or replaced while queuectl was using it`,
      };
      await assert.rejects(enqueue(store, {}), sentence);
      await assert.rejects(store.states(["j1"]), sentence);
    });
  });
}

Deno.test("a home that was moved away and back is itself again", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await enqueue(store, {});
    Deno.renameSync(dir.home.dir, dir.file("elsewhere"));
    await assert.rejects(enqueue(store, {}), StoreGone);
    Deno.renameSync(dir.file("elsewhere"), dir.home.dir);
    assert.deepEqual(await enqueue(store, {}), ["j2"]);
  });
});

Deno.test("a home that is deleted while a transaction is under way does not acknowledge it", async () => {
  using dir = tempDir();
  await withStore(dir.home, async (store) => {
    await enqueue(store, {});
    function* jobs() {
      yield newJob();
      Deno.removeSync(dir.home.dir, { recursive: true });
      yield newJob();
    }
    await assert.rejects(store.enqueue(jobs(), { now: Date.now(), idFormat: "short" }), StoreGone);
  });
});

Deno.test("whoever waits for a job of a home that is deleted is told so", async () => {
  using dir = tempDir();
  await withStore(dir.home, (store) => enqueue(store, {}));
  const waiting = spawnQueuectl(["wait", "j1"], { home: dir.home.dir });
  await until("it waits", () => exists(`${dir.home.database}-wal`));
  Deno.removeSync(dir.home.dir, { recursive: true });
  const { code, stderr } = await waiting.output();
  assert.equal(code, 3);
  assert.match(new TextDecoder().decode(stderr), /^(The home ".*" is gone|Cannot )/m);
});

Deno.test("a home may be a symbolic link", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.file("real"));
  Deno.symlinkSync(dir.file("real"), dir.home.dir);
  await withStore(dir.home, (store) => enqueue(store, {}));
  await withStore(homeAt(dir.file("real")), async (store) => {
    assert.deepEqual(await store.states(["j1"]), ["pending"]);
  });
});

Deno.test("what is flushed for a new home reaches up to the directory that was there", () => {
  using dir = tempDir();
  assert.equal(directoryAbove("/a/b"), "/a");
  assert.equal(directoryAbove("/"), "/");
  assert.equal(existingAbove(dir.file("a/b/c")), dir.path);
  assert.equal(existingAbove(dir.file("a")), dir.path);
});

const ignore = !mayMount();

Deno.test({ name: "a full disk refuses new jobs, and shows the ones there are", ignore }, async () => {
  using disk = smallDisk();
  const home = disk.home.dir;
  await withStore(disk.home, async (store) => {
    await enqueue(store, {});
    disk.fill();
    await assert.rejects(enqueue(store, {}), StoreFull);
    const run = async (...words: string[]) => {
      const { code, stdout, stderr } = await queuectl(words, { home });
      return { code, stdout, stderr };
    };
    assert.deepEqual(await run("enqueue", "true"), {
      code: 3,
      stdout: "",
      stderr: `Cannot write to "${disk.home.database}": the disk is full\n`,
    });
    assert.match((await run("list")).stdout, /^j1 .*pending/m);
    assert.match((await run("status")).stdout, /^default +1 /m);
    const doctor = await run("doctor");
    assert.equal(doctor.code, 1);
    assert.match(doctor.stdout, /^problem +space /m);
    disk.empty();
    assert.deepEqual(await enqueue(store, {}), ["j2"], "and goes on once there is room");
  });
});

Deno.test(
  { name: "a home that cannot be opened for want of room says so, and loses nothing", ignore },
  async () => {
    using disk = smallDisk();
    await withStore(disk.home, (store) => enqueue(store, {}));
    disk.fill();
    const fails = { name: "StoreFull", exitCode: 3, message: /^Cannot .*: the disk is full$/ };
    await assert.rejects(openStore(disk.home), fails);
    await assert.rejects(openStore(homeAt(disk.file("new"))), fails);
    disk.empty();
    for (const home of [disk.home, homeAt(disk.file("new"))]) {
      await withStore(home, async (store) => {
        assert.deepEqual(await enqueue(store, {}), home === disk.home ? ["j2"] : ["j1"]);
        assert.deepEqual(await store.care.check!(), []);
      });
    }
  },
);

Deno.test({ name: "a home on a read-only file system is refused in one sentence", ignore }, async () => {
  using disk = smallDisk();
  await withStore(disk.home, (store) => enqueue(store, {}));
  disk.makeReadOnly();
  for (const words of [["enqueue", "true"], ["list"], ["show", "j1"], ["status"]]) {
    const { code, stderr } = await queuectl(words, { home: disk.home.dir });
    assert.deepEqual([code, stderr], [
      3,
      `Cannot open "${disk.home.database}": the home is read-only, and even reading takes SQLite a file or two there\n`,
    ]);
  }
  const fresh = await queuectl(["enqueue", "true"], { home: disk.file("new") });
  assert.deepEqual([fresh.code, fresh.stderr], [
    3,
    `Cannot use the home "${disk.file("new")}": it cannot be written\n`,
  ]);
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
