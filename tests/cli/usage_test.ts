/**
 * @module
 * The command line as such: help, suggestions, flags that may stand anywhere, errors and exit codes.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { MAIN, spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { newJob } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

const COMMANDS = [
  ...[
    "enqueue",
    "list",
    "show",
    "needs",
    "logs",
    "wait",
    "cancel",
    "retry",
    "delete",
    "edit",
    "hold",
    "release",
  ],
  ...["pause", "resume", "result", "progress", "snooze", "alive"],
  ...[
    "dlq",
    "schedule",
    "queue",
    "limit",
    "worker",
    "status",
    "metrics",
    "config",
    "prune",
    "store",
    "backup",
    "doctor",
    "completions",
    "version",
  ],
];

Deno.test("queuectl alone, and --help, name every command", async () => {
  using dir = tempDir();
  const bare = await queuectl([], { home: dir.path });
  const help = await queuectl(["--help"], { home: dir.path });
  assert.deepEqual([bare.code, help.code, help.stdout], [0, 0, bare.stdout]);
  for (const name of COMMANDS) assert.match(bare.stdout, new RegExp(`^  ${name}\\b`, "m"));
});

Deno.test("help and --version work as people who do not know the program type them", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const asked = await queuectl(["help", "worker", "start"], { home });
  assert.deepEqual(asked, await queuectl(["worker", "start", "--help"], { home }));
  assert.deepEqual(await queuectl(["help"], { home }), await queuectl(["--help"], { home }));
  const version = await queuectl(["--version"], { home });
  assert.match(version.stdout, /^queuectl \d+\.\d+\.\d+ /);
});

Deno.test("every command and every group has help with examples", async () => {
  using dir = tempDir();
  const paths = [...COMMANDS, "dlq list", "dlq retry", "queue set", "worker start"];
  for (const path of paths) {
    const { code, stdout, stderr } = await queuectl([...path.split(" "), "--help"], { home: dir.path });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, new RegExp(`^Usage: queuectl ${path}`, "m"));
    assert.match(stdout, /^Examples\n {2}queuectl /m);
    assert.match(stdout, /--home DIR[^]*--store ADDRESS[^]*--json[^]*--quiet[^]*--help/);
  }
  const group = await queuectl(["dlq"], { home: dir.path });
  assert.deepEqual([group.code, group.stdout.includes("Usage: queuectl dlq COMMAND")], [0, true]);
});

Deno.test("a mistyped command or flag gets a suggestion and exit code 2", async () => {
  using dir = tempDir();
  const cases: [string[], string][] = [
    [["enqeue", "true"], 'Unknown command "enqeue", did you mean "enqueue"?'],
    [["dlq", "lst"], 'Unknown command "lst", did you mean "list"?'],
    [["frobnicate"], 'Unknown command "frobnicate"; --help shows which there are'],
    [["list", "--stat", "dead"], "Unknown flag --stat, did you mean --state?"],
    [["list", "--frobnicate"], "Unknown flag --frobnicate; --help shows what it takes"],
    [["list", "dead"], 'Unexpected word "dead", did you mean --state dead?'],
    [["show"], "Missing ID: queuectl list shows which there are"],
    [["show", "a", "b"], 'Unexpected word "b": it takes one ID'],
    [["enqueue", "--hold=no", "true"], "Cannot use --hold=no: the flag takes no value"],
    [["enqueue", "--wait=5", "true"], "Cannot use --wait=5: the flag takes no value"],
    [["enqueue", "-q", "a", "--queue=b", "true"], 'Cannot use --queue "b": the flag was already given'],
    [["list", "--home"], "Cannot use --home without a directory: give --home DIR"],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await queuectl(args, { home: dir.path });
    assert.deepEqual([code, stdout, stderr], [2, "", `${message}\n`]);
  }
});

Deno.test("--home and --json may stand anywhere before --", async () => {
  using test = await testStore();
  await test.enqueue("true");
  for (const args of [["--home", test.home, "--json", "list"], ["list", "--json", `--home=${test.home}`]]) {
    const { stdout } = await queuectl(args, { home: "/nowhere" });
    assert.equal(JSON.parse(stdout).jobs[0].id, "j1");
  }
});

Deno.test("with --json an error is one JSON document on stderr", async () => {
  using test = await testStore();
  const refused = await queuectl(["retry", "x\x1b", "--json"], { home: test.home });
  assert.deepEqual(
    [refused.code, refused.stdout, JSON.parse(refused.stderr)],
    [1, "", { error: { message: 'Cannot retry job "x\x1b": no such job', exit_code: 1 } }],
  );
  const unknown = await queuectl(["--json", "lst"], { home: test.home });
  assert.equal(JSON.parse(unknown.stderr).error.exit_code, 2);
});

Deno.test("what users typed cannot reach the terminal as control characters", async () => {
  using test = await testStore();
  const { stderr } = await queuectl(["show", "\x1b[2J\n\x9b"], { home: test.home });
  assert.equal(stderr, 'Cannot show job "\\e[2J\\n\\u009b": no such job\n');
});

Deno.test("a reader that has seen enough is no error", async () => {
  using test = await testStore();
  await test.store.enqueue(
    Array.from({ length: 3000 }, (_, n) => newJob({ command: `echo ${n} ${"x".repeat(100)}` })),
    { now: Date.now(), idFormat: "short" },
  );
  const child = spawnQueuectl(["list", "--limit", "3000"], { home: test.home });
  await child.stdout.cancel();
  const stderr = await new Response(child.stderr).text();
  assert.deepEqual([(await child.status).code, stderr], [0, ""]);
});

Deno.test("a missing permission is answered with the flag to add, and exit code 4", async () => {
  using dir = tempDir();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", MAIN, "--home", dir.path, "list"],
    stdin: "null",
  }).output();
  assert.equal(code, 4);
  assert.match(new TextDecoder().decode(stderr), /^Cannot [^\n]*--allow-read[^\n]*\n$/);
});

Deno.test("workers that could not read the program for their threads do not start", async () => {
  using dir = tempDir();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...[
        "run",
        "--no-prompt",
        `--allow-read=${dir.home.dir}`,
        `--allow-write=${dir.home.dir}`,
        "--allow-run=sh",
      ],
      ...[MAIN, "--home", dir.home.dir, "worker", "start", "--burst"],
    ],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(120_000),
  }).output();
  assert.equal(
    new TextDecoder().decode(stderr),
    `Cannot start threads without reading the program: run again with --allow-read=${dirname(MAIN)}\n`,
  );
  assert.equal(code, 4);
});
