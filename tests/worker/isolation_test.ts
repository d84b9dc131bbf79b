/**
 * @module
 * No signal to a process group reaches from one job to another, from a job to its worker, or from a worker's group to
 * its jobs, on a worker without a terminal as services, cron and `--detach` start it.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import type { State } from "../../src/domain/job.ts";
import { spawnQueuectl } from "../helpers/cli.ts";
import { readUntil } from "../helpers/printed.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

/** A worker that leads a process group. Ended with the scope. */
async function groupWorker(
  home: string,
  args: readonly string[],
): Promise<AsyncDisposable & { pid: number; ended: Promise<number>; printed(): string }> {
  const child = spawnQueuectl(["worker", "start", ...args], { home, detached: true });
  const { printed, over, ended } = await readUntil(child, {
    what: "the worker has started",
    pattern: / started\n/,
  });
  return {
    pid: child.pid,
    ended,
    printed,
    async [Symbol.asyncDispose]() {
      if (over()) return;
      child.kill("SIGTERM");
      child.kill("SIGINT"); // ends what runs
      await ended;
    },
  };
}

const ALL_KILLERS = [
  "kill 0",
  "kill -9 0",
  "trap 'kill 0' EXIT; sleep 0.01",
  "sh -c 'kill -KILL 0'; echo not reached",
  // Not in their text: these may run in a shell that runs others afterwards.
  "./killer",
  "./killer; true",
  "true && ./killer",
];

for (const [when, args] of [["", ["--count", "2", "--slots", "2"]], [" in the only slot", []]] as const) {
  Deno.test(`jobs that kill their process group end themselves alone${when}`, async () => {
    using test = await testStore();
    Deno.writeTextFileSync(test.dir.file("killer"), "#!/bin/sh\nkill -9 0\n", { mode: 0o700 });
    const bystander = args.length > 0
      ? await test.enqueue("until [ -e go ]; do sleep 0.1; done; echo done")
      : undefined;
    const killers: string[] = [];
    const innocent: string[] = [];
    for (let i = 0; i < 3; i++) {
      // So many short ones that the worker takes what follows for brief, too.
      for (let n = 0; n < 8; n++) innocent.push(await test.enqueue("echo fine"));
      for (const command of ALL_KILLERS) killers.push(await test.enqueue(command));
    }
    await using worker = await groupWorker(test.home, args);
    const ended: State[] = ["completed", "dead"];
    for (const id of killers) assert.equal((await test.reaches(id, ...ended)).state, "dead", id);
    for (const id of innocent) {
      const job = await test.reaches(id, ...ended);
      assert.deepEqual([job.state, job.attempts, await test.output(id)], ["completed", 1, "fine\n"], id);
    }
    assert.doesNotMatch(worker.printed(), /crashed|gone/);
    if (bystander === undefined) return;
    Deno.writeTextFileSync(test.dir.file("go"), "");
    const { attempts } = await test.reaches(bystander, "completed");
    assert.deepEqual([attempts, await test.output(bystander)], [1, "done\n"]);
  });
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`${signal} to the group of a worker lets its jobs finish`, async () => {
    using test = await testStore();
    const before = await Promise.all(Array.from({ length: 10 }, () => test.enqueue("true")));
    await using worker = await groupWorker(test.home, ["--slots", "2"]);
    for (const id of before) await test.reaches(id, "completed");
    const commands = ["./long", './long; echo "$?"'];
    const body = "#!/bin/sh\necho up; until [ -e go ]; do sleep 0.1; done; echo done\n";
    Deno.writeTextFileSync(test.dir.file("long"), body, { mode: 0o700 });
    const jobs = await Promise.all(commands.map((command) => test.enqueue(command)));
    for (const id of jobs) {
      await until("it has begun", async () => (await test.output(id)).startsWith("up\n"));
    }
    Deno.kill(-worker.pid, signal);
    Deno.writeTextFileSync(test.dir.file("go"), "");
    assert.equal(await worker.ended, 0);
    for (const id of jobs) {
      const job = (await test.store.get(id))!;
      assert.deepEqual([job.state, job.attempts], ["completed", 1]);
      assert.match(await test.output(id), /^up\ndone\n/);
    }
  });
}
