/**
 * @module
 * Whatever is done to a store, in whatever order: it does what the model does, its counts and figures equal a
 * recount, every running job has one owner, and jobs move only along the table.
 */
import assert from "node:assert/strict";
import { openStore } from "../src/store/open.ts";
import { make, type Tokens } from "./helpers/calls.ts";
import { Script } from "./helpers/script.ts";
import { forAnySteps } from "./helpers/store_steps.ts";
import { tempDir } from "./helpers/temp.ts";
import { viewOfModel, viewOfStore } from "./helpers/view.ts";

Deno.test("any sequence of operations leaves the store as the model says", async () => {
  await forAnySteps(async (steps) => {
    using dir = tempDir();
    const store = await openStore(dir.home);
    try {
      const script = new Script();
      const tokens: Tokens = new Map();
      for (const call of script.begin()) await make(store, call, tokens);
      for (const step of steps) {
        const call = script.take(step);
        if (!call) continue;
        await make(store, call, tokens);
        assert.deepEqual(await store.recount(), []);
        assert.equal(await viewOfStore(store), viewOfModel(script.model));
      }
    } finally {
      store.close();
    }
  }, 50);
});
