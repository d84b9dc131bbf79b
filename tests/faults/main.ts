/**
 * @module
 * Breaks things on purpose and checks what must hold all the same: `deno task test:faults`, or
 * `deno task test:faults worker-storm sleep --short` for some faults in their short form. With `--gaps`, workers pause
 * between what they see and what they do about it, so that races are not left to chance. Exits 1 when something did not
 * hold, 2 for a name that is not known.
 */
import { formatDuration } from "../../src/domain/duration.ts";
import { FAULTS } from "./all.ts";
import { describe } from "./describe.ts";
import { GAP_MS, type Scale } from "./fault.ts";

const scale: Scale = Deno.args.includes("--short") ? "short" : "full";
const gapMs = Deno.args.includes("--gaps") ? GAP_MS : 0;
const names = Deno.args.filter((arg) => arg !== "--short" && arg !== "--gaps");
const unknown = names.find((name) => !FAULTS.some((fault) => fault.name === name));
if (unknown !== undefined) {
  console.error(`Unknown fault "${unknown}": there are ${FAULTS.map(({ name }) => name).join(", ")}`);
  Deno.exit(2);
}

let findings = 0;
const chosen = FAULTS.filter(({ name, hasGaps }) =>
  names.length === 0 ? gapMs === 0 || hasGaps : names.includes(name)
);
for (const fault of chosen) {
  if (fault.impossible !== undefined) {
    console.log(`${fault.name}: not tried, ${fault.impossible}`);
    continue;
  }
  console.error(`${fault.name} …`);
  const started = performance.now();
  const report = await fault.run(scale, { gapMs });
  const took = formatDuration(Math.round((performance.now() - started) / 1000) * 1000);
  console.log(`${describe(fault.name, report)}\n  took: ${took}`);
  findings += report.found.length;
}
Deno.exit(findings === 0 ? 0 : 1);
