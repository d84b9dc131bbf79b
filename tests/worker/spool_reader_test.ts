/**
 * @module
 * In what order the pieces of two streams are handed over.
 */
import assert from "node:assert/strict";
import { SpoolReader } from "../../src/worker/thread/spool_reader.ts";
import { tempDir } from "../helpers/temp.ts";

const ORDERS = [["stdout", "stderr"], ["stderr", "stdout"]] as const;
const SUFFIX = { stdout: ".out", stderr: ".err" } as const;

for (const order of ORDERS) {
  Deno.test(`what is written to ${order.join(" and then to ")} between the looks at both stays in order`, () => {
    using dir = tempDir();
    const spool = dir.file("attempt");
    for (const suffix of Object.values(SUFFIX)) Deno.writeTextFileSync(spool + suffix, "");
    const reader = new SpoolReader(spool, 1000);
    const { statSync } = Deno;
    let looks = 0;
    // both are written to once the first was found empty
    Deno.statSync = (path) => {
      const info = statSync(path);
      if (looks++ === 0) {
        for (const [seconds, stream] of order.entries()) {
          Deno.writeTextFileSync(spool + SUFFIX[stream], stream);
          Deno.utimeSync(spool + SUFFIX[stream], 1000 + seconds, 1000 + seconds);
        }
      }
      return info;
    };
    try {
      const pieces = [...reader.live(0), ...reader.rest()];
      assert.deepEqual(pieces.map(({ stream }) => stream), order);
    } finally {
      Deno.statSync = statSync;
    }
  });
}
