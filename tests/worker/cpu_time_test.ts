/**
 * @module
 * What an attempt took of CPU time, however its command is run.
 */
import assert from "node:assert/strict";
import { cpuMsIn } from "../../src/worker/process/cpu_time.ts";
import { spooledEnd } from "../../src/worker/spool/spool.ts";
import { finish, request, slot } from "../helpers/slot.ts";

Deno.test("what times prints is read as dash, bash, busybox and bash in German print it", () => {
  assert.equal(cpuMsIn("0m0.380000s 0m0.000000s\n1m2.500000s 0m0.250000s\n"), 62_750);
  assert.equal(cpuMsIn("0m0.003s 0m0.004s\n0m0.832s 0m0.007s\n"), 839);
  assert.equal(cpuMsIn("0m0.00s 0m0.00s\n2m0.01s 0m1.00s\n"), 121_010);
  assert.equal(cpuMsIn("0m0,003s 0m0,004s\n0m0,832s 0m0,007s\n"), 839);
});

Deno.test("what times does not print is no CPU time", () => {
  for (
    const printed of ["", "\n", "0m0.38s 0m0.00s\n", "user\t0m0.00s\nsys\t0m0.00s\n", "token 0\ntoken 1\n"]
  ) {
    assert.equal(cpuMsIn(printed), undefined, printed);
  }
});

/** What takes its time in a process of its own, and in one of its own that nobody in the command waits for by name. */
const BUSY = "head -c 400000000 /dev/zero | wc -c";
const BUSY_SHELL = "n=0; while [ $n -lt 200000 ]; do n=$((n + 1)); done; exit 3";

const WAYS = [
  ["in a fork of a slot's shell", BUSY, { brief: true }],
  ["in a shell that a slot's shell has started", BUSY_SHELL, { brief: true }],
  ["in a session of its own", BUSY_SHELL, { brief: false }],
  ["in a session of its own, by processes of its own", BUSY, { brief: false }],
  ["in another shell", BUSY_SHELL, { brief: false, shell: "bash" }],
] as const;

for (const [way, command, how] of WAYS) {
  Deno.test(`the CPU time of a command is that of all its processes, and not of the one before: ${way}`, async () => {
    await using means = slot();
    const busy = await finish(means, request(means, command, how));
    assert.ok(busy.cpuMs! >= 20, `${busy.cpuMs} ms`);
    const idle = await finish(means, request(means, "sleep 0.1", how));
    assert.ok(idle.cpuMs! < busy.cpuMs!, `${idle.cpuMs} ms of ${busy.cpuMs} ms`);
  });
}

Deno.test("a command that ends when it is told to has its CPU time, one that has to be killed has none", async () => {
  await using means = slot();
  const endless = "while :; do :; done";
  const obeys = await finish(means, request(means, endless, { brief: false, timeoutMs: 2000 }));
  assert.equal(obeys.outcome, "timed_out");
  assert.ok(obeys.cpuMs! > 0);
  const stubborn = request(means, "trap : TERM; while :; do sleep 0.1; done", {
    ...{ brief: false, timeoutMs: 100, killGraceMs: 50 },
  });
  const killed = await finish(means, stubborn);
  assert.deepEqual([killed.outcome, killed.signal, killed.cpuMs], ["timed_out", "SIGKILL", undefined]);
});

Deno.test("whoever comes later finds the CPU time with the end", async () => {
  await using means = slot();
  for (
    const [command, brief] of [[BUSY_SHELL, true], [BUSY_SHELL, false], [
      `${BUSY}; kill -KILL $$`,
      false,
    ]] as const
  ) {
    const asked = request(means, command, { brief });
    await means.launcher.launch({ ...asked, env: { ...asked.env, QUEUECTL_RUN: asked.token } }).ended;
    assert.ok(spooledEnd(asked.spool)!.cpuMs! >= 20, command);
  }
});
