/**
 * @module
 * Workers leave, sleep, or are taken for dead, and clocks jump.
 * Slow, so `deno task test:quick` leaves it out.
 */
import assert from "node:assert/strict";
import { GROUPS } from "./all.ts";
import { GAP_MS } from "./fault.ts";
import { SLEEP } from "./sleep.ts";
import { tryFaults } from "./try.ts";
import { ZOMBIE } from "./zombie.ts";

tryFaults(GROUPS.absence);

Deno.test("all that must hold does hold when workers pause between what they see and what they do", async () => {
  const faults = [SLEEP, ZOMBIE]; // they wait most of the time
  const reports = await Promise.all(faults.map((fault) => fault.run("short", { gapMs: GAP_MS })));
  assert.deepEqual(reports.flatMap(({ found }) => found), []);
});

Deno.test("every fault is tried by a file of its group", () => {
  const files = [...Deno.readDirSync(import.meta.dirname!)].map(({ name }) => name);
  const missing = Object.keys(GROUPS).filter((group) => !files.includes(`${group}_test.ts`));
  assert.deepEqual(missing, []);
});
