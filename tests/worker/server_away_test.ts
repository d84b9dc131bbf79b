/**
 * @module
 * Workers whose server is away for a while, or far away: what runs runs on, and what is queued is picked up. Slow.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { StoreUnusable } from "../../src/domain/errors.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { delayed } from "../helpers/delayed.ts";
import { newJob } from "../helpers/jobs.ts";
import { lossy } from "../helpers/lossy.ts";
import { newAddress, ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { readUntil } from "../helpers/printed.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const server = await postgresServer();
const PATIENCE_MS = 180_000;

/** A worker in a process of its own, and how it ends. */
async function worker(dir: TempDir, address: string, slots: number): Promise<() => Promise<string>> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...RUN_FLAGS, "--allow-net", MAIN, "worker", "start", "--slots", String(slots)],
    env: { QUEUECTL_HOME: dir.home.dir, QUEUECTL_STORE: address, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { ended, printed } = await readUntil(child, { what: "it works", pattern: / started\n/ });
  return async () => {
    child.kill("SIGTERM");
    await ended;
    return printed();
  };
}

function enqueue(store: Store, dir: TempDir, commands: readonly string[]): Promise<string[]> {
  const jobs = commands.map((command) => newJob({ command, cwd: dir.path }));
  return store.enqueue(jobs, { now: Date.now(), idFormat: "short" });
}

async function allCompleted(store: Store, count: number): Promise<void> {
  await until("all are completed", async () => {
    try {
      return (await store.summary(0)).counts.completed === count;
    } catch (error) {
      if (!(error instanceof StoreUnusable)) throw error;
      return false;
    }
  }, PATIENCE_MS);
}

testWith(
  server,
  "a server that is away for less than a lease: jobs run on, are settled afterwards, and none runs twice",
  async () => {
    await using own = await ownServer();
    using dir = tempDir();
    const store = await openPostgresStore(own.url, dir.home, {});
    try {
      const stop = await worker(dir, own.url, 2);
      const ids = await enqueue(store, dir, [
        "echo 1 >>starts; echo before; until [ -e away ]; do sleep 0.1; done; echo during; touch ended",
        "echo 2 >>starts; until [ -e back ]; do sleep 0.1; done; echo after",
        "echo 3 >>starts",
      ]);
      await until("two run", async () => (await store.summary(0)).counts.processing === 2);
      await until("both have begun", () => lines(dir.file("starts")) === 2);
      await own.kill();
      Deno.writeTextFileSync(dir.file("away"), "");
      await until("one has ended meanwhile", () => exists(dir.file("ended")));
      await own.start();
      Deno.writeTextFileSync(dir.file("back"), "");
      await allCompleted(store, ids.length);
      assert.doesNotMatch(await stop(), /cut off/);
      assert.equal(lines(dir.file("starts")), 3);
      for (const id of ids) {
        assert.deepEqual((await store.attempts(id)).map(({ outcome }) => outcome), ["completed"]);
      }
      const text = new TextDecoder();
      const first = await store.output(ids[0]!, 1);
      assert.equal(first.map(({ bytes }) => text.decode(bytes)).join(""), "before\nduring\n");
      assert.deepEqual(await store.recount(), []);
    } finally {
      store.close();
    }
  },
);

testWith(
  server,
  "a worker that is told to stop stops, though its server is silent: what that does not know the next one tells it",
  async () => {
    await using way = lossy(server);
    using dir = tempDir();
    const near = newAddress(server);
    const store = await openPostgresStore(near, dir.home, {});
    try {
      const stop = await worker(dir, near.replace(server.url!, way.server.url!), 1);
      const command = "echo 1 >>starts; until [ -e silent ]; do sleep 0.1; done; echo done; touch ended";
      const [id] = await enqueue(store, dir, [command]);
      await until("it has begun", () => lines(dir.file("starts")) === 1);
      way.mode = "silent";
      Deno.writeTextFileSync(dir.file("silent"), "");
      await until("it has ended", () => exists(dir.file("ended")));
      assert.match(await stop(), / stopping without the store, which does not answer\n/);
      const stopNext = await worker(dir, near, 1);
      await allCompleted(store, 1);
      await stopNext();
      assert.equal(lines(dir.file("starts")), 1);
      assert.deepEqual((await store.attempts(id!)).map(({ outcome }) => outcome), ["completed"]);
    } finally {
      store.close();
    }
  },
);

testWith(
  server,
  "a server that is 40 ms away: jobs are picked up, and go there and back together",
  async () => {
    await using line = delayed(server, 40);
    using dir = tempDir();
    const near = newAddress(server);
    const far = near.replace(server.url!, line.server.url!);
    const store = await openPostgresStore(near, dir.home, {});
    try {
      const stop = await worker(dir, far, 8);
      const [id] = await enqueue(store, dir, ["true"]);
      await until("it is picked up", async () => (await store.states([id!]))[0] === "completed");
      const before = line.asked;
      const ids = await enqueue(store, dir, Array.from({ length: 200 }, () => "true"));
      await allCompleted(store, ids.length + 1);
      const asked = line.asked - before;
      assert.ok(asked < ids.length, `${asked} questions for ${ids.length} jobs`);
      await stop();
      const attempts = await Promise.all(ids.map((id) => store.attempts(id)));
      assert.ok(attempts.every(({ length }) => length === 1));
    } finally {
      store.close();
    }
  },
);

function lines(path: string): number {
  return exists(path) ? Deno.readTextFileSync(path).split("\n").length - 1 : 0;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
