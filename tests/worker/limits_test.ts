/**
 * @module
 * How much of its host a command may take: each limit with real processes, as this user and as one who is not root.
 */
import assert from "node:assert/strict";
import type { AttemptEnd } from "../../src/worker/messages.ts";
import type { Limits } from "../../src/worker/process/limits.ts";
import { adopt } from "../../src/worker/thread/adopted.ts";
import { Run } from "../../src/worker/thread/run.ts";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { finish, request, slot } from "../helpers/slot.ts";
import { testStore } from "../helpers/worker.ts";

const NONE: Limits = { nice: null, io: null, cpuTimeMs: null, memory: null, maxProcs: null };

async function run(
  command: string,
  limits: Partial<Limits>,
  shell = "sh",
): Promise<AttemptEnd & { printed: string }> {
  await using means = slot();
  const ended = await finish(means, request(means, command, { shell, limits: { ...NONE, ...limits } }));
  return { ...ended, printed: ended.pieces.map(({ bytes }) => new TextDecoder().decode(bytes)).join("") };
}

const NICENESS = "read -r stat </proc/self/stat; set -- ${stat##*)}; echo ${17}";
const FOREVER = "while :; do :; done";

for (const shell of ["sh", "bash"]) {
  Deno.test(`a command gives way to others as it says, and its worker does not: ${shell}`, async () => {
    await using means = slot();
    const own = Number((await run(NICENESS, { memory: 1024 ** 3 }, shell)).printed);
    assert.equal(Number((await run(NICENESS, { nice: 7 }, shell)).printed), Math.min(19, own + 7));
    const after = await finish(means, request(means, NICENESS, { shell }));
    assert.equal(new TextDecoder().decode(after.pieces[0]!.bytes).trim(), String(own));
  });

  Deno.test(`a command has the disk when it says: ${shell}`, async () => {
    assert.equal((await run("ionice -p $$", { io: "idle" }, shell)).printed, "idle\n");
    assert.equal((await run("ionice -p $$", { io: "best-effort" }, shell)).printed, "best-effort: prio 7\n");
  });

  Deno.test(`a command that uses more than its CPU time is ended, which is said: ${shell}`, async () => {
    const itself = await run(FOREVER, { cpuTimeMs: 1000 }, shell);
    assert.deepEqual(
      [itself.outcome, itself.exitCode, itself.signal, itself.error],
      ["failed", null, "SIGXCPU", "used more than its 1s of CPU time"],
    );
    assert.ok(itself.cpuMs! >= 300, `${itself.cpuMs} ms`);
    const another = await run(`sh -c '${FOREVER}'; exit $?`, { cpuTimeMs: 700 }, shell);
    assert.deepEqual([another.outcome, another.exitCode], ["failed", 152]);
    assert.equal(another.error, "exit code 152: one of its processes used more than its 700ms of CPU time");
  });

  Deno.test(`a command gets no more address space than it says: ${shell}`, async () => {
    const huge = "head -c 300000000 /dev/zero | tail 2>/dev/null | wc -c"; // tail keeps a line, be it as long as it likes
    const ended = await run(`${huge}; ulimit -v`, { memory: 100 * 1024 ** 2 }, shell);
    assert.match(ended.printed, /^0\n102400\n/);
    assert.match((await run(huge, { memory: 2 * 1024 ** 3 }, shell)).printed, /^300000000\n$/);
  });
}

Deno.test("a shell of another kind is kept within limits, too, and one that is gone is named", async () => {
  const python = await run("import os; print(os.nice(0))", { nice: 5 }, "python3");
  const own = Number((await run(NICENESS, { memory: 1024 ** 3 })).printed);
  assert.equal(python.printed, `${Math.min(19, own + 5)}\n`);
  assert.equal(
    (await run("true", { nice: 5 }, "no-such-shell")).error,
    'could not start: the shell "no-such-shell" is gone',
  );
});

Deno.test("what a command reads and how it ends are as without limits", async () => {
  await using means = slot();
  const asked = request(means, "cat; exec sh -c 'exit 9'", {
    limits: { ...NONE, nice: 1 },
    stdin: new TextEncoder().encode("read"),
  });
  const ended = await finish(means, asked);
  assert.deepEqual([ended.exitCode, new TextDecoder().decode(ended.pieces[0]!.bytes)], [9, "read"]);
});

Deno.test("a limit above the hard limit of the worker fails the command with a sentence, whoever watches it", async () => {
  await using means = slot();
  // a limit that no user may have: what sets it says the same as for one that only root may have
  const asked = request(means, "echo ran", { limits: { ...NONE, memory: 2 ** 80 } });
  const ended = await finish(means, asked);
  const error =
    "could not start: its memory cannot be set: the worker itself may have less (ulimit -H -v), or the system knows no such limit";
  assert.deepEqual([ended.outcome, ended.error, ended.pieces], ["failed", error, []]);
  const adopted = await new Run({ ...asked }, () =>
    adopt({
      ...asked,
      printed: { stdout: 0, stderr: 0 },
      ...{ claimedAt: 0, outOfSight: null, cancelRequested: false, pausedAt: null, pausedMs: 0 },
    }, means.lookout)).finish();
  assert.deepEqual([adopted.outcome, adopted.error], ["failed", error]);
});

const isRoot = Deno.uid() === 0;
const canBeNobody = isRoot && await canRun("setpriv", ["--reuid=65534", "--clear-groups", "true"]);

async function canRun(program: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

Deno.test({
  name: "a number of processes is refused where the worker is root, for whom it would not hold",
  ignore: !isRoot,
  async fn() {
    const { outcome, error } = await run("true", { maxProcs: 10 });
    assert.deepEqual(
      [outcome, error],
      [
        "failed",
        "could not start: its max_procs would not hold: the worker is root, who may have any number of processes",
      ],
    );
  },
});

for (const way of ["a fork of a slot's shell", "a shell of a slot's shell", "a session of its own"]) {
  Deno.test({
    name: `a kernel that runs out of memory ends a command before its worker: ${way}`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using means = slot();
      const plain = way.includes("fork");
      const command = plain
        ? "cat /proc/self/oom_score_adj"
        : "read -r adj </proc/self/oom_score_adj; echo $adj";
      const ended = await finish(means, request(means, command, { brief: way !== "a session of its own" }));
      assert.equal(new TextDecoder().decode(ended.pieces[0]!.bytes), "500\n");
      const own = Number(Deno.readTextFileSync("/proc/self/oom_score_adj"));
      assert.ok(own < 500, "the worker stays as it is");
    },
  });
}

Deno.test({
  name: "each limit holds for the jobs of a worker that is not root (takes root and setpriv)",
  ignore: !canBeNobody,
  async fn() {
    using test = await testStore();
    const jobs = {
      nice: await test.enqueue(NICENESS, { nice: 9 }),
      io: await test.enqueue("ionice -p $$", { io: "idle" }),
      cpuTime: await test.enqueue(FOREVER, { cpuTimeMs: 1000 }),
      memory: await test.enqueue("ulimit -v; head -c 300000000 /dev/zero | tail >/dev/null", {
        memory: 100 * 1024 ** 2,
      }),
      maxProcs: await test.enqueue("sleep 5 & sleep 5 & sleep 5 & sleep 5 & wait", { maxProcs: 2 }),
      tooMuch: await test.enqueue("echo ran", { cpuTimeMs: 7_200_000 }),
      oom: await test.enqueue("cat /proc/self/oom_score_adj"),
    };
    await new Deno.Command("chown", { args: ["-R", "65534", test.home, test.dir.path] }).output();
    const { code } = await new Deno.Command("sh", {
      args: [
        "-c",
        'ulimit -t 5000; exec setpriv --reuid=65534 --clear-groups "$@"',
        "sh",
        Deno.execPath(),
        ...RUN_FLAGS,
        "--no-check",
        ...[MAIN, "worker", "start", "--burst"],
      ],
      env: { QUEUECTL_HOME: test.home, NO_COLOR: "1", HOME: test.dir.path },
      stdin: "null",
      stdout: "null",
    }).output();
    assert.equal(code, 0);
    const said = async (id: string) => (await test.store.get(id))!;
    assert.equal((await test.output(jobs.nice)).trim(), "9");
    assert.equal(await test.output(jobs.io), "idle\n");
    assert.equal((await said(jobs.cpuTime)).error, "used more than its 1s of CPU time");
    assert.match(await test.output(jobs.memory), /^102400\n.*(?:exhausted|allocate)/s);
    assert.match(await test.output(jobs.maxProcs), /[Cc]annot fork|Resource temporarily unavailable/);
    assert.match(
      (await said(jobs.tooMuch)).error!,
      /^could not start: its cpu_time cannot be set: the worker itself may have less/,
    );
    assert.equal(await test.output(jobs.oom), "500\n");
  },
});
