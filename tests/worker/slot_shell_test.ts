/**
 * @module
 * Brief commands run one after the other through a shell that is there already, and notice nothing of it.
 */
import assert from "node:assert/strict";
import type { AttemptEnd } from "../../src/worker/messages.ts";
import { findRuns } from "../../src/worker/process/posix/find.ts";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import { bar, hasBegun, spooledEnd } from "../../src/worker/spool/spool.ts";
import { adopt } from "../../src/worker/thread/adopted.ts";
import { Run } from "../../src/worker/thread/run.ts";
import { finish, request, slot } from "../helpers/slot.ts";
import { until } from "../helpers/until.ts";

function printed(ended: AttemptEnd): string {
  return ended.pieces.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
}

/** The shell that such a command runs in: its parent, or what it was forked from. */
const SESSION = `sh -c 'read -r _ _ _ _ _ session _ </proc/self/stat; echo "$session"'`;

/** Commands that run in a fork of the slot's shell, and such that get a shell of their own. */
const COMMANDS = [
  "true",
  "exit 7",
  "exit 137",
  "exit 255",
  "exit 999",
  "echo out; echo err >&2; false",
  "echo (",
  "no-such-program",
  "cat; cd /; pwd; umask 777; exit 5",
  "return 3",
  "for i in 1 2; do break; done; echo after",
  "break; echo after",
  "set -eu; false; true",
  "exec sh -c 'exit 9'",
  "trap 'exit 4' EXIT; exit 3",
  "sh -c 'exit 9'; echo $?",
  `echo "$#-$0-$QUEUECTL_RUN" | cut -c1-5`,
  "env | grep -Ev '^QUEUECTL_(RUN|SAY|RESULT|CHECKPOINT)=' | sort",
  "printf 'h\\303\\251 \\377\\n'",
  "echo hé; ls /proc/self/fd | wc -l",
  "grep 'Sig[BIC]' /proc/self/status; grep -c . /proc/self/limits; umask",
  "(: </dev/tty) 2>/dev/null || echo no terminal",
  "  ",
];

Deno.test("a brief command ends and prints as it would with a shell of its own, whatever ran before it", async () => {
  await using one = slot();
  for (const command of COMMANDS) {
    const env = { GREETING: ' it\'s "hi" ', PWD_BEFORE: "a=b" };
    const alone = await finish(one, request(one, command, { env, brief: false }));
    for (const again of ["", ", again"]) {
      const brief = await finish(one, request(one, command, { env }));
      const says = (
        ended: AttemptEnd,
      ) => [ended.outcome, ended.exitCode, ended.signal, ended.error, printed(ended)];
      assert.deepEqual(says(brief), says(alone), command + again);
    }
  }
});

Deno.test("a brief command has its own job's attempt, queue, notes and directory, whatever those before it had", async () => {
  await using one = slot();
  Deno.mkdirSync(one.dir.file("sub"));
  const [here, sub] = [one.dir.path, one.dir.file("sub")];
  const jobs = [
    { attempt: "1", queue: "default", id: "j1", cwd: here, ends: "ends-0" },
    { attempt: "2", queue: "default", id: "j2", cwd: here, ends: "ends-0" },
    { attempt: "2", queue: "mail", id: "j3", cwd: sub, ends: "ends-1" },
    { attempt: "2", queue: "mail", id: "j4", cwd: sub, ends: "ends-1" },
    { attempt: "1", queue: "default", id: "j1", cwd: here, ends: "ends-0" },
  ];
  for (const { attempt, queue, id, cwd, ends } of jobs) {
    const env = { QUEUECTL_ATTEMPT: attempt, QUEUECTL_QUEUE: queue, QUEUECTL_JOB_ID: id };
    const changes = { env, cwd, endsFile: one.dir.file(ends) };
    const asked = request(one, "env | grep -E '^QUEUECTL_(ATTEMPT|QUEUE|JOB_ID)=' | sort; pwd -P", changes);
    const said = [`QUEUECTL_ATTEMPT=${attempt}`, `QUEUECTL_JOB_ID=${id}`, `QUEUECTL_QUEUE=${queue}`];
    assert.deepEqual(printed(await finish(one, asked)).split("\n"), [...said, Deno.realPathSync(cwd), ""]);
    assert.match(Deno.readTextFileSync(one.dir.file(ends)), new RegExp(`^${asked.token} 0$`, "m"));
  }
});

Deno.test("brief commands share a session one after the other, and no two of them at the same time", async () => {
  await using one = slot();
  const command = `${SESSION}; until [ -e go ]; do sleep 0.1; done`;
  const both = [request(one, command), request(one, command)];
  const running = both.map((asked) => finish(one, asked));
  await until("both have begun", () => both.every(({ spool }) => hasBegun(spool)));
  Deno.writeTextFileSync(one.dir.file("go"), "");
  const sessions = (await Promise.all(running)).map(printed);
  assert.notEqual(sessions[0], sessions[1]);
  const next = printed(await finish(one, request(one, command)));
  assert.ok(sessions.includes(next), "a shell is used again");
  const long = printed(await finish(one, request(one, command, { brief: false })));
  assert.ok(!sessions.includes(long));
});

for (
  const [how, command] of [["a command", "./all"], ["a command with a shell of its own", "./all; echo $?"]]
) {
  Deno.test(`${how} that kills its process group ends itself and nobody else`, async () => {
    await using one = slot();
    Deno.writeTextFileSync(one.dir.file("all"), "#!/bin/sh\nkill -9 0\n", { mode: 0o700 });
    const other = request(one, "until [ -e go ]; do sleep 0.1; done");
    const going = finish(one, other);
    await until("the other has begun", () => hasBegun(other.spool));
    const killed = await finish(one, request(one, command!));
    assert.deepEqual([killed.outcome, killed.signal, killed.error], [
      "failed",
      "SIGKILL",
      "killed by SIGKILL",
    ]);
    assert.equal(
      (await finish(one, request(one, "true"))).outcome,
      "completed",
      "the slot has another shell",
    );
    Deno.writeTextFileSync(one.dir.file("go"), "");
    assert.equal((await going).outcome, "completed");
  });
}

for (
  const [how, command] of [["a command", "./leave"], [
    "a command with a shell of its own",
    './leave; echo "$?"',
  ]]
) {
  Deno.test(`what ${how} leaves in the background shares its process group with no later command`, async () => {
    await using one = slot();
    const waiting =
      "trap 'echo told >told' TERM; while [ -e pid ] && [ ! -e go ]; do sleep 0.01; done; kill 0; : >gone";
    Deno.writeTextFileSync(one.dir.file("left"), `#!/bin/sh\necho $$ >pid\n${waiting}\n`, { mode: 0o700 });
    const leave = "#!/bin/sh\n./left </dev/null >/dev/null 2>&1 &\nuntil [ -s pid ]; do sleep 0.1; done\n";
    Deno.writeTextFileSync(one.dir.file("leave"), leave, { mode: 0o700 });
    Deno.writeTextFileSync(one.dir.file("all"), "#!/bin/sh\nkill -TERM 0\n", { mode: 0o700 });
    const before = printed(await finish(one, request(one, SESSION)));
    assert.equal((await finish(one, request(one, command!))).outcome, "completed");
    assert.equal((await finish(one, request(one, "./all"))).signal, "SIGTERM");
    assert.throws(() => Deno.statSync(one.dir.file("told")), Deno.errors.NotFound, "it got another's signal");
    const next = request(one, `${SESSION}; until [ -e gone ]; do sleep 0.1; done`);
    const going = finish(one, next);
    await until("the next has begun", () => hasBegun(next.spool));
    Deno.writeTextFileSync(one.dir.file("go"), "");
    const ended = await going;
    assert.equal(ended.outcome, "completed", "another got its signal");
    assert.notEqual(printed(ended), before);
  });
}

for (
  const [how, command] of [
    ["in a loop of the shell", "while :; do :; done"],
    ["with children", "sleep 300; echo never"],
    ["with a shell of its own", 'x=1; sleep 300; echo "$x"'],
    ["that emptied its environment", "env -i sleep 300; echo never"],
  ]
) {
  Deno.test(`a timeout ends a brief command ${how}, and the next one runs`, async () => {
    await using one = slot();
    const asked = request(one, command!, { timeoutMs: 200, killGraceMs: 20_000 });
    const ended = await finish(one, asked);
    assert.deepEqual([ended.outcome, ended.error], ["timed_out", "timed out after 200ms"]);
    assert.deepEqual(await signalTree({ token: asked.token, spool: asked.spool, root: null }, "0", true), []);
    assert.equal((await finish(one, request(one, "true"))).outcome, "completed");
  });

  Deno.test(`another worker adopts a brief command ${how}, and can end it`, async () => {
    await using one = slot();
    const asked = request(one, command!);
    const left = one.launcher.launch({ ...asked, env: { ...asked.env, QUEUECTL_RUN: asked.token } });
    await until("it has begun", () => hasBegun(asked.spool));
    assert.deepEqual([...(await findRuns([asked.token], true))!.keys()], [asked.token]);
    const adopting = {
      ...asked,
      printed: { stdout: 0, stderr: 0 },
      claimedAt: Date.now(),
      outOfSight: null,
      cancelRequested: false,
      pausedAt: null,
      pausedMs: 0,
    };
    const run = new Run(adopting, () => adopt(adopting, one.lookout));
    const finished = run.finish();
    run.end("cancelled", 20_000);
    assert.equal((await finished).outcome, "cancelled");
    assert.deepEqual(await signalTree({ token: asked.token, spool: asked.spool, root: null }, "0", true), []);
    await left.ended;
  });
}

Deno.test("a brief command runs on when its shell is killed, and its end is seen", async () => {
  await using one = slot();
  const asked = request(one, "until [ -e go ]; do sleep 0.1; done; echo done; exit 6");
  const launched = one.launcher.launch({ ...asked, env: { ...asked.env, QUEUECTL_RUN: asked.token } });
  await until("it has begun", () => hasBegun(asked.spool));
  Deno.kill(launched.root()!, "SIGKILL");
  const end = await launched.ended;
  assert.deepEqual(end, { kind: "orphaned", signal: "SIGKILL" });
  const { found, ended } = one.lookout.watch(asked.spool, { mark: asked.token, byToken: true });
  assert.ok(await found);
  Deno.writeTextFileSync(one.dir.file("go"), "");
  assert.equal((await ended)?.exitCode, 6);
});

Deno.test("a brief command's end is noted as whoever waits for a shell sees it", async () => {
  await using one = slot();
  for (const [command, code] of [["exit 256", 0], ["exit 999", 231]] as const) {
    const asked = request(one, command);
    await one.launcher.launch({ ...asked, env: { ...asked.env, QUEUECTL_RUN: asked.token } }).ended;
    assert.equal(spooledEnd(asked.spool)?.exitCode, code);
  }
});

Deno.test("without its worker, a slot's shell ends once it has run what it has", async () => {
  await using one = slot();
  const asked = request(one, "until [ -e go ]; do sleep 0.1; done; exit 6");
  const launched = one.launcher.launch({ ...asked, env: { ...asked.env, QUEUECTL_RUN: asked.token } });
  await until("it has begun", () => hasBegun(asked.spool));
  const letGo = one.launcher[Symbol.asyncDispose]();
  Deno.writeTextFileSync(one.dir.file("go"), "");
  await launched.ended;
  assert.equal(spooledEnd(asked.spool)?.exitCode, 6);
  await letGo;
  assert.equal(launched.root(), null);
});

for (const brief of [true, false]) {
  Deno.test(`a shell that is gone is named, ${brief ? "" : "not "}expected to be brief, and the next command runs`, async () => {
    await using one = slot();
    Deno.writeTextFileSync(one.dir.file("text"), "no program", { mode: 0o600 });
    for (const name of ["sh", "fish"]) {
      const shell = one.dir.file(`gone/${name}`);
      const gone = await finish(one, request(one, "echo >began", { brief, shell }));
      assert.deepEqual([gone.outcome, gone.error], [
        "failed",
        `could not start: the shell "${shell}" is gone`,
      ]);
    }
    const nameless = await finish(one, request(one, "echo >began", { brief, shell: "no-such-fish" }));
    assert.equal(nameless.error, 'could not start: the shell "no-such-fish" is gone');
    const shell = one.dir.file("text");
    const text = await finish(one, request(one, "echo >began", { brief, shell }));
    assert.match(text.error!, /^could not start: the shell ".*\/text" cannot be executed/);
    assert.throws(() => Deno.statSync(one.dir.file("began")), Deno.errors.NotFound);
    assert.equal(
      (await finish(one, request(one, "exit 127", { brief, shell: "bash" }))).error,
      "exit code 127",
    );
  });
}

/** What cannot be entered can be by root, who runs tests in containers. */
const isRoot = Deno.uid() === 0;

Deno.test("what is wrong with the directory of a brief command is named", async () => {
  await using one = slot();
  const file = one.dir.file("a file");
  Deno.writeTextFileSync(file, "");
  const locked = one.dir.file("locked");
  Deno.mkdirSync(`${locked}/within`, { recursive: true });
  Deno.chmodSync(locked, 0o600);
  const cases = [
    [`${one.dir.path}/no/such/way`, "is gone"],
    ["/no such", "is gone"],
    [`${one.dir.path}/${"x".repeat(300)}`, "is gone"],
    [file, "is not a directory"],
    [`${file}/within`, "is not a directory"],
    ...(isRoot ? [] : [locked, `${locked}/within`].map((path) => [path, "cannot be entered by this user"])),
  ];
  for (const [cwd, why] of cases) {
    const { outcome, error } = await finish(one, request(one, "echo >began", { cwd: cwd! }));
    assert.deepEqual([outcome, error], ["failed", `could not start: the directory "${cwd}" ${why}`]);
  }
  assert.equal((await finish(one, request(one, "exit 3"))).error, "exit code 3");
  Deno.chmodSync(locked, 0o700);
});

Deno.test("a barred brief command does not begin, and one whose directory is gone says so", async () => {
  await using one = slot();
  const barred = request(one, "echo >began");
  assert.ok(bar(barred.spool));
  assert.equal((await finish(one, barred)).outcome, "unstarted");
  const nowhere = await finish(one, request(one, "echo >began", { cwd: one.dir.file("gone") }));
  assert.equal(nowhere.error, `could not start: the directory "${one.dir.file("gone")}" is gone`);
  assert.throws(() => Deno.statSync(one.dir.file("began")), Deno.errors.NotFound);
  assert.equal((await finish(one, request(one, "true"))).outcome, "completed");
});
