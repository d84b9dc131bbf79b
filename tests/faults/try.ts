/**
 * @module
 * The fault suite in its short form, a test for each fault. `deno task test:faults` runs all of it, `--short` this much.
 */
import assert from "node:assert/strict";
import { describe } from "./describe.ts";
import type { Fault } from "./fault.ts";

/** Makes the tests of some faults. */
export function tryFaults(faults: readonly Fault[]): void {
  for (const fault of faults) {
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
}
