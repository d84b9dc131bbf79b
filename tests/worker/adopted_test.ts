/**
 * @module
 * How long an adopted attempt may still run: its timeout is counted from when it really began.
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { AdoptRequest } from "../../src/worker/messages.ts";
import { streamPath } from "../../src/worker/spool/spool.ts";
import { adopt } from "../../src/worker/thread/adopted.ts";
import type { Lookout } from "../../src/worker/thread/lookout.ts";
import { Run } from "../../src/worker/thread/run.ts";
import { requestsFor } from "../helpers/requests.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

const HOUR_MS = 3_600_000;

async function adoption(dir: TempDir, timeoutMs: number): Promise<AdoptRequest> {
  const [request] = await requestsFor(dir.home, [{ timeoutMs }]);
  const printed = { stdout: 0, stderr: 0 };
  return {
    ...request!,
    killGraceMs: 0,
    printed,
    claimedAt: Date.now(),
    outOfSight: null,
    cancelRequested: false,
    pausedAt: null,
    pausedMs: 0,
  };
}

/** Sees a process that has been running for that long; it ends when it is told to. */
function lookoutThatSees(ageMs: number): { lookout: Lookout; end(): void } {
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  const watched = { found: Promise.resolve({ group: 1, ageMs }), ended };
  return { lookout: { watch: () => watched } as unknown as Lookout, end: () => resolve(undefined) };
}

Deno.test("an adopted attempt began when its process did", async () => {
  using dir = tempDir();
  const asked = await adoption(dir, 0);
  const begun = await adopt(asked, lookoutThatSees(HOUR_MS).lookout);
  assert.equal(begun.ageMs, HOUR_MS);
  assert.ok(Math.abs(Date.now() - HOUR_MS - begun.startedAt) < HOUR_MS / 2);
});

Deno.test("an adopted attempt that has run for most of its timeout has only the rest of it", async () => {
  using dir = tempDir();
  const asked = await adoption(dir, HOUR_MS);
  const { lookout, end } = lookoutThatSees(HOUR_MS - 50);
  const run = new Run(asked, async () => {
    const begun = await adopt(asked, lookout);
    // It is asked for when the processes are to be ended.
    return { ...begun, root: () => (end(), null) };
  }, asked.printed);
  const patience = Promise.withResolvers<string>();
  const timer = setTimeout(() => patience.resolve("still running"), 20_000);
  const outcome = await Promise.race([run.finish().then((ended) => ended.outcome), patience.promise]);
  clearTimeout(timer);
  assert.equal(outcome, "timed_out");
});

Deno.test("an adopted attempt that had to be killed, since it was called off, is cancelled and not lost", async () => {
  using dir = tempDir();
  const asked = await adoption(dir, 0);
  const { spool } = asked;
  Deno.mkdirSync(dirname(spool), { recursive: true });
  for (const cancelRequested of [true, false]) {
    const { lookout, end } = lookoutThatSees(50);
    const { ended } = await adopt({ ...asked, cancelRequested }, lookout);
    Deno.writeTextFileSync(streamPath(spool, "stderr"), ""); // it has begun
    end();
    const { outcome, error } = await ended;
    assert.deepEqual(
      [outcome, error],
      cancelRequested
        ? ["cancelled", "cancelled"]
        : ["lost", "lost: its process was gone and had left no exit code"],
    );
  }
});
