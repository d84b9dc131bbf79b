/**
 * @module
 * How fast queuectl is, each figure beside the ceiling it was measured against in the same run:
 * `deno task bench`, or `deno task bench drain pickup` for some rows. Exits 1 when a target is missed.
 */
import { BULK } from "./bulk.ts";
import { CLEARING } from "./clearing.ts";
import { CHAIN, GROUP } from "./crowds.ts";
import { DEPENDENTS } from "./dependents.ts";
import { DRAIN } from "./drain.ts";
import { ENGINE } from "./engine.ts";
import { ENQUEUE } from "./enqueue.ts";
import { EXECUTABLE } from "./executable.ts";
import { FIRST_VIEW } from "./first_view.ts";
import { Fixtures } from "./fixtures.ts";
import { HTTP } from "./http.ts";
import { LIMIT } from "./limits.ts";
import { LOG } from "./log.ts";
import { MEMORY } from "./memory.ts";
import { NEEDS } from "./needs.ts";
import { PAGES } from "./pages.ts";
import { PICKUP } from "./pickup.ts";
import { holds, type Result, type Row } from "./row.ts";
import { SCHEDULES } from "./schedules.ts";
import { SERVER } from "./server.ts";
import { STATUS } from "./status.ts";
import { HEADING, lineOf } from "./table.ts";

const ROWS: readonly Row[] = [
  DRAIN,
  ENQUEUE,
  BULK,
  PICKUP,
  ENGINE,
  NEEDS,
  DEPENDENTS,
  GROUP,
  CHAIN,
  CLEARING,
  ...SERVER,
  LIMIT,
  SCHEDULES,
  STATUS,
  HTTP,
  PAGES,
  FIRST_VIEW,
  LOG,
  EXECUTABLE,
  MEMORY,
];

const unknown = Deno.args.filter((arg) => !ROWS.some((row) => row.name === arg));
if (unknown.length > 0) {
  console.error(
    `Unknown row "${unknown[0]}": there are ${[...new Set(ROWS.map((row) => row.name))].join(", ")}`,
  );
  Deno.exit(2);
}

const results: Result[] = [];
console.log(HEADING);
{
  using fixtures = new Fixtures();
  for (const row of ROWS.filter(({ name }) => Deno.args.length === 0 || Deno.args.includes(name))) {
    console.error(`${row.name} …`);
    const its = await row.run(fixtures);
    for (const result of its) console.log(lineOf(result));
    results.push(...its);
  }
}
Deno.exitCode = results.every(({ figure, target }) => target === null || holds(figure, target)) ? 0 : 1;
