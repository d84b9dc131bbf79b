/**
 * @module
 * The fault suite in its short form. `deno task test:faults` runs all of it, `--short` this much.
 */
import assert from "node:assert/strict";
import { FAULTS } from "./faults/all.ts";
import { describe } from "./faults/describe.ts";

for (const fault of FAULTS) {
  const { name, impossible } = fault;
  const notTried = impossible === undefined ? "" : ` (not tried: ${impossible})`;
  Deno.test({
    name: `all that must hold does hold under ${name}${notTried}`,
    ignore: impossible !== undefined,
    async fn() {
      const report = await fault.run("short");
      console.log(describe(name, report));
      assert.deepEqual(report.found, []);
    },
  });
}
