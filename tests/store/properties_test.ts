/**
 * @module
 * Whatever is done to the SQLite store, in whatever order: see `store_contract/properties.ts`.
 */
import { openStore } from "../../src/store/open.ts";
import { tempDir } from "../helpers/temp.ts";
import { storeProperties } from "../store_contract/properties.ts";

storeProperties(Deno.test, async () => {
  const dir = tempDir();
  const store = await openStore(dir.home);
  return {
    store,
    another: () => openStore(dir.home),
    file: dir.file("copy.db"),
    [Symbol.dispose]() {
      store.close();
      dir[Symbol.dispose]();
    },
  };
}, { anySteps: 50, lanes: 5 });
