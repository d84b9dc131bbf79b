/**
 * @module
 * Opening the store of a home, whatever it is made of. Nobody else needs to know which stores there are.
 */
import type { Home } from "../system/home.ts";
import type { Store } from "./contract.ts";
import { openSqliteStore } from "./sqlite/open.ts";

/** How a store is opened. */
export interface OpenOptions {
  /** False refuses to make a store where there is none. */
  create?: boolean;
  /** False leaves alone what is kept for a full disk. */
  reserve?: boolean;
}

/**
 * Opens the store of a home.
 *
 * @throws {StoreUnusable} when the home or the store cannot be used
 * @throws {PermissionMissing} when the runtime may not touch the home
 */
export function openStore(home: Home, options: OpenOptions = {}): Promise<Store> {
  return openSqliteStore(home, options);
}
