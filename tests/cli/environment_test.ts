/**
 * @module
 * Variables that a job takes from where it is enqueued: by name, from files, all of them.
 */
import assert from "node:assert/strict";
import { MAIN } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { finished } from "../helpers/finished.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** Runs a command line with permission for the whole environment. */
async function run(test: TestStore, words: readonly string[], env: Record<string, string> = {}) {
  return await finished(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      MAIN,
      ...words,
    ],
    env: { QUEUECTL_HOME: test.home, ...env },
    stdin: "null",
  });
}

const envOf = async (test: TestStore, id: string) => (await test.store.get(id))!.env;

Deno.test("--env NAME takes a variable from here, also an empty one, and only what is set", async () => {
  using test = await testStore();
  const done = await run(test, ["enqueue", "-e", "ONE", "--env", "TWO", "-e", "THREE=3", "true"], {
    ONE: "a b=c",
    TWO: "",
  });
  assert.equal(done.stdout, "j1\n");
  assert.deepEqual(await envOf(test, "j1"), { ONE: "a b=c", TWO: "", THREE: "3" });
  const refused = await run(test, ["enqueue", "-e", "NOT_SET_HERE", "true"]);
  assert.deepEqual([refused.code, refused.stderr], [
    2,
    "Cannot take NOT_SET_HERE from the environment: it is not set here\n",
  ]);
  assert.equal(await test.store.get("j2"), undefined);
});

Deno.test("--env goes before --env-file, later files before earlier ones, all before --env-all", async () => {
  using test = await testStore();
  Deno.writeTextFileSync(test.dir.file("a.env"), "A=a\nB=a\nC=a\nHERE\n");
  Deno.writeTextFileSync(test.dir.file("b.env"), "B=b\nC=b\n");
  const files = ["--env-file", test.dir.file("a.env"), "--env-file", test.dir.file("b.env")];
  const env = { A: "all", B: "all", C: "all", D: "all", HERE: "here", MY_TOKEN: "secret" };
  const done = await run(test, ["enqueue", "-e", "C=c", ...files, "--env-all", "true"], env);
  const { A, B, C, D, HERE, MY_TOKEN, PWD, QUEUECTL_HOME } = (await envOf(test, "j1"))!;
  assert.deepEqual([A, B, C, D, HERE], ["a", "b", "c", "all", "here"]);
  assert.deepEqual([MY_TOKEN, PWD, QUEUECTL_HOME], [undefined, undefined, undefined]);
  assert.match(
    done.stderr,
    /^Left out .*MY_TOKEN.* by the setting env_exclude; --env NAME takes one all the same\n/,
  );
  const named = await run(test, ["enqueue", "--env-all", "-e", "MY_TOKEN", "true"], env);
  assert.doesNotMatch(named.stderr, /MY_TOKEN/);
  assert.equal((await envOf(test, "j2"))!.MY_TOKEN, "secret");
});

Deno.test("the setting env_exclude says what --env-all leaves out", async () => {
  using test = await testStore();
  await queuectl(["config", "set", "env_exclude", "LEFT_*,*OUT"], { home: test.home });
  const env = { LEFT_X: "1", far_out: "2", MY_TOKEN: "3" };
  await run(test, ["enqueue", "--env-all", "true"], env);
  const { LEFT_X, far_out, MY_TOKEN } = (await envOf(test, "j1"))!;
  assert.deepEqual([LEFT_X, far_out, MY_TOKEN], [undefined, undefined, "3"]);
});

Deno.test("edit takes variables from here, too, in the place of all there were", async () => {
  using test = await testStore();
  await test.enqueue("true", { env: { OLD: "1" } });
  Deno.writeTextFileSync(test.dir.file("f"), "A=file\n");
  await run(test, ["edit", "j1", "--env-file", test.dir.file("f"), "-e", "HERE"], { HERE: "here" });
  assert.deepEqual(await envOf(test, "j1"), { A: "file", HERE: "here" });
});

Deno.test("a file of variables that cannot be read is refused by its line, and nothing is queued", async () => {
  using test = await testStore();
  const file = test.dir.file("f");
  const cases: [string, string][] = [
    ["A=1\n2=3\n", `Cannot read line 2 of ${file}: it takes NAME=VALUE, or NAME`],
    [
      "A=1\nNOT_SET_HERE\n",
      `Cannot take NOT_SET_HERE from the environment, as line 2 of ${file} asks: it is not set here`,
    ],
    ["QUEUECTL_JOB_ID=1\n", 'Cannot set "QUEUECTL_JOB_ID" in env: it is set by queuectl'],
  ];
  for (const [text, message] of cases) {
    Deno.writeTextFileSync(file, text);
    const done = await run(test, ["enqueue", "--env-file", file, "true"]);
    assert.deepEqual([done.code, done.stdout, done.stderr], [2, "", `${message}\n`]);
  }
  const gone = await run(test, ["enqueue", "--env-file", test.dir.file("gone"), "true"]);
  assert.equal(gone.stderr, `Cannot read "${test.dir.file("gone")}": no such file\n`);
  const twice = await run(test, ["enqueue", "--env-file", "-", "--stdin", "-", "true"]);
  assert.equal(
    twice.stderr,
    "Cannot use - for both --stdin and --env-file: standard input can be read once\n",
  );
  assert.deepEqual((await test.store.list({ limit: 1 })).jobs, []);
});
