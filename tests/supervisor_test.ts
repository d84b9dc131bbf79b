/**
 * @module
 * A supervisor in this process, with threads that misbehave.
 */
import assert from "node:assert/strict";
import { systemClock } from "../src/clock.ts";
import type { Journal } from "../src/worker/journal.ts";
import { newId } from "../src/worker/ids.ts";
import { probeHost, signalTree } from "../src/worker/process.ts";
import { Supervisor } from "../src/worker/supervisor.ts";
import { until } from "./helpers/until.ts";
import { testStore } from "./helpers/worker.ts";

Deno.test("a crashed thread is replaced; its jobs are ended, lost and run again", async () => {
  using test = await testStore();
  await test.set({ backoff_base: "0" });
  const id = await test.enqueue("echo $QUEUECTL_RUN >>runs; [ $QUEUECTL_ATTEMPT = 2 ] || sleep 300", {
    maxRetries: 1,
  });
  const notes: string[] = [];
  const journal: Journal = { started() {}, settled() {}, note: (text) => notes.push(text) };
  const supervisor = await Supervisor.start({
    id: newId("supervisor"),
    store: test.store,
    home: test.dir.home,
    host: await probeHost(),
    entry: new URL("./fixtures/crashing_thread.ts", import.meta.url),
    count: 1,
    slots: 1,
    queues: null,
    burst: true,
    journal,
    clock: systemClock,
  });
  const ran = supervisor.run();
  const token = await until("it runs", () => {
    try {
      return Deno.readTextFileSync(test.dir.file("runs")).trim();
    } catch {
      return "";
    }
  });
  Deno.writeTextFileSync(test.dir.file("crash"), "");
  assert.equal(await ran, "stopped");
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.attempts], ["completed", 2]);
  const [lost] = await test.store.attempts(id);
  assert.equal(lost!.outcome, "lost");
  assert.match(lost!.error!, /^lost: its worker's thread crashed: .*boom/);
  assert.match(notes[0]!, /^thread crashed and is replaced: .*boom/);
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
});
