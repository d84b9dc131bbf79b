/**
 * @module
 * `list --columns` and `--format`, and the same of `dlq list`.
 */
import assert from "node:assert/strict";
import { JOB_NAMES } from "../../src/cli/show/job_columns.ts";
import { jobJson } from "../../src/views/job_json.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** A home with a dead job and one that waits. */
async function twoJobs(): Promise<TestStore> {
  const test = await testStore();
  await test.enqueue("exit 7", { label: "nightly", env: { A: "1", B: "two\nlines" }, timeoutMs: 90_000 });
  await (await (await handWorker(test.store)).claim()).end(DEAD);
  await test.enqueue("echo a\n\techo b", { id: "x", queue: "mail", held: true });
  return test;
}

async function list({ home }: TestStore, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await queuectl(args, { home, env: { TZ: "Asia/Kolkata" } });
  assert.deepEqual([code, stderr], [0, ""], stderr);
  return stdout;
}

Deno.test("the names are those of a job's JSON", async () => {
  using test = await twoJobs();
  const json = jobJson((await test.store.get("x"))!);
  assert.deepEqual(JOB_NAMES.toSorted(), Object.keys(json).toSorted());
});

Deno.test("--columns shows what is named, in that order, also where nothing stands in it", async () => {
  using test = await twoJobs();
  assert.equal(
    await list(test, "list", "--columns", "state,id, exit_code,signal,held,timeout,label"),
    [
      "STATE    ID  EXIT CODE  SIGNAL  HELD  TIMEOUT  LABEL",
      "pending  x                      yes",
      "dead     j1          7          no    1m30s    nightly",
      "",
    ].join("\n"),
  );
  assert.match(
    await list(test, "list", "--columns", "created_at"),
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+05:30$/m,
  );
  assert.match(await list(test, "list", "--columns", "created_at", "--utc"), /^\d{4}-\S+ \S+ UTC$/m);
  assert.equal(
    await list(test, "dlq", "list", "--columns", "id,env"),
    "ID  ENV\nj1  A=1 B=two\\nlines\n",
  );
});

Deno.test("--format prints a line for each job, with values as JSON has them", async () => {
  using test = await twoJobs();
  assert.equal(
    await list(test, "list", "--format", "{id}\\t{state} {exit_code}|{command}|\\{{held}\\}\\\\"),
    "x\tpending |echo a\\n\\techo b|{true}\\\nj1\tdead 7|exit 7|{false}\\\n",
  );
  const job = (await test.store.get("j1"))!;
  assert.equal(
    await list(test, "dlq", "list", "--format", "{created_at} {timeout} {env}"),
    `${new Date(job.createdAt).toISOString()} 90 {"A":"1","B":"two\\nlines"}\n`,
  );
  assert.equal(await list(test, "list", "--format={id}", "--state", "completed"), "");
});

Deno.test("names that are none are refused with the one that is meant, or all there are", async () => {
  using test = await testStore();
  const refusals: [string[], RegExp][] = [
    [
      ["--columns", "id,exitcode"],
      /^Cannot use --columns "id,exitcode": "exitcode" is nothing that a job has, did you mean exit_code\?$/m,
    ],
    [
      ["--columns", "id,"],
      /^Cannot use --columns "id,": "" is nothing that a job has: there are command, id, queue, /,
    ],
    [["--columns", "colour"], /: "colour" is nothing that a job has: there are command, id, /],
    [["--columns", "ID"], / did you mean id\?$/m],
    [["--columns", "created"], / did you mean created_at\?$/m],
    [["--columns", "tries"], / did you mean attempts\?$/m],
    [
      ["--format", "{id} {stat}"],
      /^Cannot use --format "\{id\} \{stat\}": "stat" is nothing that a job has, did you mean state\?$/m,
    ],
    [["--format", "{id"], /^Cannot use --format "\{id": \{ means nothing; it takes \{NAME\}, /],
    [["--format", "\\x"], /^Cannot use --format "\\x": \\x means nothing; /],
    [["--format", "{id}", "--columns", "id"], /^Cannot use --columns with --format: /],
    [["--columns", "id", "--json"], /Cannot use --columns with --json: /],
    [["--format", "{id}", "--json"], /Cannot use --format with --json: /],
  ];
  for (const [args, refusal] of refusals) {
    for (const command of [["list"], ["dlq", "list"]]) {
      const { code, stdout, stderr } = await queuectl([...command, ...args], { home: test.home });
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, refusal);
    }
  }
});
