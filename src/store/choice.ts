/**
 * @module
 * Choosing the store of a home: the database in it, or a schema of a PostgreSQL server, whose address then stands in a
 * file that only its owner can read, since it may hold a password. Invariant: what was chosen could be opened.
 */
import { BadInput } from "../domain/errors.ts";
import type { Home } from "../system/home.ts";
import type { StoreInfo } from "./contract.ts";
import { chosenAddress, openStore } from "./open.ts";
import { openPostgresStore } from "./postgres/open.ts";
import { openSqliteStore } from "./sqlite/open.ts";
import { isAddress, shownAddress } from "./postgres/engine/address.ts";

/** What people call the database in the home. */
export const LOCAL = "local";

/** The store of a home, and where it is, without any password. */
export interface Chosen {
  /** An address, or `local`. */
  store: string;
  info: StoreInfo;
}

/** The store that a home has now. @throws {StoreUnusable} when it cannot be opened */
export async function currentStore(home: Home): Promise<Chosen> {
  const address = chosenAddress(home);
  const store = await openStore(home, { create: false });
  try {
    return { store: address === undefined ? LOCAL : shownAddress(address), info: await store.info() };
  } finally {
    store.close();
  }
}

/**
 * Chooses another store for a home, and makes it where there is none yet.
 *
 * @throws {BadInput} for what is no address
 * @throws {StoreUnusable} when it cannot be opened; then the choice is what it was
 */
export async function chooseStore(home: Home, address: string): Promise<Chosen> {
  if (address === LOCAL) return await chooseLocal(home);
  if (!isAddress(address)) {
    throw new BadInput(`Cannot use the store "${address}": give postgres://USER@HOST/DATABASE, or ${LOCAL}`);
  }
  const store = await openPostgresStore(address, home, {});
  try {
    const info = await store.info();
    write(home, address);
    return { store: shownAddress(address), info };
  } finally {
    store.close();
  }
}

async function chooseLocal(home: Home): Promise<Chosen> {
  const store = await openSqliteStore(home, {});
  try {
    const info = await store.info();
    if (chosenAddress(home) !== undefined) Deno.removeSync(home.store);
    return { store: LOCAL, info };
  } finally {
    store.close();
  }
}

/** Nobody ever reads half of it. */
function write(home: Home, address: string): void {
  Deno.mkdirSync(home.dir, { recursive: true, mode: 0o700 });
  const partial = `${home.store}.${crypto.randomUUID()}`;
  Deno.writeTextFileSync(partial, `${address}\n`, { mode: 0o600, createNew: true });
  Deno.renameSync(partial, home.store);
}
