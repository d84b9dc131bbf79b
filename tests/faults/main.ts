/**
 * @module
 * Breaks things on purpose and checks what must hold all the same: `deno task test:faults`, or
 * `deno task test:faults worker-storm sleep --short` for some faults in their short form. Exits 1 when something
 * did not hold, 2 for a name that is not known.
 */
import { formatDuration } from "../../src/duration.ts";
import { FAULTS } from "./all.ts";
import type { Scale } from "./fault.ts";
import { describe } from "./describe.ts";

const scale: Scale = Deno.args.includes("--short") ? "short" : "full";
const names = Deno.args.filter((arg) => arg !== "--short");
const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name));
if (unknown !== undefined) {
  console.error(`Unknown fault "${unknown}": there are ${FAULTS.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}

let findings = 0;
for (const fault of FAULTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  if (fault.impossible !== undefined) {
    console.log(`${fault.name}: not tried, ${fault.impossible}`);
    continue;
  }
  console.error(`${fault.name} …`);
  const started = performance.now();
  const report = await fault.run(scale);
  const took = formatDuration(Math.round((performance.now() - started) / 1000) * 1000);
  console.log(`${describe(fault.name, report)}\n  took: ${took}`);
  findings += report.found.length;
}
Deno.exit(findings === 0 ? 0 : 1);
