/**
 * @module
 * The fault suite in its short form. `deno task test:faults` runs all of it, `--short` this much.
 */
import assert from "node:assert/strict";
import { FAULTS } from "./all.ts";
import { describe } from "./describe.ts";
import { GAP_MS } from "./fault.ts";
import { SLEEP } from "./sleep.ts";
import { ZOMBIE } from "./zombie.ts";

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

Deno.test("all that must hold does hold when workers pause between what they see and what they do", async () => {
  const faults = [SLEEP, ZOMBIE]; // they wait most of the time
  const reports = await Promise.all(faults.map((fault) => fault.run("short", { gapMs: GAP_MS })));
  assert.deepEqual(reports.flatMap(({ found }) => found), []);
});
