/**
 * @module
 * Limits of jobs on the command line: said, changed, taken back, shown, refused; and which of them hold on this host.
 */
import assert from "node:assert/strict";
import { sayLimits } from "../../src/cli/commands/doctor/limits.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";

const ALL = ["--nice", "10", "--io", "idle", "--cpu-time", "10m", "--memory", "2GiB", "--max-procs", "200"];

Deno.test("limits are said by flags or in JSON, shown, changed and taken back", async () => {
  using dir = tempDir();
  const run = (...args: string[]) => queuectl(args, { home: dir.home.dir });
  await run("enqueue", "true", ...ALL);
  await run(
    "enqueue",
    '{"command": "true", "nice": 10, "io": "idle", "cpu_time": "10m", "memory": "2GiB", "max_procs": 200}',
  );
  const limits = async (id: string) => {
    const { nice, io, cpu_time, memory, max_procs } = JSON.parse((await run("show", id, "--json")).stdout);
    return { nice, io, cpu_time, memory, max_procs };
  };
  const said = { nice: 10, io: "idle", cpu_time: 600, memory: 2 * 1024 ** 3, max_procs: 200 };
  assert.deepEqual([await limits("j1"), await limits("j2")], [said, said]);
  const shown = (await run("show", "j1")).stdout;
  for (
    const line of [/^Nice +10$/m, /^Disk +idle$/m, /^CPU time +10m$/m, /^Memory +2GiB$/m, /^Processes +200$/m]
  ) {
    assert.match(shown, line);
  }
  await run("edit", "j1", "--memory", "default", "--io", "best-effort", "--nice", "default");
  assert.deepEqual(await limits("j1"), { ...said, memory: null, io: "best-effort", nice: null });
});

for (
  const [flag, value] of [
    ...[["--nice", "20"], ["--nice", "-1"], ["--io", "fast"], ["--cpu-time", "0"]],
    ...[["--memory", "0"], ["--memory", "much"], ["--max-procs", "0"]],
  ] as const
) {
  Deno.test(`what is no limit is refused, and nothing is changed: ${flag} ${value}`, async () => {
    using dir = tempDir();
    const run = (...args: string[]) => queuectl(args, { home: dir.home.dir });
    await run("enqueue", "true", ...ALL);
    const before = (await run("show", "j1", "--json")).stdout;
    for (const args of [["enqueue", "true"], ["edit", "j1"]]) {
      const { code, stderr } = await run(...args, `${flag}=${value}`);
      assert.equal(code, 2);
      assert.match(stderr, /^Cannot use \w+ .*: it takes .*, or default\n$/);
    }
    assert.equal((await run("show", "j1", "--json")).stdout, before);
    assert.equal((await run("show", "j2")).code, 1);
  });
}

Deno.test("doctor says which limits hold, up to how much, and why others do not", () => {
  const all = {
    ...{ nice: true, io: true, cpuTime: true, mostCpuSeconds: null, memory: true, mostMemoryKib: null },
    ...{ maxProcs: true, root: false, expendable: true },
  };
  assert.equal(
    sayLimits(all),
    "jobs may have nice, io, cpu_time, memory, max_procs; where memory runs out, jobs are ended before their worker",
  );
  assert.equal(
    sayLimits({
      ...all,
      io: false,
      mostCpuSeconds: 3600,
      mostMemoryKib: 1024 ** 2,
      maxProcs: false,
      root: true,
      expendable: false,
    }),
    "jobs may have nice, cpu_time up to 1h, memory up to 1GiB; not io: ionice is not there, or is not allowed to; " +
      "not max_procs: it does not hold for root; nothing tells the system to end jobs before their worker where memory runs out",
  );
  assert.equal(sayLimits(undefined), "jobs have none here, and their CPU time is not known");
});

Deno.test("doctor asks this host", async () => {
  using dir = tempDir();
  const { stdout } = await queuectl(["doctor", "--json"], { home: dir.home.dir });
  const findings: { check: string; found: string }[] = JSON.parse(stdout);
  const { found } = findings.find(({ check }) => check === "limits")!;
  assert.match(found, /^jobs may have (?:nice, )?(?:io, )?cpu_time/);
});
