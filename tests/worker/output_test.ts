/**
 * @module
 * What jobs of real workers print: seen as it comes, kept small however much it is, and counted. Slow.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { mayPunch } from "../helpers/holes.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

Deno.test("output shows in the store while the job runs", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue("echo one; until [ -e go ]; do sleep 0.1; done; echo two");
  await until("the first line shows", async () => await test.output(id) === "one\n");
  assert.equal((await test.store.get(id))!.state, "processing");
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(id, "completed");
  assert.equal(await test.output(id), "one\ntwo\n");
});

Deno.test("two hundred megabytes of output cost little memory; beginning, end and dropped count are kept", async () => {
  using test = await testStore();
  await using worker = await startWorker(test.home);
  await test.reaches(await test.enqueue("echo warm"), "completed");
  const idle = memoryKiB(worker.pid, "VmRSS");
  const id = await test.enqueue("echo begin; head -c 200000000 /dev/zero | tr '\\0' x; echo; echo end");
  const job = await test.reaches(id, "completed", "dead");
  assert.equal(job.state, "completed");
  const peak = memoryKiB(worker.pid, "VmHWM");
  assert.ok(peak - idle <= 50 * 1024, `grew from ${idle} KiB to ${peak} KiB`);
  const pieces = await test.store.output(id, 1);
  const kept = pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  assert.equal(kept, 1024 * 1024);
  assert.equal(pieces[0]!.start, 0);
  const last = pieces.at(-1)!;
  // It may be faster than holes can be punched: then a part of the middle is not counted.
  const whole = 200_000_000 + "begin\n\nend\n".length;
  const counted = last.start + last.bytes.length;
  assert.ok(counted <= whole && counted > kept, `${counted} bytes are counted`);
  const shown = await queuectl(["logs", id], { home: test.home });
  assert.match(shown.stdout, /^begin\nx/);
  assert.match(shown.stdout, /x\nend\n$/);
  const dropped = counted - kept;
  assert.ok(shown.stdout.includes(String(dropped)), "says how many bytes were dropped");
});

/** Prints 2 MB again and again, as soon as a hole has taken the last ones. */
const IN_STEP = `for i in $(seq 40); do
  head -c 2000000 /dev/zero
  until [ "$(stat -L -c %b /proc/self/fd/1)" -lt 5120 ]; do sleep 0.01; done
done; echo end`;

Deno.test(
  "with holes, every byte of what was printed is counted",
  { ignore: !(await mayPunch()) },
  async () => {
    using test = await testStore();
    await using _worker = await startWorker(test.home);
    const id = await test.enqueue(IN_STEP);
    await test.reaches(id, "completed", "dead");
    const last = (await test.store.output(id, 1)).at(-1)!;
    assert.equal(last.start + last.bytes.length, 40 * 2_000_000 + "end\n".length);
  },
);

function memoryKiB(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)![1]);
}

Deno.test("a job's own max_output goes before the setting, in both directions", async () => {
  using test = await testStore();
  await test.set({ max_output: "2000" });
  const prints = "head -c 5000 /dev/zero | tr '\\0' x; until [ -e go ]; do sleep 0.1; done";
  const less = await test.enqueue(prints, { maxOutput: 1000 });
  const asSet = await test.enqueue(prints);
  const any = await test.enqueue(prints, { maxOutput: 0 });
  await using _worker = await startWorker(test.home, ["--slots", "3"]);
  assert.equal((await test.reaches(less, "dead")).error, "printed more than 1000");
  assert.equal((await test.reaches(asSet, "dead")).error, "printed more than 2000");
  Deno.writeTextFileSync(test.dir.file("go"), "");
  await test.reaches(any, "completed");
});

/** Prints as fast as it can until it was halted, which shows by that it went on. */
const UNTIL_HALTED = `trap 'echo >went-on' CONT
until [ -e went-on ]; do head -c 100000000 /dev/zero; done; echo end`;

for (const slot of ["one of its own", "a slot's"]) {
  Deno.test(`what outruns its holes stands still until it is cut, in ${slot} shell`, {
    ignore: Deno.build.os === "windows",
  }, async () => {
    using test = await testStore();
    await using _worker = await startWorker(test.home);
    // After so many short ones what follows is taken for brief, too.
    if (slot === "a slot's") {
      for (let n = 0; n < 8; n++) await test.reaches(await test.enqueue("true"), "completed");
    }
    Deno.writeTextFileSync(test.dir.file("print"), UNTIL_HALTED);
    const id = await test.enqueue("sh ./print");
    assert.equal((await test.reaches(id, "completed", "dead")).state, "completed");
    const shown = await queuectl(["logs", id], { home: test.home });
    assert.match(shown.stdout, /end\n$/);
  });
}
