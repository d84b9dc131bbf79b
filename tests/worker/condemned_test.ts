/**
 * @module
 * Jobs that crash the threads that watch them: real processes are ended, and what has not begun never begins.
 */
import assert from "node:assert/strict";
import type { ClaimedJob } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import { probeHost } from "../../src/worker/process/posix/host.ts";
import { bar } from "../../src/worker/spool/spool.ts";
import { Condemned } from "../../src/worker/supervisor/condemned.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

Deno.test("a condemned job's processes are ended; one that has not begun cannot begin any more", async () => {
  using dir = tempDir();
  const ends: [string, string, boolean][] = [];
  const spoolOf = (token: string) => dir.file(token);
  const condemned = new Condemned({
    host: await probeHost(),
    clock: systemClock,
    graceMs: () => 10_000,
    spoolOf,
    onEnded: ({ id }, { error, barred }) => ends.push([id, error, barred]),
  });
  const [running, waiting] = [crypto.randomUUID(), crypto.randomUUID()];
  bar(spoolOf(running)); // as its shell did when it began
  const child = new Deno.Command("sh", {
    args: ["-c", "sleep 300 & sleep 300"],
    env: { QUEUECTL_RUN: running },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  await until(
    "it runs",
    async () => (await signalTree({ token: running, root: null }, "0", true)).length > 0,
  );
  const jobs = [{ id: "j1", token: running }, { id: "j2", token: waiting }] as ClaimedJob[];
  const ended = condemned.end(jobs, "boom");
  assert.equal(condemned.size, 2);
  await ended;
  await child.status;
  assert.equal(condemned.size, 0);
  assert.deepEqual(await signalTree({ token: running, root: null }, "0", true), []);
  const error = "lost: its worker's thread crashed again and again: boom";
  assert.deepEqual(ends.sort(), [["j1", error, false], ["j2", error, true]]);
  assert.equal(bar(spoolOf(waiting)), false, "somebody has made the file that it begins with");
});
