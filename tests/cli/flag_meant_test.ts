/**
 * @module
 * What is said of a flag that a command does not have: never anything that, when it is done, queues nonsense.
 */
import assert from "node:assert/strict";
import { flagsMeant } from "../../src/cli/line/flag_meant.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { testStore } from "../helpers/worker.ts";

const HELP = "; --help shows what it takes";
const QUOTE = "quote the whole command, or put -- before it";

const CASES: [line: string, said: string][] = [
  ["enqueue --retries 3 make", "Unknown flag --retries, did you mean --max-retries?"],
  ["enqueue --max-retires=3 make", "Unknown flag --max-retires, did you mean --max-retries?"],
  ["enqueue --name report make", "Unknown flag --name, did you mean --id or --label?"],
  ["edit j1 --tries 3", "Unknown flag --tries, did you mean --max-retries?"],
  ["list --tag x", "Unknown flag --tag, did you mean --label?"],
  ["worker start --threads 4", "Unknown flag --threads, did you mean --count?"],
  ["enqueue --uid 1000 make", "Unknown flag --uid: jobs run as the user of their worker"],
  ["enqueue --run_as=www make", "Unknown flag --run-as: jobs run as the user of their worker"],
  ["enqueue make --uid 1000", `Unknown flag --uid: ${QUOTE}`],
  ["enqueue --detach make", `Unknown flag --detach${HELP}`],
  ["enqueue --comment weekly make", "Unknown flag --comment, did you mean --label?"],
  ["enqueue --foo make", `Unknown flag --foo${HELP}`],
  ["enqueue --queue a --foo make", `Unknown flag --foo${HELP}`],
  ["enqueue --hold --foo=1 make", `Unknown flag --foo${HELP}`],
  ["enqueue -j make", `Unknown flag -j${HELP}`],
  ["enqueue --foo", `Unknown flag --foo${HELP}`],
  ["enqueue make --foo", `Unknown flag --foo: ${QUOTE}`],
  ["enqueue --queue a make --foo=1", `Unknown flag --foo: ${QUOTE}`],
  ["enqueue --zone Europe/Berlin make", `Unknown flag --zone${HELP}`],
  ["schedule add n @daily --zone UTC make", "Unknown flag --zone, did you mean --tz?"],
  ["enqueue --gpus 1 make", "Unknown flag --gpus, did you mean --needs?"],
  ["enqueue --mem 1G make", "Unknown flag --mem, did you mean --memory?"],
  ["enqueue --key nightly make", "Unknown flag --key, did you mean --unique-key?"],
  [
    "enqueue --unique nightly make",
    'Unexpected word "make" after "nightly": --unique takes no key, --unique-key does',
  ],
  ["enqueue ls -la", `Cannot tell whose flag -la is: put it before the command, or ${QUOTE}`],
  [
    "enqueue make --dir x",
    `Unknown flag --dir, did you mean --cwd? If it is the command's own, ${QUOTE}`,
  ],
];

Deno.test("an unknown flag is told by what was meant; it is advised to quote only where a command stands before it", async () => {
  using test = await testStore();
  for (const [line, said] of CASES) {
    const { code, stdout, stderr } = await queuectl(line.split(" "), { home: test.home });
    assert.deepEqual([code, stdout, stderr], [2, "", `${said}\n`], line);
  }
  assert.deepEqual((await test.store.list({ limit: 1 })).jobs, []);
});

Deno.test("a command that begins with a dash has a way of its own, which works", async () => {
  using test = await testStore();
  const { stderr } = await queuectl(["enqueue", "--x make"], { home: test.home });
  assert.equal(stderr, 'Unknown flag "--x make": for a command that begins with -, use --command\n');
  await queuectl(["enqueue", "--command", "-x make"], { home: test.home });
  assert.equal((await test.store.get("j1"))?.command, "-x make");
});

Deno.test("another word for a flag goes before one that looks like it, and means only flags that are there", () => {
  assert.deepEqual(flagsMeant("Work_Dir", ["cwd", "hold"]), ["cwd"]);
  assert.deepEqual(flagsMeant("name", ["id", "limit"]), ["id"]);
  assert.deepEqual(flagsMeant("tries", ["queue", "priority"]), []);
  assert.deepEqual(flagsMeant("timeuot", ["timeout"]), ["timeout"]);
});
