/**
 * @module
 * Words of other programs: some are other names of commands, the others lead to what may be meant.
 */
import assert from "node:assert/strict";
import type { Target } from "../../src/cli/line/command.ts";
import {
  commandsMeant,
  commandsMeantIn,
  OTHER_WORDS,
  OTHER_WORDS_IN,
} from "../../src/cli/line/command_meant.ts";
import { scan } from "../../src/cli/line/scan.ts";
import { loadWholeTree } from "../../src/cli/line/tree.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

const tree = await loadWholeTree();

/** The command that words lead to, and the words after it. */
function walk({ definition }: Target, words: string[]): { flags: string[]; rest: string[] } | undefined {
  if (!("routes" in definition)) {
    return { flags: Object.keys(definition.flags ?? {}), rest: words };
  }
  const [word = "", ...rest] = words;
  return Object.hasOwn(definition.routes, word) ? walk(definition.routes[word]!, rest) : undefined;
}

Deno.test("what a word may mean is a command that is there, with flags that it has", () => {
  const known = [
    ...OTHER_WORDS.map((word) => [word, commandsMeant(word, [])] as const),
    ...OTHER_WORDS_IN.map(([group, word]) => [`${group} ${word}`, commandsMeantIn(group, word, [])] as const),
  ];
  for (const [word, commands] of known) {
    for (const meant of commands) {
      const found = walk(tree, meant.split(" "));
      assert.ok(found, `${word}: ${meant}`);
      const flags = found.rest.filter((one) => one.startsWith("--")).map((flag) =>
        flag.slice(2).replace(/-(.)/g, (_, letter) => letter.toUpperCase())
      );
      assert.deepEqual(flags.filter((flag) => !found.flags.includes(flag)), [], `${word}: ${meant}`);
    }
  }
});

Deno.test("other names do what the commands do, and are as quick to be read", async () => {
  using test = await testStore();
  const { home } = test;
  await queuectl(["add", "-q", "mail", "true"], { home });
  assert.equal((await test.store.get("j1"))!.queue, "mail");
  const listed = await queuectl(["ls", "--json"], { home });
  assert.deepEqual(listed, await queuectl(["list", "--json"], { home }));
  await queuectl(["kill", "j1"], { home });
  assert.equal((await test.store.get("j1"))!.state, "cancelled");
  await queuectl(["rm", "j1"], { home });
  assert.equal(await test.store.get("j1"), undefined);
  for (
    const line of [
      "add x",
      "submit x",
      "ls",
      "log j1",
      "kill j1",
      "rm j1",
      "remove j1",
      "queue ls",
      "dlq rm j1",
    ]
  ) {
    assert.ok(scan(tree, line.split(" ")), line);
  }
});

Deno.test("words that could mean several things, or something else, are answered with what they may mean", async () => {
  using dir = tempDir();
  const cases: [string, string][] = [
    ["run make", 'Unknown command "run", did you mean "enqueue" or "enqueue --follow"?'],
    ["ps", 'Unknown command "ps", did you mean "list --state processing" or "worker list"?'],
    ["stop", 'Unknown command "stop", did you mean "worker stop" or "cancel"?'],
    ["tail j1", 'Unknown command "tail", did you mean "logs --follow" or "logs --lines"?'],
    ["clean", 'Unknown command "clean", did you mean "prune" or "queue clear"?'],
    ["--status", 'Unknown command "--status", did you mean "status"?'],
    ["--list", 'Unknown command "--list", did you mean "list"?'],
    ["queue run", 'Unknown command "run"; --help shows which there are'],
    ["constructor", 'Unknown command "constructor"; --help shows which there are'],
    ["worker status", 'Unknown command "status", did you mean "worker list"?'],
    ["queue stop mail", 'Unknown command "stop", did you mean "queue pause"?'],
    ["config --list", 'Unknown command "--list", did you mean "config list"?'],
    [
      "config retention",
      'Unknown command "retention", did you mean "config get retention" or "config set retention"?',
    ],
    [
      "config max-retries=5",
      'Unknown command "max-retries=5", did you mean "config get max_retries" or "config set max_retries"?',
    ],
    ["schedule disable nightly", 'Unknown command "disable", did you mean "schedule pause"?'],
    ["schedule create x", 'Unknown command "create", did you mean "schedule add" or "schedule set"?'],
    ["group close album", 'Unknown command "close", did you mean "group seal"?'],
    ["group wait album", 'Unknown command "wait", did you mean "wait --group"?'],
    ["crontab -l", 'Unknown command "crontab", did you mean "schedule list" or "schedule import"?'],
    ["dlq constructor", 'Unknown command "constructor"; --help shows which there are'],
    ["worker constructor", 'Unknown command "constructor"; --help shows which there are'],
  ];
  for (const [words, message] of cases) {
    const done = await queuectl(words.split(" "), { home: dir.home.dir });
    assert.deepEqual(done, { code: 2, stdout: "", stderr: `${message}\n` });
  }
});

Deno.test("other names are in help, completions and the manual page", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  assert.match((await queuectl([], { home })).stdout, /^ {2}delete, rm, remove +Remove/m);
  assert.match((await queuectl(["queue"], { home })).stdout, /^ {2}list, ls /m);
  assert.match(
    (await queuectl(["man"], { home })).stdout,
    /Other names for it: queuectl rm, queuectl remove\./,
  );
  assert.match((await queuectl(["completions", "bash"], { home })).stdout, /' ls -s'/);
});

Deno.test("letters of task-spooler, flags before the command and numbers of other programs lead on", async () => {
  using dir = tempDir();
  const says = async (...args: string[]) => {
    const { code, stderr } = await queuectl(args, { home: dir.home.dir });
    return [code, stderr];
  };
  const where = (typed: string) => [
    2,
    `Cannot tell the command: "${typed}" stands where it should: flags stand after the command\n`,
  ];
  assert.deepEqual(await says("-l"), [2, 'Unknown command "-l", did you mean "list"?\n']);
  assert.deepEqual(await says("-n", "ls"), where("-n"));
  assert.deepEqual(await says("worker", "--count", "2"), where("--count"));
  assert.deepEqual(await says(""), [
    2,
    "Cannot tell the command: it is empty; --help shows which there are\n",
  ]);
  assert.deepEqual(await says("cancel", "#12"), [
    1,
    'Cannot cancel job "#12": no such job, did you mean j12?\n',
  ]);
  assert.deepEqual(await says("logs", "1"), [
    1,
    'Cannot show logs of job "1": no such job, did you mean j1?\n',
  ]);
});
