/**
 * @module
 * What is there for the older runtime, on this one.
 */
import assert from "node:assert/strict";
import { CAN_TRY_LOCK, tryShare } from "../../src/system/runtime.ts";
import { programFiles } from "../helpers/import_graph.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

Deno.test("a share of a lock is refused while somebody holds all of it, and to be had after that", async () => {
  using dir = tempDir();
  const path = `${dir.path}/lock`;
  const open = () => Deno.openSync(path, { create: true, read: true, write: true });
  const holder = open();
  await holder.lock(true);
  assert.deepEqual([await tryShare(open(), path), await tryShare(open(), path)], [false, false]);
  holder.close();
  // the first question is still to be answered
  await until("the lock can be shared", async () => {
    const file = open();
    const shared = await tryShare(file, path);
    if (shared) file.close();
    return shared;
  });
});

Deno.test("what is there for Deno 2.4 is in one file, and used on no other", () => {
  assert.equal(CAN_TRY_LOCK, true);
  const speaking = programFiles().filter((file) =>
    /\b2\.4\b/.test(Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url)))
  );
  assert.deepEqual(speaking, ["src/system/runtime.ts"]);
});
