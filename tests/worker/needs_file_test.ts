/**
 * @module
 * What a job finds in `$QUEUECTL_NEEDS`, from real workers.
 */
import assert from "node:assert/strict";
import { needsFile } from "../../src/worker/supervisor/needs_file.ts";
import { until } from "../helpers/until.ts";
import { startWorker, type TestStore, testStore } from "../helpers/worker.ts";

function left(test: TestStore): string[] {
  const spool = `${test.home}/spool`;
  const directories = [...Deno.readDirSync(spool)].filter(({ name }) => !name.includes("."));
  return directories.flatMap(({ name }) =>
    [...Deno.readDirSync(`${spool}/${name}/said`)].map(({ name }) => name)
  );
}

const KINDS = [["through a slot's shell", ""], ["with a shell of its own", "sleep 0 & "]] as const;

for (const [how, before] of KINDS) {
  Deno.test(`a job ${how} reads how those ended that it needs, and what they left`, async () => {
    using test = await testStore();
    await using _worker = await startWorker(test.home);
    const [good, bad] = [
      await test.enqueue('printf \'{"n": 1}\' >"$QUEUECTL_RESULT"'),
      await test.enqueue("exit 3"),
    ];
    const id = await test.enqueue(`${before}cat "$QUEUECTL_NEEDS"`, { afterEnded: [good, bad] });
    await test.reaches(id, "completed");
    assert.deepEqual(JSON.parse(await test.output(id)), {
      [good]: { state: "completed", exit_code: 0, signal: null, result: { n: 1 } },
      [bad]: { state: "dead", exit_code: 3, signal: null, result: null },
    });
    await until("nothing of it is left", () => left(test).length === 0);
  });
}

Deno.test("a job that needs nothing has no such variable, also in a worker that such a job has started", async () => {
  using test = await testStore();
  await using _worker = await startWorker(test.home, [], { QUEUECTL_NEEDS: "/nowhere" });
  const ids = [
    await test.enqueue('echo "in $QUEUECTL_NEEDS"'),
    await test.enqueue('sleep 0 & echo "in $QUEUECTL_NEEDS"'),
  ];
  for (const id of ids) {
    await test.reaches(id, "completed");
    assert.equal(await test.output(id), "in \n");
  }
});

Deno.test("results stand in the file as JSON, as text, or in base64; groups by their counters", () => {
  const job = { state: "completed", exitCode: 0, signal: null } as const;
  const ended = { completed: 2, dead: 1, cancelled: 0, skipped: 0 };
  const file = needsFile([
    { id: "text", job, result: new TextEncoder().encode("a b") },
    { id: "raw", job, result: new Uint8Array([255]) },
    { id: "much", job, leftOut: true },
    { id: "pruned", job: null },
    { id: "g", job: null, group: { end: "failed", open: 0, ended } },
    { id: "h", job: null, group: null },
  ]);
  const completed = { state: "completed", exit_code: 0, signal: null };
  assert.deepEqual(JSON.parse(new TextDecoder().decode(file)), {
    text: { ...completed, result: "a b" },
    raw: { ...completed, result_base64: "/w==" },
    much: { ...completed, result: null, result_left_out: true },
    pruned: { state: null, exit_code: null, signal: null, result: null },
    "group g": { state: "failed", open: 0, completed: 2, dead: 1, cancelled: 0, skipped: 0 },
    "group h": { state: null },
  });
});
