/**
 * @module
 * What jobs read: each attempt all of it, whatever becomes of their worker.
 */
import assert from "node:assert/strict";
import type { RunRequest } from "../../src/worker/messages.ts";
import { thisPlatform } from "../../src/worker/process/this_platform.ts";
import { Lookout } from "../../src/worker/thread/lookout.ts";
import { Run } from "../../src/worker/thread/run.ts";
import { succeeds } from "../helpers/finished.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

const text = new TextDecoder();
const bytes = (of: string) => new TextEncoder().encode(of);

async function run(dir: TempDir, changes: Partial<RunRequest> & { command: string }) {
  const request: RunRequest = {
    token: crypto.randomUUID(),
    shell: "sh",
    spool: dir.file(`spool-${crypto.randomUUID()}`),
    endsFile: dir.file("ends-0"),
    cwd: dir.path,
    env: {},
    timeoutMs: 0,
    killGraceMs: 5000,
    outputLimit: 1024 * 1024,
    maxOutput: 0,
    idleTimeoutMs: 0,
    byToken: true,
    setsid: Deno.build.os === "linux",
    brief: true,
    ...changes,
  };
  const alive = setInterval(() => {}, 1000);
  await using launcher = thisPlatform.launcher();
  try {
    const ended = await Run.starting(request, { launcher, lookout: new Lookout() }).finish();
    return { ...ended, printed: ended.pieces.map((one) => text.decode(one.bytes)).join("") };
  } finally {
    clearInterval(alive);
  }
}

Deno.test("a command reads its stdin from the spool, from where only this user can", async () => {
  using dir = tempDir();
  const { printed, outcome } = await run(dir, {
    command: 'read -r first; echo "first: $first"; cat; stat -Lc %a /dev/stdin',
    stdin: bytes("one\ntwo\nthree"),
  });
  assert.deepEqual([outcome, printed], ["completed", "first: one\ntwo\nthree600\n"]);
});

Deno.test("without one, stdin is closed; an empty one is empty", async () => {
  using dir = tempDir();
  for (const stdin of [null, new Uint8Array()]) {
    const { printed } = await run(dir, { command: "cat; echo end", stdin });
    assert.equal(printed, "end\n");
  }
});

for (const shell of ["bash", "fish"]) {
  Deno.test(`${shell} reads it, too`, { ignore: !succeeds(shell, "-c", ":") }, async () => {
    using dir = tempDir();
    const { printed } = await run(dir, { shell, command: "cat", stdin: bytes("for another shell") });
    assert.equal(printed, "for another shell");
  });
}

Deno.test("a mebibyte that nobody reads holds up nobody", async () => {
  using dir = tempDir();
  const { outcome } = await run(dir, { command: "true", stdin: new Uint8Array(1024 * 1024) });
  assert.equal(outcome, "completed");
});

Deno.test("where the spool is gone, what was to be read is nobody's fault", async () => {
  using dir = tempDir();
  const { outcome } = await run(dir, { command: "cat", stdin: bytes("x"), spool: dir.file("gone/spool") });
  assert.equal(outcome, "unstarted");
});

Deno.test("a shell that does not find what it is to read does not begin the command", async () => {
  using dir = tempDir();
  const spool = dir.file("spool-x");
  const launcher = thisPlatform.launcher();
  const { ended } = launcher.launch({
    command: "echo ran >ran",
    shell: "sh",
    spool,
    endsFile: dir.file("ends-0"),
    cwd: dir.path,
    env: {},
    reads: true,
    brief: false,
    byToken: true,
    setsid: Deno.build.os === "linux",
  });
  const alive = setInterval(() => {}, 1000);
  const end = await ended;
  clearInterval(alive);
  await launcher[Symbol.asyncDispose]();
  assert.ok(end.kind === "ended" && end.code !== 0);
  assert.throws(() => Deno.statSync(dir.file("ran")), Deno.errors.NotFound);
});

Deno.test("each attempt reads from the start, and nothing of it is left in the spool", async () => {
  using test = await testStore();
  await test.set({ backoff_base: "0.01" });
  const id = await test.enqueue("cat; exit 3", { stdin: bytes("read me\n"), maxRetries: 1 });
  await using worker = await startWorker(test.home, ["--burst"]);
  await worker.ended;
  assert.equal((await test.store.get(id))!.lastAttempt, 2);
  for (const attempt of [1, 2]) assert.equal(await test.output(id, attempt), "read me\n");
  assert.deepEqual(Array.from(Deno.readDirSync(`${test.home}/spool`)), []);
});

Deno.test("a job whose worker was killed reads on, and the next worker settles it", async () => {
  using test = await testStore();
  const command = 'read -r line; echo "$line"; : >up; until [ -e go ]; do sleep 0.1; done; cat';
  const id = await test.enqueue(command, { stdin: bytes("before\nafter\n") });
  const worker = await startWorker(test.home);
  await until("it has read a line", () => existsSync(test.dir.file("up")));
  worker.signal("SIGKILL");
  await worker.ended;
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await using _next = await startWorker(test.home);
  const job = await test.reaches(id, "completed", "dead");
  assert.deepEqual([job.state, job.attempts, await test.output(id)], ["completed", 1, "before\nafter\n"]);
});

function existsSync(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
