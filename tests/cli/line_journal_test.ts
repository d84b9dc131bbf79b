/**
 * @module
 * The journal of workers never waits for who reads it, and says what it could not say.
 */
import assert from "node:assert/strict";
import { PatientWriter } from "../../src/cli/commands/worker/patient_writer.ts";
import { spawnQueuectl } from "../helpers/cli.ts";
import { FakeClock } from "../helpers/fake_clock.ts";
import { newJob } from "../helpers/jobs.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("lines that a slow reader left no room for are counted where they are missing", async () => {
  const text = new TextDecoder();
  let written = "";
  let read = Promise.withResolvers<void>();
  const writer = new PatientWriter({
    async write(bytes) {
      await read.promise;
      written += text.decode(bytes.subarray(0, 100_000), { stream: true });
      return Math.min(bytes.length, 100_000);
    },
    missing: (count) => `${count} missing`,
    clock: new FakeClock(),
  });
  writer.add("first");
  await Promise.resolve(); // it is under way
  for (let i = 0; i < 1500; i++) writer.add(`${i} ${"x".repeat(995)}`);
  read.resolve();
  await writer.drained(1);
  writer.add("last");
  await writer.drained(1);
  const lines = written.trimEnd().split("\n");
  const kept = lines.filter((line) => line.includes("x")).length;
  assert.ok(kept > 1000 && kept < 1100, `${kept} lines were kept`);
  assert.deepEqual([lines[0], ...lines.slice(kept + 1)], ["first", `${1500 - kept} missing`, "last"]);
  read = Promise.withResolvers();
});

Deno.test("a writer to what is full tries again, and to what is closed does not", async () => {
  const clock = new FakeClock();
  let tries = 0;
  const written: number[] = [];
  const writer = new PatientWriter({
    write(bytes) {
      tries += 1;
      if (tries === 1) return Promise.reject(new Deno.errors.WouldBlock());
      if (tries === 3) return Promise.reject(new Deno.errors.BrokenPipe());
      written.push(bytes.length);
      return Promise.resolve(bytes.length);
    },
    missing: String,
    clock,
  });
  writer.add("one");
  await clock.pass(50);
  await writer.drained(1);
  assert.deepEqual(written, [4]);
  writer.add("two");
  await writer.drained(1);
  writer.add("three");
  await writer.drained(1);
  assert.equal(tries, 3);
});

Deno.test("a worker whose output nobody reads runs and settles its jobs, and ends", async () => {
  using test = await testStore();
  const command = `: ${"x".repeat(190)}`;
  const ids = await test.store.enqueue(
    Array.from({ length: 300 }, () => newJob({ command, cwd: test.dir.path })),
    { now: Date.now(), idFormat: "short" },
  );
  const child = spawnQueuectl(["worker", "start", "--burst"], { home: test.home });
  assert.equal((await child.status).code, 0);
  assert.deepEqual(new Set(await test.store.states(ids)), new Set(["completed"]));
  await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
});
