/**
 * @module
 * The store of a home, whatever it is made of: nobody but this file needs to know which kinds of stores there are.
 */
import type { Home } from "../system/home.ts";
import type { OpenOptions, Rescue, Store } from "./contract.ts";
import { openSqliteStore } from "./sqlite/open.ts";

/**
 * Opens the store of a home.
 *
 * @throws {StoreUnusable} when the home or the store cannot be used
 * @throws {PermissionMissing} when the runtime may not touch the home
 */
export function openStore(home: Home, options: OpenOptions = {}): Promise<Store> {
  return openSqliteStore(home, options);
}

/** The engine of a new store, such as `SQLite 3.53.2`. Opens none, and needs no home. */
export async function engineVersion(): Promise<string> {
  const { engineVersion } = await import("./sqlite/engine/version.ts");
  return engineVersion();
}

/** What can be done for the store of a home that cannot be opened; undefined where its kind offers nothing. */
export async function rescueOf(home: Home): Promise<Rescue | undefined> {
  const { rescueOf } = await import("./sqlite/salvage/rescue.ts");
  return rescueOf(home);
}
