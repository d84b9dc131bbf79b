/**
 * @module
 * Whatever is done to the SQLite store, in whatever order: see `store_contract/properties.ts`.
 */
import { openStore } from "../../src/store/open.ts";
import { tempDir } from "../helpers/temp.ts";
import { limitingProperties } from "../store_contract/limiting_properties.ts";
import { needingProperties } from "../store_contract/needing_properties.ts";
import { storeProperties } from "../store_contract/properties.ts";

const open = async () => {
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
};

storeProperties(Deno.test, open, { anySteps: 50, lanes: 5 });
needingProperties(Deno.test, open, { runs: 25, steps: 80 });
limitingProperties(Deno.test, open, { runs: 15, steps: 60 });
