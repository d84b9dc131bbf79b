/**
 * @module
 * Process groups that are halted for a moment, and go on whatever becomes of those who halt them.
 */
import assert from "node:assert/strict";
import { haltGroups } from "../../src/worker/process/posix/halt.ts";
import { until } from "../helpers/until.ts";

/** The shell stays with its thread, beyond a test. */
const options = { ignore: Deno.build.os !== "linux", sanitizeOps: false, sanitizeResources: false };
const HALT = new URL("../../src/worker/process/posix/halt.ts", import.meta.url).href;

/** Two processes in a group of their own. Killed with the scope. */
async function group(): Promise<AsyncDisposable & { pid: number; states(): string }> {
  const child = new Deno.Command("sh", {
    args: ["-c", "while :; do sleep 600; done"],
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const { pid } = child;
  const status = child.status;
  await until("it has a child", () => pidsOf(pid).length === 2);
  return {
    pid,
    states: () => pidsOf(pid).map(stateOf).join(""),
    async [Symbol.asyncDispose]() {
      Deno.kill(-pid, "SIGKILL");
      await status;
    },
  };
}

function pidsOf(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
  return [pid, ...(children === "" ? [] : children.split(" ").map(Number))];
}

function stateOf(pid: number): string {
  return Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]![0]!;
}

const STILL = /^T+$/;
const GOES = /^[RSD]+$/;

Deno.test("groups stand still until they are let go, and what is not there is not", options, async () => {
  await using one = await group();
  await using two = await group();
  for (let turn = 0; turn < 2; turn++) {
    const gone = 2 ** 30;
    const round = await haltGroups([one.pid, gone, two.pid], { setsid: true });
    assert.deepEqual([...round.halted], [one.pid, two.pid]);
    await until("both stand still", () => STILL.test(one.states()) && STILL.test(two.states()));
    round[Symbol.dispose]();
    await until("both go on", () => GOES.test(one.states()) && GOES.test(two.states()));
  }
});

/** Halts a group for ever. */
function halter(pid: number): Deno.ChildProcess {
  const code = `const { haltGroups } = await import("${HALT}");
    globalThis.round = await haltGroups([${pid}], { setsid: true }); setInterval(() => {}, 1000);`;
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", code],
    stdout: "null",
    stderr: "null",
  }).spawn();
}

Deno.test("whoever halts a group is killed: the group goes on", options, async () => {
  await using halted = await group();
  const by = halter(halted.pid);
  await until("it stands still", () => STILL.test(halted.states()));
  by.kill("SIGKILL");
  await until("it goes on", () => GOES.test(halted.states()));
  await by.status;
});

Deno.test(
  "the shell that halts a group is killed: the group goes on, and can be halted again",
  options,
  async () => {
    await using halted = await group();
    const by = halter(halted.pid);
    await until("it stands still", () => STILL.test(halted.states()));
    const [, shell] = pidsOf(by.pid).filter((pid) => pid === by.pid || isHalter(pid));
    Deno.kill(shell!, "SIGKILL");
    await until("it goes on", () => GOES.test(halted.states()));
    by.kill("SIGKILL");
    await by.status;
    using _again = await haltGroups([halted.pid], { setsid: true });
    await until("it stands still again", () => STILL.test(halted.states()));
  },
);

function isHalter(pid: number): boolean {
  return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("kill -s STOP");
}
