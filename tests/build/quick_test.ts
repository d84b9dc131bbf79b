/**
 * @module
 * What `deno task test:quick` runs.
 */
import assert from "node:assert/strict";
import { chosen } from "../../tools/quick.ts";
import { programFiles } from "../helpers/import_graph.ts";

Deno.test("every folder of the program has quick tests", async () => {
  const folders = new Set(
    programFiles().filter((file) => file !== "main.ts").map((file) => file.split("/")[1]!),
  );
  const always = await chosen(["build"]);
  for (const folder of folders) {
    const tests = await chosen([`src/${folder}`]);
    assert.ok(tests.some((file) => !always.includes(file)), folder);
  }
});

Deno.test("a file stands for its folder, what is slow is left out, and who imports whom is always looked at", async () => {
  const tests = await chosen(["src/worker/thread/run.ts"]);
  const has = (name: string) => tests.some((file) => file.endsWith(`/${name}_test.ts`));
  assert.deepEqual([has("run"), has("worker"), has("import_rules")], [true, false, true]);
});

Deno.test("a folder without tests is refused, with those that have some", async () => {
  await assert.rejects(chosen(["nothing"]), /There are no tests of "nothing": name build, cli, domain/);
});
