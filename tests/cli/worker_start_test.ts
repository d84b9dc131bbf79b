/**
 * @module
 * `queuectl worker start` with the permissions it has in everyday use, and jobs that bring an environment of their own.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

async function runAll(test: TestStore, env: Record<string, string> = {}) {
  return await queuectl(["worker", "start", "--burst"], { home: test.home, env });
}

Deno.test("a job may have a PATH and variables for the linker of its own", async () => {
  using test = await testStore();
  const tools = test.dir.file("it's here");
  Deno.mkdirSync(tools);
  Deno.writeTextFileSync(`${tools}/greet`, "#!/bin/sh\necho hello", { mode: 0o755 });
  const env = { PATH: tools, LD_LIBRARY_PATH: "/no/such/lib", LD_PRELOAD: "", GREETING: "hi" };
  const id = await test.enqueue('greet; echo "$PATH $LD_LIBRARY_PATH $GREETING $#"', { env });
  await runAll(test);
  assert.equal((await test.store.get(id))!.error, null);
  assert.equal(await test.output(id), `hello\n${tools} /no/such/lib hi 0\n`);
});

Deno.test("jobs see the variables for the linker that their worker has, and their own before those", async () => {
  using test = await testStore();
  const show = "echo \"$LD_LIBRARY_PATH|$LD_BIND_NOW|$ld_x|$(sh -c 'echo $LD_LIBRARY_PATH')\"";
  const commands = [show, `trap : EXIT; ${show}`]; // without a witness and with one
  const theirs = await Promise.all(commands.map((command) => test.enqueue(command)));
  const own = await test.enqueue(show, { env: { LD_LIBRARY_PATH: "/own" } });
  const env = { LD_LIBRARY_PATH: "/opt/it's\n here", LD_BIND_NOW: "1", ld_x: "y", LD_EMPTY: "" };
  const { code, stdout, stderr } = await runAll(test, env);
  assert.deepEqual([code, stderr], [0, ""]);
  for (const id of theirs) assert.equal(await test.output(id), "/opt/it's\n here|1|y|/opt/it's here\n");
  assert.equal(await test.output(own), "/own|1|y|/own\n");
  assert.doesNotMatch(stdout, /do not see/);
});

Deno.test("a variable for the linker that no shell can export is told, and jobs run without it", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo ran");
  const { code, stdout } = await runAll(test, { "LD_A.B": "1" });
  assert.equal(code, 0);
  assert.match(stdout, /jobs do not see LD_A\.B: run workers with/);
  assert.equal(await test.output(id), "ran\n");
});

Deno.test("the longest command runs, and its line is short", async () => {
  using test = await testStore();
  const begin = "echo ok; : ";
  const id = await test.enqueue(begin + "é".repeat((131_071 - begin.length) / 2));
  const { stdout } = await runAll(test);
  assert.equal(await test.output(id), "ok\n");
  for (const line of stdout.split("\n")) assert.ok(line.length < 300, line);
});

Deno.test("a job whose directory or environment the system does not take fails, and its worker goes on", async () => {
  using test = await testStore();
  const gone = test.dir.file("gone");
  Deno.mkdirSync(gone);
  const inGone = await test.enqueue("pwd", { cwd: gone });
  Deno.removeSync(gone);
  const large = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`V${n}`, "x".repeat(100_000)]));
  const tooMuch = await test.enqueue("true", { env: large });
  const after = await test.enqueue("echo fine");
  assert.equal((await runAll(test)).code, 0);
  for (const id of [inGone, tooMuch]) {
    const job = (await test.store.get(id))!;
    assert.deepEqual([job.state, job.exitCode], ["dead", null]);
    assert.match(job.error!, /^could not start: /);
  }
  assert.equal(await test.output(after), "fine\n");
});
