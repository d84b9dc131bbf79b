/**
 * @module
 * The SQLite store: the contract, and what is SQLite's own.
 */
import { openStore } from "../src/store/open.ts";
import { type Opened, storeContract } from "./store_contract.ts";
import { tempDir } from "./helpers/temp.ts";

async function open(): Promise<Opened> {
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
}

storeContract("SQLite", open);
