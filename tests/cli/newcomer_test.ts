/**
 * @module
 * What people type who come from elsewhere, and that is not how it is said here: the answer names what is, and does
 * nothing.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { testStore } from "../helpers/worker.ts";

const HELP = "; --help shows what it takes";
const NONE = "no such job, did you mean";

/** Command lines, and what is said of them. */
const USAGE: readonly (readonly [line: string, said: string])[] = [
  ["list pending", 'Unexpected word "pending", did you mean --state pending?'],
  ["list running", 'Unexpected word "running", did you mean --state processing?'],
  ["list mail", 'Unexpected word "mail", did you mean --queue mail or --search mail?'],
  ["list --running", "Unknown flag --running, did you mean --state processing?"],
  ["list --failed", "Unknown flag --failed, did you mean --state failed?"],
  ["list --since yesterday", "Unknown flag --since, did you mean --newer-than?"],
  ["list --all", "Unknown flag --all, did you mean --limit?"],
  ["list --long", "Unknown flag --long, did you mean --columns?"],
  ["list --output json", "Unknown flag --output, did you mean --format?"],
  ["list -5", 'Unexpected word "-5", did you mean --limit 5?'],
  ["logs j1 -100", 'Unexpected word "-100", did you mean --lines 100?'],
  ["worker stop worker-abc", 'Unexpected word "worker-abc", did you mean --id worker-abc?'],
  ["worker logs", "Missing W: queuectl worker list shows which there are"],
  ["worker start -d", "Unknown flag -d, did you mean --detach?"],
  [
    "enqueue gzip ::: a b",
    'Cannot take items after ":::": --each takes them from a file, a pattern or, as -, standard input',
  ],
  [
    "list --format json",
    'Cannot use --format "json": it names no field, such as {id}; JSON is what --json prints',
  ],
  ["delete --completed", "Unknown flag --completed, did you mean --state completed?"],
  ["prune 7d", 'Unexpected word "7d", did you mean --older-than 7d?'],
  ["queue set mail 4", 'Unexpected word "4", did you mean --concurrency 4?'],
  ["worker start 4", 'Unexpected word "4", did you mean --count 4?'],
  ["worker start mail", 'Unexpected word "mail", did you mean --queue mail?'],
  ["edit j1 make", 'Unexpected word "make", did you mean --command make or --queue make?'],
  ["show j1 j2", 'Unexpected word "j2": it takes one ID'],
  ["status now", `Unexpected word "now"${HELP}`],
  ["logs", "Missing ID: queuectl list shows which there are, queuectl status which run now"],
  ["config get", "Missing KEY: queuectl config list shows which there are"],
  ["queue pause", "Missing QUEUE: queuectl queue list shows which there are"],
  ["worker start -j 4", "Unknown flag -j, did you mean -c or --count?"],
  ["worker start -j4", "Unknown flag -j in -j4, did you mean -c or --count?"],
  ["status -w", "Unknown flag -w, did you mean --watch?"],
  ["dashboard -p 80", "Unknown flag -p, did you mean --port?"],
  ["logs j1 -F", "Unknown flag -F, did you mean -f or --follow?"],
  ["rm -f j1", "Unknown flag -f, did you mean --force?"],
  ["list -v", `Unknown flag -v${HELP}`],
  ["enqueue --depends-on j1 true", "Unknown flag --depends-on, did you mean --after?"],
  [
    "enqueue --needs j1 true",
    'Cannot let a job need "j1", which is a job, as it needs a limit: to run after it, use --after j1',
  ],
  ["enqueue --stashed true", "Unknown flag --stashed, did you mean --hold?"],
  ["enqueue -", "Cannot take - for a command: jobs from standard input are --file -"],
  [
    "config set max-retries=5",
    'Cannot set "max-retries=5": give the value as a word of its own, config set max_retries 5',
  ],
  ["kill -9 j1", "Unknown flag -9; --help shows what it takes"],
  ["ls pending", 'Unexpected word "pending", did you mean --state pending?'],
  ["-v", 'Unknown command "-v", did you mean "version"?'],
];

/** The same for words in the place of ids, which have exit code 1 as every id that nobody has. */
const IDS: readonly (readonly [line: string, said: string])[] = [
  ["cancel all", `Cannot cancel job "all": ${NONE} --all?`],
  ["retry *", `Cannot retry job "*": ${NONE} --all?`],
  ["wait all", `Cannot wait for job "all": ${NONE} --all?`],
  ["delete finished", `Cannot delete job "finished": ${NONE} --state completed?`],
  ["pause mail", `Cannot pause job "mail": ${NONE} --queue mail?`],
  ["dlq retry dead", 'Cannot retry job "dead": no such job'],
  ["dlq retry all", `Cannot retry job "all": ${NONE} --all?`],
  ["show J1", `Cannot show job "J1": ${NONE} j1?`],
];

Deno.test("what is said differently elsewhere is answered with how it is said here, and nothing is done", async () => {
  using test = await testStore();
  const { home } = test;
  await queuectl(["enqueue", "--queue", "mail", "true"], { home });
  const before = await test.store.get("j1");
  for (const [lines, code] of [[USAGE, 2], [IDS, 1]] as const) {
    for (const [line, said] of lines) {
      assert.deepEqual(
        await queuectl(line.split(" "), { home }),
        { code, stdout: "", stderr: `${said}\n` },
        line,
      );
    }
  }
  assert.deepEqual((await test.store.list({ limit: 9 })).jobs, [before]);
});

Deno.test("a job whose id is such a word is meant by it", async () => {
  using test = await testStore();
  const { home } = test;
  for (const id of ["all", "done"]) await queuectl(["enqueue", "--id", id, "true"], { home });
  for (const id of ["all", "done"]) await queuectl(["cancel", id], { home });
  assert.deepEqual((await test.store.list({ limit: 9 })).jobs.map(({ state }) => state), [
    "cancelled",
    "cancelled",
  ]);
});
