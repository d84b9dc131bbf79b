/**
 * @module
 * What finished jobs leave in the background, and what that goes on printing.
 */
import assert from "node:assert/strict";
import { emptyRemoved } from "../../src/worker/process/posix/removed.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

const ignore = Deno.build.os !== "linux";
const MIB = 1024 * 1024;

Deno.test(
  "what a job left in the background and prints for nobody is said, and takes no room",
  { ignore },
  async () => {
    using test = await testStore();
    await test.set({ output_limit: "1000" });
    await using worker = await startWorker(test.home);
    const prints = "(until [ -e go ]; do head -c 700000 /dev/zero; sleep 0.02; done; echo >gone) & echo hi";
    const quiet = "(until [ -e go ]; do sleep 0.1; done) & echo hi";
    const id = await test.enqueue(prints);
    await test.reaches(await test.enqueue(quiet), "completed");
    await test.reaches(id, "completed");
    try {
      let last = 0;
      await until("it is emptied", async () => {
        const sizes = await emptyRemoved(test.dir.home.spool, Infinity);
        const size = Math.max(0, ...sizes.map((one) => one.size));
        const emptied = size < last;
        last = size;
        return emptied;
      });
      const said = /what (\S+) left in the background goes on printing, which nobody sees: \d+MiB so far/g;
      const whose = () => Array.from(worker.printed().matchAll(said), ([, who]) => who);
      await until("it is said", () => whose().length > 0);
      assert.deepEqual(whose(), [id]);
    } finally {
      Deno.writeTextFileSync(test.dir.file("go"), "");
    }
    await until(
      "it has ended",
      () => [...Deno.readDirSync(test.dir.path)].some(({ name }) => name === "gone"),
    );
  },
);

Deno.test("only removed files of the directory are emptied, whatever it is called", { ignore }, async () => {
  using dir = tempDir();
  const own = dir.file("[own] *");
  const other = dir.file("[own] x");
  const files = [own, other].flatMap((path) => {
    Deno.mkdirSync(path);
    return ["removed", "there"].map((name) => {
      const file = Deno.openSync(`${path}/${name}`, { append: true, create: true });
      file.writeSync(new Uint8Array(MIB));
      if (name === "removed") Deno.removeSync(`${path}/${name}`);
      return file;
    });
  });
  assert.deepEqual(await emptyRemoved(own, 2 * MIB), [{ path: `${own}/removed`, size: MIB }]);
  assert.deepEqual(files.map((file) => file.statSync().size), [MIB, MIB, MIB, MIB]);
  assert.deepEqual(await emptyRemoved(own, 1000), [{ path: `${own}/removed`, size: MIB }]);
  assert.deepEqual(files.map((file) => file.statSync().size), [0, MIB, MIB, MIB]);
  for (const file of files) file.close();
});
