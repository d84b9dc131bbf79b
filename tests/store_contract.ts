/**
 * @module
 * What every store must do. A store's own tests call `storeContract` with a way to open it; nothing here knows
 * which store it is.
 */
import assert from "node:assert/strict";
import { claiming } from "./store_contract/claiming.ts";
import { counting } from "./store_contract/counting.ts";
import { enqueueing } from "./store_contract/enqueueing.ts";
import { keeping } from "./store_contract/keeping.ts";
import { looking } from "./store_contract/looking.ts";
import { managing } from "./store_contract/managing.ts";
import { printing } from "./store_contract/printing.ts";
import { queueing } from "./store_contract/queueing.ts";
import { settling } from "./store_contract/settling.ts";
import type { Opened, Test } from "./store_contract/suite.ts";
import { supervising } from "./store_contract/supervising.ts";

const PARTS = [
  enqueueing,
  looking,
  managing,
  claiming,
  settling,
  printing,
  queueing,
  supervising,
  counting,
  keeping,
];

/** Runs the suite. `open` makes a new, empty store. */
export function storeContract(name: string, open: () => Promise<Opened>): void {
  const test: Test = (sentence, run) =>
    Deno.test(`${name}: ${sentence}`, async () => {
      using opened = await open();
      await run(opened.store, opened);
      assert.deepEqual(await opened.store.recount(), [], "counts and figures equal a recount");
    });
  for (const part of PARTS) part(test);
}
