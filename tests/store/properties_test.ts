/**
 * @module
 * Whatever is done to the SQLite store, in whatever order: see `store_contract/properties.ts`.
 */
import { openStore } from "../../src/store/open.ts";
import { openNewStore } from "../helpers/new_store.ts";
import { rounds } from "../helpers/rounds.ts";
import { tempDir } from "../helpers/temp.ts";
import { keyingProperties } from "../store_contract/keying_properties.ts";
import { limitingProperties } from "../store_contract/limiting_properties.ts";
import { needingProperties } from "../store_contract/needing_properties.ts";
import { storeProperties } from "../store_contract/properties.ts";

const open = async () => {
  const dir = tempDir();
  const store = await openNewStore(dir.home);
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

storeProperties(Deno.test, open, { anySteps: rounds(15), lanes: rounds(2) });
needingProperties(Deno.test, open, { runs: rounds(8), steps: 80 });
limitingProperties(Deno.test, open, { runs: rounds(6), steps: 60 });
keyingProperties(Deno.test, open, { runs: rounds(5), steps: 60 });
