/**
 * @module
 * A disk with hardly any room: one job that prints without end hurts no other, and when somebody else has filled it,
 * what has to end can still end. Takes a machine on which the tests may mount.
 */
import assert from "node:assert/strict";
import { reserveSize } from "../../src/store/reserve.ts";
import { goodForMs } from "../../src/worker/spool/full_disk.ts";
import { Lookout } from "../../src/worker/thread/lookout.ts";
import { Run } from "../../src/worker/thread/run.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { newJob } from "../helpers/jobs.ts";
import { TestLauncher } from "../helpers/launching.ts";
import { mayMount, smallDisk } from "../helpers/small_disk.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

const ignore = !mayMount();
/** A shell that gives room back may go on after what it was started for. */
const SHELL_GOES_ON = { sanitizeOps: false, sanitizeResources: false };
const MIB = 1024 * 1024;

/** The files in the spools of all supervisors. */
function spooled({ dir }: TestStore): string[] {
  const filesIn = (path: string): string[] =>
    [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
      isDirectory ? filesIn(`${path}/${name}`) : [name]
    );
  return [...Deno.readDirSync(dir.home.spool)].filter(({ isDirectory }) => isDirectory).flatMap(({ name }) =>
    filesIn(`${dir.home.spool}/${name}`)
  );
}

async function ok(test: TestStore, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await queuectl(args, { home: test.home });
  assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
  return stdout;
}

Deno.test("that there was room is believed for as long as a GB a second cannot have filled it", () => {
  assert.equal(goodForMs(20 * MIB), 1000 * 20 / 1024);
  assert.equal(goodForMs(100 * 1024 * MIB), 1000);
});

Deno.test("on a disk of 20 MB, whatever prints too fast for it says why it failed", { ignore }, async () => {
  const disk = smallDisk("20m");
  using test = await testStore(disk);
  await test.set({ output_limit: "64KiB" });
  await using _worker = await startWorker(test.home);
  for (let i = 0; i < 4; i++) {
    for (const command of ["yes", "yes 2>&1; exit 1"]) {
      const { error } = await test.reaches(await test.enqueue(command, { timeoutMs: 500 }), "dead");
      assert.match(error!, /^(timed out after .*|exit code 1; the disk (was|may have been) full)$/);
    }
  }
});

Deno.test("what has filled the disk by its end, while nobody looked, has made room when it is settled", {
  ignore,
  ...SHELL_GOES_ON,
}, async () => {
  using disk = smallDisk("20m");
  await using launcher = new TestLauncher();
  const lookout = new Lookout();
  const spool = disk.file("spool");
  const command = "cat /dev/zero; exit 1";
  const limits = { timeoutMs: 0, killGraceMs: 5000, outputLimit: 64 * 1024, maxOutput: 0, idleTimeoutMs: 0 };
  const how = { shell: "sh", cwd: disk.path, env: {}, byToken: true, setsid: true, brief: false };
  const request = {
    token: crypto.randomUUID(),
    spool,
    endsFile: disk.file("ends-0"),
    command,
    ...limits,
    ...how,
  };
  // Only its thread would look, and there is none.
  const { error, pieces } = await Run.starting(request, { launcher, lookout }).finish();
  assert.equal(error, "exit code 1; the disk was full");
  const last = pieces.at(-1)!;
  assert.ok(last.start + last.bytes.length > 19 * MIB, "what it printed is counted");
  assert.ok(Deno.statSync(`${spool}.out`).size < 2 * MIB);
});

Deno.test("what has filled the disk before anybody looked, and before there was a reserve, is settled", {
  ignore,
  ...SHELL_GOES_ON,
}, async () => {
  const disk = smallDisk("20m");
  using test = await testStore(disk);
  await test.set({ output_limit: "64KiB" });
  const ids = await Promise.all([1, 2, 3].map(() => test.enqueue("cat /dev/zero; exit 1")));
  await using _worker = await startWorker(test.home);
  for (const id of ids) assert.match((await test.reaches(id, "dead")).error!, /^exit code 1; the disk/);
});

Deno.test("on a disk of 20 MB, what prints without end leaves room for the others", { ignore }, async () => {
  const disk = smallDisk("20m");
  using test = await testStore(disk);
  await test.set({ backoff_base: "0", max_retries: "5", output_limit: "64KiB" });
  await using _worker = await startWorker(test.home, ["--count", "2"]);
  // On a machine that has other things to do, it may fill the disk before anybody looks: then it fails, and says why.
  const ended = (by: RegExp) => new RegExp(`^(${by.source}|exit code 1; the disk (was|may have been) full)$`);
  const yes = await test.enqueue("yes", { timeoutMs: 1000 });
  const other = await test.enqueue("sleep 1; head -c 1024 /dev/zero", { maxRetries: 9 });
  assert.match((await test.reaches(yes, "dead")).error!, ended(/timed out after 1s/));
  await test.reaches(other, "completed");
  await test.set({ max_output: "50MiB" });
  const more = await test.enqueue("yes");
  assert.match((await test.reaches(more, "dead")).error!, ended(/printed more than 50MiB/));
  const id = (await ok(test, "enqueue", "sleep 600")).trim();
  await ok(test, "cancel", id);
  await test.reaches(id, "cancelled");
  await until("the spool is empty", () => spooled(test).every((name) => name.startsWith("ends-")));
});

Deno.test(
  "on a disk that others have filled, what has to end ends, and workers come and go",
  { ignore },
  async () => {
    const disk = smallDisk("20m");
    using test = await testStore(disk);
    await test.store.setQueue("held", { paused: true });
    const done = await test.enqueue("echo before");
    await using worker = await startWorker(test.home, ["--count", "4", "--slots", "2"]);
    await test.reaches(done, "completed");
    const endings = await Promise.all([
      test.enqueue(`until [ -e ${test.dir.file("go")} ]; do sleep 0.1; done; exit 3`),
      test.enqueue(`head -c 300000 /dev/zero; until [ -e ${test.dir.file("go")} ]; do sleep 0.1; done`),
    ]);
    const long = await test.enqueue("sleep 600");
    const other = await test.enqueue("sleep 600");
    for (const id of [...endings, long, other]) await test.reaches(id, "processing");
    await until("the reserve is there", () => reserveSize(test.dir.home) >= 2 * MIB);

    disk.fill();
    // What the log of the database has room for is used up, too.
    for (let full = false; !full;) {
      const jobs = Array.from(
        { length: 50 },
        () => newJob({ command: `: ${"x".repeat(2000)}`, queue: "held" }),
      );
      full = await test.store.enqueue(jobs, { now: Date.now(), idFormat: "short" }).then(
        () => false,
        () => true,
      );
    }
    const refused = await queuectl(["enqueue", "true"], { home: test.home });
    assert.deepEqual([refused.code, /the disk is full/.test(refused.stderr)], [3, true]);
    assert.ok(reserveSize(test.dir.home) >= 2 * MIB, "producers do not eat the reserve");

    Deno.mkdirSync(test.dir.file("go"));
    assert.equal((await test.reaches(endings[0]!, "dead")).error, "exit code 3; the disk was full");
    await test.reaches(endings[1]!, "completed");
    await ok(test, "cancel", long);
    await test.reaches(long, "cancelled");
    await ok(test, "worker", "stop", "--timeout", "0", "--wait");
    assert.equal(await worker.ended, 0);
    await test.reaches(other, "pending");
    await ok(test, "hold", other);

    await using next = await startWorker(test.home);
    await ok(test, "prune", "--older-than", "0");
    assert.equal(await test.store.get(done), undefined);
    await ok(test, "delete", endings[0]!);
    disk.empty();
    await ok(test, "release", other);
    await test.reaches(other, "processing");
    await ok(test, "cancel", other);
    await test.reaches(other, "cancelled");
    await until("the reserve is whole again", () => reserveSize(test.dir.home) >= 2 * MIB);
    await ok(test, "worker", "stop", "--wait");
    assert.equal(await next.ended, 0, next.printed());
  },
);
