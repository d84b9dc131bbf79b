/**
 * @module
 * One attempt: real commands, real process trees, real signals.
 */
import assert from "node:assert/strict";
import type { Stream } from "../../src/domain/job.ts";
import type { OutputPiece } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { AdoptRequest, AttemptEnd, RunRequest } from "../../src/worker/messages.ts";
import type { Launch, Launched } from "../../src/worker/process/platform.ts";
import { thisPlatform } from "../../src/worker/process/this_platform.ts";
import { launch } from "../../src/worker/process/posix/launch.ts";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import { begunAt, hasBegun } from "../../src/worker/spool/spool.ts";
import { adopt } from "../../src/worker/thread/adopted.ts";
import { Lookout } from "../../src/worker/thread/lookout.ts";
import type { Result } from "../../src/worker/thread/result.ts";
import type { Begun } from "../../src/worker/thread/begun.ts";
import { Run } from "../../src/worker/thread/run.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

/** Nothing here is brief, so this launcher has no shells to be let go of. */
const means = { launcher: thisPlatform.launcher(), lookout: new Lookout() };

function request(dir: TempDir, changes: Partial<RunRequest> & { command: string }): RunRequest {
  return {
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
    brief: false,
    ...changes,
  };
}

/** Waits for the end of a run, as its thread does: a run by itself keeps no process alive. */
async function finish(run: Run, onOver?: (outcome: AttemptEnd["outcome"]) => void): Promise<AttemptEnd> {
  const alive = setInterval(() => {}, 1000);
  try {
    return await run.finish(onOver);
  } finally {
    clearInterval(alive);
  }
}

async function run(changes: Partial<RunRequest> & { command: string }): Promise<AttemptEnd> {
  using dir = tempDir();
  return await finish(Run.starting(request(dir, changes), means));
}

function bytesOf(pieces: readonly OutputPiece[], stream: Stream): Uint8Array {
  return new Uint8Array(
    pieces.filter((piece) => piece.stream === stream).flatMap((piece) => [...piece.bytes]),
  );
}

function textOf(ended: AttemptEnd, stream: Stream = "stdout"): string {
  return new TextDecoder().decode(bytesOf(ended.pieces, stream));
}

async function processesLeft(token: string): Promise<number[]> {
  return (await signalTree({ token, root: null }, "0", true)).map(({ pid }) => pid);
}

Deno.test("a command runs as sh -c would run it", async () => {
  const ended = await run({ command: `echo "$#-$0"; [ "$$" != "$PPID" ] && echo own; cat; pwd -P | wc -l` });
  assert.equal(textOf(ended), "0-sh\nown\n1\n");
  assert.deepEqual([ended.outcome, ended.exitCode, ended.signal, ended.error], ["completed", 0, null, null]);
});

Deno.test("that an attempt is over is told before its output is read, so that another can begin meanwhile", async () => {
  using dir = tempDir();
  const asked = request(dir, { command: "echo printed" });
  const overs: string[] = [];
  const ended = await finish(Run.starting(asked, means), (outcome) => {
    overs.push(outcome);
    Deno.writeTextFileSync(`${asked.spool}.out`, "later\n", { append: true });
  });
  assert.deepEqual(overs, ["completed"]);
  assert.equal(textOf(ended), "printed\nlater\n");
});

Deno.test("exit codes, syntax errors, exec and traps end as in a plain shell", async () => {
  for (
    const [command, code] of [["exit 7", 7], ["echo (", 2], ["exec sh -c 'exit 9'", 9], [
      "trap 'exit 4' EXIT; exit 3",
      4,
    ], ["no-such-program-here", 127]] as const
  ) {
    const ended = await run({ command });
    assert.deepEqual(
      [ended.outcome, ended.exitCode, ended.error],
      ["failed", code, `exit code ${code}`],
      command,
    );
  }
});

Deno.test("a shell that is killed before it makes the spool has begun nothing, which is given back", async () => {
  const killed = { kind: "ended", code: 130, signal: "SIGINT" } as const;
  const launcher = {
    launch: () => ({ ended: Promise.resolve(killed), witnessed: true, root: () => null, group: () => null }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  using dir = tempDir();
  const ended = await finish(Run.starting(request(dir, { command: "true" }), { ...means, launcher }));
  assert.deepEqual(
    [ended.outcome, ended.signal, ended.error],
    ["unstarted", null, "a shell was killed by SIGINT before it came to the command"],
  );
});

Deno.test("a command that a signal ends has the signal and no exit code", async () => {
  const ended = await run({ command: "kill -9 $$" });
  assert.deepEqual(
    [ended.outcome, ended.exitCode, ended.signal, ended.error],
    ["failed", null, "SIGKILL", "killed by SIGKILL"],
  );
});

Deno.test("a command that prints too much is ended with all its processes, and has failed", async () => {
  using dir = tempDir();
  const asked = request(dir, {
    command: "yes >&2 & echo begun; while :; do echo more; done",
    outputLimit: 1000,
    maxOutput: 2 * 1024 * 1024,
  });
  const run = Run.starting(asked, means);
  const looks = setInterval(() => run.keepSmall(), 5);
  const ended = await finish(run);
  clearInterval(looks);
  assert.deepEqual([ended.outcome, ended.error], ["failed", "printed more than 2MiB"]);
  assert.deepEqual(await processesLeft(asked.token), []);
  assert.equal(textOf(ended).slice(0, 11), "begun\nmore\n");
  assert.ok(bytesOf(ended.pieces, "stderr").length <= 1000);
});

Deno.test("a missing directory fails the attempt and names it", async () => {
  const ended = await run({ command: "true", cwd: "/no/such/dir" });
  assert.equal(ended.outcome, "failed");
  assert.equal(ended.error, 'could not start: the directory "/no/such/dir" is gone');
});

Deno.test("an environment that the system does not take fails the attempt with a sentence", async () => {
  const env = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`V${i}`, "x".repeat(100_000)]));
  const ended = await run({ command: "true", env });
  assert.deepEqual([ended.outcome, ended.error], [
    "failed",
    "could not start: its command and its environment are together more than the system takes",
  ]);
});

Deno.test("a command whose spool was taken away does not begin", async () => {
  using dir = tempDir();
  const ended = await finish(
    Run.starting(request(dir, { command: "echo >began", spool: dir.file("gone/spool") }), means),
  );
  assert.deepEqual([ended.outcome, ended.error], ["unstarted", "its spool cannot be written"]);
  assert.throws(() => Deno.statSync(dir.file("began")), Deno.errors.NotFound);
});

Deno.test("the environment is the worker's with the job's over it and the token in it", async () => {
  using dir = tempDir();
  const asked = request(dir, {
    command: `echo "$GREETING $QUEUECTL_RUN"; [ -n "$PATH" ]`,
    env: { GREETING: "hi" },
  });
  const ended = await finish(Run.starting(asked, means));
  assert.equal(textOf(ended), `hi ${asked.token}\n`);
  assert.equal(ended.outcome, "completed");
});

Deno.test("another shell runs the command in place of sh", async () => {
  const ended = await run({ command: 'echo "${BASH_VERSION:+bash}" "$#"', shell: "bash" });
  assert.equal(textOf(ended), "bash 0\n");
});

Deno.test("output is kept byte for byte, each stream for itself", async () => {
  const ended = await run({ command: String.raw`printf '\377\000\200x'; printf '\376' >&2` });
  assert.deepEqual([...bytesOf(ended.pieces, "stdout")], [0xff, 0, 0x80, 0x78]);
  assert.deepEqual([...bytesOf(ended.pieces, "stderr")], [0xfe]);
  assert.equal(ended.outcome, "completed");
});

Deno.test("a stream past its limit keeps its beginning and its end", async () => {
  const ended = await run({ command: "seq 1 100000", outputLimit: 1000 });
  const [first, last] = ended.pieces;
  assert.equal(ended.pieces.length, 2);
  assert.equal(first!.start, 0);
  assert.equal(first!.bytes.length, 500);
  assert.match(new TextDecoder().decode(last!.bytes), /\n99999\n100000\n$/);
  const whole = 588_895; // what `seq 1 100000 | wc -c` says
  assert.equal(last!.start + last!.bytes.length, whole);
  assert.equal(last!.bytes.length, 500);
});

Deno.test("output shows while the command runs, and each byte once", async () => {
  using dir = tempDir();
  const going = Run.starting(
    request(dir, { command: `echo one; until [ -e go ]; do sleep 0.1; done; echo two` }),
    means,
  );
  const finished = finish(going);
  const live = await until("the first line shows", () => {
    const pieces = going.live();
    return pieces.length > 0 ? pieces : undefined;
  });
  assert.equal(new TextDecoder().decode(bytesOf(live, "stdout")), "one\n");
  Deno.writeTextFileSync(dir.file("go"), "");
  const ended = await finished;
  assert.equal(textOf(ended), "two\n");
  assert.equal(ended.pieces[0]!.start, 4);
});

for (
  const [what, command] of [
    ["children", "sleep 300 & sleep 300; echo never"],
    ["children in other sessions and re-parented ones", "setsid sleep 300 & (sleep 300 &) ; sleep 300"],
    ["a command that emptied its environment", "exec env -i sleep 300"],
    ["a child that emptied its environment", "env -i sleep 300; echo never"],
    ["a stopped command", "kill -STOP $$; echo never"],
  ] as const
) {
  Deno.test(`a timeout ends ${what} at once and leaves nothing behind`, async () => {
    using dir = tempDir();
    const asked = request(dir, { command, timeoutMs: 300, killGraceMs: 200_000 });
    const started = performance.now();
    const ended = await finish(Run.starting(asked, means));
    const tookMs = performance.now() - started;
    assert.deepEqual([ended.outcome, ended.error], ["timed_out", "timed out after 300ms"]);
    assert.ok(tookMs >= 300 && tookMs < 200_000, `took ${tookMs} ms`);
    assert.deepEqual(await processesLeft(asked.token), []);
    assert.equal(textOf(ended), "");
  });
}

Deno.test("a timeout of many weeks does not end a job at once", async () => {
  const ended = await run({ command: "sleep 0.1; echo done", timeoutMs: 90 * 86_400_000 });
  assert.deepEqual([ended.outcome, textOf(ended)], ["completed", "done\n"]);
});

Deno.test("what ignores SIGTERM is killed after kill_grace, not before", async () => {
  using dir = tempDir();
  const command = `trap "" TERM; echo $$; sleep 300; echo never`;
  const asked = request(dir, { command, timeoutMs: 2000, killGraceMs: 700 });
  const started = performance.now();
  const ended = await finish(Run.starting(asked, means));
  assert.ok(performance.now() - started >= 2700);
  assert.deepEqual([ended.outcome, ended.signal], ["timed_out", "SIGKILL"]);
  assert.deepEqual(await processesLeft(asked.token), []);
});

Deno.test("a command may use its grace to end in order", async () => {
  using dir = tempDir();
  const going = Run.starting(
    request(dir, {
      command: `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done`,
    }),
    means,
  );
  const finished = finish(going);
  await until("it is up", () => going.live().length > 0);
  going.end("cancelled", 20_000);
  const ended = await finished;
  assert.deepEqual([ended.outcome, ended.exitCode, textOf(ended)], ["cancelled", 0, "bye\n"]);
});

Deno.test("without /proc the process group is ended, children included", async () => {
  using dir = tempDir();
  const command = "sleep 300 & (sleep 300 &) ; sleep 300";
  const asked = request(dir, { command, timeoutMs: 300, byToken: false });
  const ended = await finish(Run.starting(asked, means));
  assert.equal(ended.outcome, "timed_out");
  assert.deepEqual(await processesLeft(asked.token), []);
});

Deno.test("a job is over when its first process ends, whatever it left running in the background", async () => {
  using dir = tempDir();
  const asked = request(dir, { command: "sleep 300 & echo done" });
  const ended = await finish(Run.starting(asked, means));
  assert.deepEqual([ended.outcome, textOf(ended)], ["completed", "done\n"]);
  assert.equal((await signalTree({ token: asked.token, root: null }, "KILL", true)).length, 1);
});

/** Starts a command as another worker would have, and adopts it. */
async function adopted(
  dir: TempDir,
  { byToken, ...changes }: Partial<RunRequest> & { command: string; byToken: boolean },
): Promise<{ asked: AdoptRequest; run: Run }> {
  const token = crypto.randomUUID();
  const asked: AdoptRequest = {
    ...request(dir, { token, spool: dir.file(token), byToken, ...changes }),
    printed: { stdout: 4, stderr: 0 },
    claimedAt: Date.now(),
    outOfSight: null,
    cancelRequested: false,
    pausedAt: null,
    pausedMs: 0,
  };
  launch({ ...asked, env: { QUEUECTL_RUN: asked.token } }).unref();
  await until("it has begun", () => hasBegun(asked.spool));
  const lookout = new Lookout();
  return { asked, run: new Run(asked, () => adopt(asked, lookout), asked.printed) };
}

for (const byToken of [true, false]) {
  const how = byToken ? "in /proc" : "without /proc";

  Deno.test(`an adopted command is found ${how}; its end and the rest of its output are seen`, async () => {
    using dir = tempDir();
    const command = "echo one; until [ -e go ]; do sleep 0.1; done; echo two; exit 3";
    const { run } = await adopted(dir, { command, byToken });
    const finished = finish(run);
    Deno.writeTextFileSync(dir.file("go"), "");
    const ended = await finished;
    assert.deepEqual([ended.outcome, ended.exitCode, textOf(ended)], ["failed", 3, "two\n"]);
  });

  Deno.test(`a timeout ends an adopted command that is found ${how} with its children`, async () => {
    using dir = tempDir();
    const { asked, run } = await adopted(dir, { command: "sleep 300 & sleep 300", byToken, timeoutMs: 500 });
    const ended = await finish(run);
    assert.deepEqual([ended.outcome, ended.error], ["timed_out", "timed out after 500ms"]);
    assert.deepEqual(await processesLeft(asked.token), []);
  });

  Deno.test(`an adopted command that was killed with all its shells is lost, ${how}`, async () => {
    using dir = tempDir();
    const { asked, run } = await adopted(dir, { command: "sleep 300", byToken });
    const finished = finish(run);
    await signalTree({ token: asked.token, root: null }, "KILL", true);
    const ended = await finished;
    assert.deepEqual([ended.outcome, ended.exitCode], ["lost", null]);
  });
}

Deno.test("an adopted command that is out of sight is settled by what it left, or lost for the given reason", async () => {
  using dir = tempDir();
  const { asked, run } = await adopted(dir, { command: "exit 4", byToken: true });
  assert.equal((await finish(run)).exitCode, 4);
  const elsewhere = { ...asked, outOfSight: "lost: its worker is gone" };
  const again = await finish(new Run(elsewhere, () => adopt(elsewhere, new Lookout())));
  assert.deepEqual([again.outcome, again.exitCode], ["failed", 4]);
  const other = { ...elsewhere, token: crypto.randomUUID(), spool: dir.file("other") };
  const lost = await finish(new Run(other, () => adopt(other, new Lookout())));
  assert.deepEqual([lost.outcome, lost.error], ["lost", "lost: its worker is gone"]);
});

/** A command that has left its end and of which nobody has told yet; it is told of once `tell` is called. */
function endedUntold(asked: RunRequest, waiter: number | null) {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const begun: Begun = {
    ended: promise,
    witnessed: true,
    byOutput: false,
    inSight: true,
    root: () => null,
    group: () => null,
    waiter: () => waiter,
    startedAt: Date.now(),
    ageMs: 0,
  };
  return {
    run: new Run(asked, () => begun),
    tell: () => resolve({ outcome: "completed", exitCode: 0, signal: null, error: null }),
  };
}

Deno.test("what has left its end before it could be ended has its own result, whatever was asked for", async () => {
  using dir = tempDir();
  for (const reason of ["released", "cancelled"] as const) {
    const asked = request(dir, { command: "true" });
    Deno.writeTextFileSync(`${asked.spool}.exit.0`, "");
    const { run, tell } = endedUntold(asked, Deno.pid);
    run.end(reason, 0);
    const finished = finish(run);
    setTimeout(tell); // not before it is looked for
    assert.deepEqual([(await finished).outcome, (await finished).exitCode], ["completed", 0]);
  }
});

Deno.test("what was not there any more when it was signalled has its own result", async () => {
  using dir = tempDir();
  const { run, tell } = endedUntold(request(dir, { command: "true", timeoutMs: 1 }), 1);
  const finished = finish(run);
  setTimeout(tell, 10); // the timeout comes before
  assert.equal((await finished).outcome, "completed");
});

for (const brief of [false, true]) {
  Deno.test(`jobs that end at the moment of a forced stop are completed or interrupted, never both${brief ? ", also brief ones" : ""}`, async () => {
    using dir = tempDir();
    // Its shells, like a run, keep no process alive.
    const alive = setInterval(() => {}, 1000);
    using _ = { [Symbol.dispose]: () => clearInterval(alive) };
    await using launcher = thisPlatform.launcher();
    const command = "until [ -e go ]; do sleep 0.1; done";
    const env = {
      QUEUECTL_JOB_ID: "j1",
      QUEUECTL_ATTEMPT: "1",
      QUEUECTL_QUEUE: "q",
      QUEUECTL_HOME: dir.path,
    };
    const runs = Array.from({ length: 15 }, () => {
      const token = crypto.randomUUID();
      const asked = request(dir, { command, brief, env, token, spool: dir.file(token) });
      return Run.starting(asked, { launcher, lookout: means.lookout });
    });
    const finished = runs.map((one) => finish(one));
    await until(
      "all have begun",
      () =>
        [...Deno.readDirSync(dir.path)].filter(({ name }) => name.endsWith(".err")).length === runs.length,
    );
    Deno.writeTextFileSync(dir.file("go"), "");
    for (const [i, run] of runs.entries()) {
      run.end("released", 5000);
      if (i % 5 === 4) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    for (const ended of await Promise.all(finished)) {
      const own = ended.outcome === "completed" && ended.exitCode === 0;
      const interrupted = ended.outcome === "released" && ended.exitCode !== 0;
      assert.ok(own || interrupted, JSON.stringify(ended));
    }
  });
}

Deno.test("the time of a command is counted from when its shell began, as those see it who come later", async () => {
  using dir = tempDir();
  const launcher = {
    launch(asked: Launch): Launched {
      let real: Launched | undefined;
      const ended = systemClock.sleep(300).then(() => (real = means.launcher.launch(asked)).ended);
      return { ended, witnessed: true, root: () => real?.root() ?? null, group: () => real?.group() ?? null };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const asked = request(dir, { command: "sleep 60", timeoutMs: 600 });
  const { outcome, finishedAt } = await Run.starting(asked, { ...means, launcher }).finish();
  assert.equal(outcome, "timed_out");
  const took = finishedAt - begunAt(asked.spool)!;
  assert.ok(took >= 600, `it ran for ${took} ms`);
});
