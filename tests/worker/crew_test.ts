/**
 * @module
 * How a crew shares out what there is to do.
 */
import assert from "node:assert/strict";
import type { ClaimedJob } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { AdoptRequest, RunRequest } from "../../src/worker/messages.ts";
import { Crew } from "../../src/worker/supervisor/crew.ts";
import { until } from "../helpers/until.ts";

const IDLE = new URL("../fixtures/idle_thread.ts", import.meta.url);
const RETURNING = new URL("../fixtures/returning_thread.ts", import.meta.url);

/** A crew whose threads are ready; unless told otherwise, none of them ever does anything. */
async function idleCrew(ids: string[], slots: number, entry = IDLE): Promise<Crew & Disposable> {
  const nothing = () => {};
  const events = {
    ready: nothing,
    said: nothing,
    paused: nothing,
    works: nothing,
    began: nothing,
    output: nothing,
    ended: nothing,
    returned: nothing,
    crashed: nothing,
  };
  const crew = new Crew(ids, { entry, slots, events, clock: systemClock });
  await until("all are ready", () => crew.openings().atOnce.length === ids.length * slots);
  return Object.assign(crew, { [Symbol.dispose]: () => crew.close() });
}

/** Gives a worker jobs that others had started. */
function give(crew: Crew, worker: string, count: number): void {
  crew.adopt(Array.from({ length: count }, () => {
    const job = { worker, token: crypto.randomUUID() } as ClaimedJob;
    return { job, request: { token: job.token } as AdoptRequest };
  }));
}

Deno.test("adopted jobs are shared out among the workers, the idlest first", async () => {
  using crew = await idleCrew(["a", "b", "c"], 2);
  assert.deepEqual(crew.adopters(7).sort(), ["a", "a", "a", "b", "b", "c", "c"]);
  give(crew, "a", 3);
  give(crew, "b", 1);
  assert.deepEqual(crew.adopters(4).sort(), ["b", "b", "c", "c"]);
  assert.deepEqual(crew.adopters(0), []);
});

Deno.test("workers that leave what they run adopt nothing", async () => {
  using crew = await idleCrew(["a", "b"], 1);
  crew.stop({ worker: "a", endAt: null, leave: true, graceMs: 0 });
  assert.deepEqual(crew.adopters(3), ["b", "b", "b"]);
  crew.stop({ endAt: null, leave: true, graceMs: 0 });
  assert.deepEqual(crew.adopters(3), []);
});

Deno.test("a worker that gave back what was behind a long job is given nothing ahead while that runs", async () => {
  using crew = await idleCrew(["a"], 1, RETURNING);
  const run = (...tokens: string[]) =>
    crew.run(tokens.map((token) => ({
      job: { worker: "a", token } as ClaimedJob,
      request: { token } as RunRequest,
    })));
  run("short");
  await until("it has run the short one", () => crew.busy === 0);
  assert.ok(crew.openings().ahead.length > 0);
  run("long", "behind");
  await until("it has given back the one behind", () => crew.busy === 1);
  assert.deepEqual(crew.openings(), { atOnce: [], ahead: [] });
});
