/**
 * @module
 * What a command leaves in the spool when nobody waits for it, how it is found, and how it is kept from beginning.
 */
import assert from "node:assert/strict";
import type { Launch } from "../../src/worker/process/platform.ts";
import { findRuns } from "../../src/worker/process/posix/find.ts";
import { isPlain, keepsToItself, leavesNothing } from "../../src/worker/process/posix/plain.ts";
import { bar, begunAt, hasBegun, spooledEnd } from "../../src/worker/spool/spool.ts";
import { TestLauncher } from "../helpers/launching.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

function request(dir: TempDir, command: string, changes: Partial<Launch> = {}): Launch & { token: string } {
  const token = crypto.randomUUID();
  const env = {
    QUEUECTL_RUN: token,
    QUEUECTL_HOME: dir.path,
    QUEUECTL_JOB_ID: "j1",
    QUEUECTL_ATTEMPT: "1",
    QUEUECTL_QUEUE: "default",
  };
  return {
    token,
    command,
    shell: "sh",
    spool: dir.file(token),
    endsFile: dir.file("ends-0"),
    cwd: dir.path,
    env,
    brief: false,
    byToken: true,
    setsid: Deno.build.os === "linux",
    ...changes,
  };
}

const ENDS: [command: string, exitCode: number | null, signal: string | null][] = [
  ["true", 0, null],
  ["exit 7", 7, null],
  ["exit 137", 137, null],
  ["exit 255", 255, null],
  ["echo (", 2, null],
  ["no-such-program", 127, null],
  ["exec sh -c 'exit 9'", 9, null],
  ["trap 'exit 4' EXIT; exit 3", 4, null],
  ["kill -9 $$", null, "SIGKILL"],
  ["kill $$", null, "SIGTERM"],
  ["sh -c 'kill -9 $$'", 137, null],
  ["set -eu; false; true", 1, null],
  ["set -f; IFS=x; cd /; umask 777; exit 5", 5, null],
  ["exec >/dev/null 2>&1; exit 8", 8, null],
];

for (const shell of ["sh", "bash"]) {
  for (const brief of [false, true]) {
    Deno.test(`the end is left in the spool: ${shell}${brief ? ", when it is expected to be brief" : ""}`, async () => {
      using dir = tempDir();
      await using launcher = new TestLauncher();
      for (const [command, exitCode, signal] of ENDS) {
        const { spool, ...rest } = request(dir, command, { shell, brief });
        await launcher.launch({ spool, ...rest }).ended;
        const end = spooledEnd(spool);
        assert.deepEqual([end?.exitCode, end?.signal], [exitCode, signal], command);
        assert.ok(hasBegun(spool));
      }
    });
  }
}

Deno.test("a command that printed nothing ended when it ended, not when it began, with a witness and without", async () => {
  using dir = tempDir();
  await using launcher = new TestLauncher();
  for (const brief of [false, true]) {
    const { spool, ...rest } = request(dir, "sleep 0.3", { brief });
    await launcher.launch({ spool, ...rest }).ended;
    const tookMs = spooledEnd(spool)!.finishedAt - begunAt(spool)!;
    assert.ok(tookMs >= 250, `${tookMs} ms`); // a file's time is as exact as the kernel's tick
  }
});

Deno.test("another kind of shell leaves its exit code, too", async () => {
  using dir = tempDir();
  await using launcher = new TestLauncher();
  Deno.writeTextFileSync(dir.file("shell"), '#!/bin/sh\nshift\nexec sh -c "$1; exit 6"\n', { mode: 0o700 });
  const one = request(dir, "echo hi", { shell: dir.file("shell"), brief: true });
  await launcher.launch(one).ended;
  assert.deepEqual(spooledEnd(one.spool)?.exitCode, 6);
  assert.equal(Deno.readTextFileSync(`${one.spool}.out`), "hi\n");
});

Deno.test("what watches for high exit codes shows in no trace, of dash or of bash", async () => {
  using dir = tempDir();
  await using launcher = new TestLauncher();
  for (const shell of ["sh", "bash"]) {
    const one = request(dir, "set -x; exit 200", { shell });
    await launcher.launch(one).ended;
    assert.equal(spooledEnd(one.spool)?.exitCode, 200);
    assert.match(Deno.readTextFileSync(`${one.spool}.err`), /^\++ exit 200\n$/, shell);
  }
});

Deno.test("only a command that cannot replace its shell or its traps is plain", () => {
  for (
    const command of ["true", "make -j4 all && echo done", "sleep 3; echo 'a b' >>x 2>&1", "(cd a; ls *.c)"]
  ) {
    assert.ok(isPlain(command), command);
  }
  for (
    const command of [
      "exec sleep 3",
      "a; exec b",
      `e"xe"c b`,
      "trap 'x' EXIT",
      ". ./env.sh; make",
      "source x",
      "eval x",
      "$CMD",
      "`cat cmd`",
      "a\\\nb",
      "true;. ./x",
    ]
  ) {
    assert.ok(!isPlain(command), command);
  }
});

Deno.test("a command that puts something into the background or signals others does not keep to itself", () => {
  for (const command of ["make && echo done", "a >x 2>&1", "a <&3; b", "a | b"]) {
    assert.ok(keepsToItself(command), command);
  }
  for (const command of ["sleep 9 &", "a & b", "a &>x", "a &&b & c", "kill 0", "pkill x"]) {
    assert.ok(!keepsToItself(command), command);
  }
});

for (const procfs of [true, false]) {
  Deno.test(`a running command is found by its token, with its age, ${procfs ? "in /proc" : "without /proc"}`, async () => {
    using dir = tempDir();
    await using launcher = new TestLauncher();
    const one = request(dir, "until [ -e go ]; do sleep 0.1; done", { byToken: procfs });
    const { ended, root } = launcher.launch(one);
    await until("it has begun", () => hasBegun(one.spool));
    const found = await findRuns([one.token, crypto.randomUUID()], procfs);
    assert.deepEqual([...found!.keys()], [one.token]);
    assert.deepEqual([...(await findRuns([one.spool], procfs))!.keys()], [one.spool]);
    const { group, ageMs } = found!.get(one.token)!;
    if (!procfs) assert.equal(group, root());
    assert.ok(ageMs >= 0 && ageMs < 120_000, `${ageMs} ms`);
    assert.ok(Math.abs(Date.now() - begunAt(one.spool)!) < 120_000);
    Deno.writeTextFileSync(dir.file("go"), "");
    await ended;
    assert.deepEqual(await findRuns([one.token], procfs), new Map());
  });
}

for (const procfs of [true, false]) {
  Deno.test(`many running commands are all found at once, ${procfs ? "in /proc" : "without /proc"}`, async () => {
    using dir = tempDir();
    await using launcher = new TestLauncher();
    const gate = "until [ -e go ]; do sleep 0.1; done";
    const all = Array.from({ length: 5 }, () => request(dir, gate, { byToken: procfs }));
    const launched = all.map((one) => launcher.launch(one));
    await until("they have begun", () => all.every(({ spool }) => hasBegun(spool)));
    const found = await findRuns(all.map(({ token }) => token), procfs);
    assert.deepEqual([...found!.keys()].sort(), all.map(({ token }) => token).sort());
    Deno.writeTextFileSync(dir.file("go"), "");
    await Promise.all(launched.map(({ ended }) => ended));
  });

  Deno.test(`who merely has a run's token in its command line is not taken for it, ${procfs ? "in /proc" : "without /proc"}`, async () => {
    using dir = tempDir();
    const { token, spool } = request(dir, "true");
    const child = new Deno.Command("sh", {
      args: ["-c", "echo; read line", "sh", token, `${spool}.out`],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    assert.deepEqual(await findRuns([token], procfs), new Map());
    await child.stdin.close();
    await child.status;
    await reader.cancel();
  });
}

for (const brief of [true, false]) {
  Deno.test(`a barred command does not begin${brief ? ", nor a brief one" : ""}`, async () => {
    using dir = tempDir();
    await using launcher = new TestLauncher();
    const one = request(dir, "echo >began", { brief });
    assert.equal(bar(one.spool), true);
    assert.equal(bar(one.spool), false, "it is barred already");
    const end = await launcher.launch(one).ended;
    assert.ok(end.kind === "ended" && end.code !== 0);
    assert.equal(hasBegun(one.spool), false);
    assert.throws(() => Deno.statSync(dir.file("began")), Deno.errors.NotFound);
  });
}

Deno.test("a command that has begun cannot be barred any more", async () => {
  using dir = tempDir();
  await using launcher = new TestLauncher();
  const one = request(dir, "true");
  await launcher.launch(one).ended;
  assert.equal(bar(one.spool), false);
});

Deno.test("only commands of known programs are certain to leave nothing in the background", () => {
  for (
    const command of ["true", "echo a; exit 3", "cat x | wc -l >y && test -e y", " [ -e x ] || sleep 1 "]
  ) {
    assert.ok(leavesNothing(command), command);
  }
  for (
    const command of [
      "./leave",
      "true; ./leave",
      "ls() { ./leave; }; ls",
      "truer",
      "if ./x; then true; fi",
      "x=1",
    ]
  ) {
    assert.ok(!leavesNothing(command), command);
  }
});
