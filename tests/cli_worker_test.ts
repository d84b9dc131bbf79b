/**
 * @module
 * `queuectl worker start` with the permissions it has in everyday use, and jobs that bring an environment of their own.
 */
import assert from "node:assert/strict";
import { queuectl } from "./helpers/cli.ts";
import { type TestStore, testStore } from "./helpers/worker.ts";

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

Deno.test("workers do not start with variables for the linker, and say what to do", async () => {
  using test = await testStore();
  const id = await test.enqueue("true");
  const { code, stderr } = await runAll(test, { LD_LIBRARY_PATH: "/opt/lib" });
  assert.deepEqual(
    [code, stderr],
    [4, "Cannot start a shell while LD_LIBRARY_PATH is set: unset it, or run again with --allow-run\n"],
  );
  assert.equal((await test.store.get(id))!.state, "pending");
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
