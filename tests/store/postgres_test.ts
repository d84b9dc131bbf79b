/**
 * @module
 * The store in PostgreSQL: the contract.
 */
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { newAddress, postgresServer } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { storeContract } from "../store_contract/contract.ts";
import type { Opened } from "../store_contract/suite.ts";

const server = await postgresServer();

storeContract("PostgreSQL", async (): Promise<Opened> => {
  const dir = tempDir();
  const address = newAddress(server);
  const open = () => openPostgresStore(address, dir.home, {});
  const store = await open();
  return {
    store,
    another: open,
    file: dir.file("copy.db"),
    [Symbol.dispose]() {
      store.close();
      dir[Symbol.dispose]();
    },
  };
});
