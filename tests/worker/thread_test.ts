/**
 * @module
 * A worker thread without a supervisor: what it does with jobs that it was given ahead.
 */
import assert from "node:assert/strict";
import type { FromThread, ToThread } from "../../src/worker/messages.ts";
import { MAIN_URL } from "../helpers/cli.ts";
import { requestsFor } from "../helpers/requests.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

/** A thread, and what it has said. */
interface TestThread extends Disposable {
  tell(message: ToThread): void;
  /** Tokens of what it has given back, and of what has ended. */
  returned: string[];
  ended: string[];
}

async function startThread(): Promise<TestThread> {
  const worker = new Worker(MAIN_URL, { type: "module" });
  const ready = Promise.withResolvers<void>();
  const thread: TestThread = {
    tell: (message) => worker.postMessage(message),
    returned: [],
    ended: [],
    [Symbol.dispose]: () => worker.terminate(),
  };
  worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
    if (data.type === "ready") ready.resolve();
    if (data.type === "returned") thread.returned.push(...data.tokens);
    if (data.type === "ended") thread.ended.push(...data.ended.map(({ token }) => token));
  };
  await ready.promise;
  return thread;
}

Deno.test("what waits behind a job that turns out to be long is given back, without being asked for", async () => {
  using dir = tempDir();
  using thread = await startThread();
  const commands = ["until [ -e go ]; do sleep 0.1; done", "true", "true"];
  const jobs = commands.map((command) => ({ command, cwd: dir.path }));
  const [long, ...behind] = await requestsFor(dir.home, jobs);
  thread.tell({ type: "run", requests: [long!, ...behind], slots: 1 });
  await until("they are given back", () => thread.returned.length === 2);
  assert.deepEqual(thread.returned, behind.map(({ token }) => token));
  Deno.writeTextFileSync(dir.file("go"), "");
  await until("the long one has ended", () => thread.ended.includes(long!.token));
  assert.deepEqual(thread.ended, [long!.token], "what was given back does not run");
});
