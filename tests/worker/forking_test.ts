/**
 * @module
 * Commands get a session of their own without a fork of the runtime: after one, each page of this process's memory is
 * copied when a thread writes to it, which held up the supervisor, under the store's lock, for a tenth of a second.
 */
import assert from "node:assert/strict";
import type { Launch } from "../../src/worker/process/platform.ts";
import { probeHost } from "../../src/worker/process/posix/host.ts";
import { TestLauncher } from "../helpers/launching.ts";
import { tempDir } from "../helpers/temp.ts";

const ON_LINUX = { ignore: Deno.build.os !== "linux" };
const PAGE = 4096;
const PAGES = 2000;
const RUSAGE_THREAD = 1;
/** Where `struct rusage` has the faults that took no reading, in 8 bytes. */
const MINFLT = 8;

/** How many pages this thread has had to be given anew, from some beginning. */
function faultCounter(): Disposable & { faults(): number } {
  const libc = Deno.dlopen("libc.so.6", { getrusage: { parameters: ["i32", "buffer"], result: "i32" } });
  const usage = new BigInt64Array(18);
  return {
    faults() {
      libc.symbols.getrusage(RUSAGE_THREAD, usage);
      return Number(usage[MINFLT]);
    },
    [Symbol.dispose]: () => libc.close(),
  };
}

for (const [how, brief] of [["by a shell of its own", false], ["through a slot's shell", true]] as const) {
  Deno.test({
    name: `a command that is started ${how} copies no memory of this process`,
    ...ON_LINUX,
    async fn() {
      using dir = tempDir();
      using counter = faultCounter();
      await using launcher = new TestLauncher();
      const { setsid } = await probeHost();
      assert.equal(setsid, true, "this host has it");
      const token = crypto.randomUUID();
      const memory = new Uint8Array(PAGES * PAGE).fill(1);
      const wanted: Launch = {
        command: "exit 3",
        shell: "sh",
        spool: dir.file(token),
        endsFile: dir.file("ends-0"),
        cwd: dir.path,
        env: {
          QUEUECTL_RUN: token,
          QUEUECTL_HOME: dir.path,
          QUEUECTL_JOB_ID: "j1",
          QUEUECTL_ATTEMPT: "1",
          QUEUECTL_QUEUE: "default",
        },
        brief,
        byToken: true,
        setsid,
      };
      const { ended } = launcher.launch(wanted);
      const before = counter.faults();
      for (let page = 0; page < PAGES; page++) memory[page * PAGE] = 2;
      const faults = counter.faults() - before;
      assert.partialDeepStrictEqual(await ended, { kind: "ended", code: 3, signal: null });
      assert.ok(faults < PAGES / 4, `${faults} pages of ${PAGES} were copied`);
    },
  });
}
