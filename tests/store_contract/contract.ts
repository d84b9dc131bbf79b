/**
 * @module
 * What every store must do. A store's own tests call `storeContract` with a way to open it; nothing here knows
 * which store it is.
 */
import assert from "node:assert/strict";
import { claiming } from "./claiming.ts";
import { counting } from "./counting.ts";
import { dying } from "./dying.ts";
import { enqueueing } from "./enqueueing.ts";
import { grouping } from "./grouping.ts";
import { keeping } from "./keeping.ts";
import { keyed } from "./keyed.ts";
import { limiting } from "./limiting.ts";
import { looking } from "./looking.ts";
import { managing } from "./managing.ts";
import { neededOutcomes } from "./needed_outcomes.ts";
import { needing } from "./needing.ts";
import { pausing } from "./pausing.ts";
import { printing } from "./printing.ts";
import { queueing } from "./queueing.ts";
import { reading } from "./reading.ts";
import { saying } from "./saying.ts";
import { scheduling } from "./scheduling.ts";
import { selecting } from "./selecting.ts";
import { settling } from "./settling.ts";
import type { Opened, Test } from "./suite.ts";
import { supervising } from "./supervising.ts";

/** Limits, which not every store has yet. */
export const LIMITING: readonly ((test: Test) => void)[] = [limiting];

/** Jobs as those see them who manage them. */
export const MANAGING: readonly ((test: Test) => void)[] = [
  enqueueing,
  looking,
  managing,
  grouping,
  keyed,
  scheduling,
  selecting,
  keeping,
];

/** Jobs as those see them who run them. */
export const RUNNING: readonly ((test: Test) => void)[] = [
  needing,
  neededOutcomes,
  pausing,
  claiming,
  settling,
  dying,
  printing,
  saying,
  reading,
  queueing,
  supervising,
  counting,
];

/** What goes through `exchange`. */
export const EXCHANGING: readonly ((test: Test) => void)[] = [
  needing,
  neededOutcomes,
  grouping,
  pausing,
  claiming,
  settling,
  printing,
  saying,
  queueing,
  supervising,
  counting,
];

/** Runs some parts of the suite. `open` makes a new, empty store; `declare` declares a test where not all of them can be run. */
export function storeContract(
  name: string,
  open: () => Promise<Opened>,
  declare: (name: string, run: () => Promise<void>) => void = Deno.test,
  parts: readonly ((test: Test) => void)[],
): void {
  const test: Test = (sentence, run) =>
    declare(`${name}: ${sentence}`, async () => {
      using opened = await open();
      await run(opened.store, opened);
      assert.deepEqual(await opened.store.recount(), [], "counts and figures equal a recount");
    });
  for (const part of parts) part(test);
}
