/**
 * @module
 * A new, empty store in PostgreSQL, for the suites that every store has to pass.
 */
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import type { Opened } from "../store_contract/suite.ts";
import { newAddress, type Server } from "./postgres.ts";
import { tempDir } from "./temp.ts";

/** Opens one in a schema of its own. Exchanges of more than `few` jobs are dealt with all at once. */
export async function openedOn(server: Server, { few }: { few?: number } = {}): Promise<Opened> {
  const dir = tempDir();
  const address = newAddress(server);
  const open = () => openPostgresStore(address, dir.home, { few });
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
}
