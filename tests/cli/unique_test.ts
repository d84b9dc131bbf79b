/**
 * @module
 * `enqueue --unique-key` and its like: what is printed, for people and programs, of jobs that are in each other's way.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("enqueue prints the id of the job that is there then, and in JSON whether it is new", async () => {
  using test = await testStore();
  const { home } = test;
  const enqueue = async (...words: string[]) =>
    await queuectl(["enqueue", "--unique-key", "k", ...words], { home });
  const created = async (...words: string[]) => {
    const { id, created } = JSON.parse((await enqueue("--json", ...words)).stdout);
    return [id, created];
  };
  assert.deepEqual(await created("make"), ["j1", true]);
  assert.deepEqual(await created("make"), ["j1", false]);
  assert.deepEqual(await created("--on-conflict", "after", "make"), ["j2", true]);
  assert.deepEqual(await created("--on-conflict", "replace", "make it"), ["j2", false]);
  assert.equal((await test.store.get("j2"))!.command, "make it");
  const kept = await enqueue("make");
  assert.deepEqual([kept.code, kept.stdout], [0, "j1\n"]);
  const refused = await enqueue("--on-conflict", "error", "make");
  assert.deepEqual([refused.code, refused.stderr.split("\n")[0]], [
    1,
    'Cannot enqueue with the key "k": job "j1" has it',
  ]);
  assert.equal((await test.store.list({ limit: 9 })).jobs.length, 2);
});

Deno.test("lines of a file are in each other's way, and what holds for all of them is said by flags", async () => {
  using test = await testStore();
  const { home } = test;
  const file = test.dir.file("jobs.txt");
  Deno.writeTextFileSync(file, "make a\nmake b\nmake a\n");
  const { stdout } = await queuectl(["enqueue", "--unique", "--json", "--file", file], { home });
  assert.deepEqual(JSON.parse(stdout), { ids: ["j1", "j2", "j1"], created: [true, true, false] });
  Deno.writeTextFileSync(
    file,
    '{"command": "x", "unique_key": "k"}\n{"command": "y", "unique_key": "k", "on_conflict": "error"}\n',
  );
  const refused = await queuectl(["enqueue", "--file", file], { home });
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(
    refused.stderr,
    /^In line 2 of .*jobs\.txt: cannot enqueue with the key "k": a job before it has it/,
  );
  assert.equal((await test.store.list({ limit: 9 })).jobs.length, 2);
});

Deno.test("jobs are listed by their key, and one that has ended is not retried while another has it", async () => {
  using test = await testStore();
  const { home } = test;
  await queuectl(["enqueue", "--unique-key", "k", "--unique-until", "start", "make"], { home });
  await queuectl(["cancel", "j1"], { home });
  await queuectl(["enqueue", "plain"], { home });
  await queuectl(["enqueue", "--unique-key", "k", "make"], { home });
  const { stdout } = await queuectl([
    "list",
    "--unique-key",
    "k",
    "--format",
    "{id} {unique_key} {unique_until}",
  ], {
    home,
  });
  assert.equal(stdout, "j3 k \nj1 k start\n");
  const { code, stderr } = await queuectl(["retry", "j1"], { home });
  assert.deepEqual([code, stderr.split("\n")[0]], [1, 'Cannot retry job "j1": job "j3" has its key "k"']);
  const many = await queuectl(["edit", "--all", "--yes", "--unique-key", "x"], { home });
  assert.deepEqual([many.code, many.stderr.split("\n")[0]], [
    2,
    "Cannot give many jobs the same unique_key: only one of them could have it",
  ]);
});

Deno.test("an id is used again each night", async () => {
  using test = await testStore();
  const { home } = test;
  const nightly = ["enqueue", "--id", "nightly", "--replace-ended", "make"];
  assert.equal((await queuectl(nightly, { home })).stdout, "nightly\n");
  const early = await queuectl(nightly, { home });
  assert.deepEqual([early.code, early.stderr.split("\n")[0]], [
    1,
    'Cannot enqueue job "nightly" in place of the one with that id: that is pending',
  ]);
  await queuectl(["cancel", "nightly"], { home });
  assert.equal((await queuectl(nightly, { home })).stdout, "nightly\n");
  assert.deepEqual(await test.store.states(["nightly"]), ["pending"]);
});
