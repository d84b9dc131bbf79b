/**
 * @module
 * The store of a home, whatever it is made of: nobody but this file and `choice.ts` needs to know which kinds of stores
 * there are. Without a choice it is a database in the home; what else there may be is loaded when it was chosen.
 */
import type { Home } from "../system/home.ts";
import type { OpenOptions, Rescue, Store } from "./contract.ts";
import { openSqliteStore } from "./sqlite/open.ts";

/**
 * Opens the store of a home.
 *
 * @throws {StoreUnusable} when the home or the store cannot be used
 * @throws {PermissionMissing} when the runtime may not touch the home, or not reach the server
 */
export async function openStore(home: Home, options: OpenOptions = {}): Promise<Store> {
  const address = chosenAddress(home);
  if (address === undefined) return await openSqliteStore(home, options);
  const { openPostgresStore } = await import("./postgres/open.ts");
  return await openPostgresStore(address, home, options);
}

/** The address of the store that was chosen for a home; undefined where it is the database in it. */
export function chosenAddress(home: Home): string | undefined {
  try {
    return Deno.readTextFileSync(home.store).trim();
  } catch {
    return undefined; // there is none; who may not read it may not open the database beside it either, and is told so
  }
}

/** The engine of a new store in a home, such as `SQLite 3.53.2`. Opens none, and needs no home. */
export async function engineVersion(): Promise<string> {
  const { engineVersion } = await import("./sqlite/engine/version.ts");
  return engineVersion();
}

/** What can be done for the store of a home that cannot be opened; undefined where its kind offers nothing. */
export async function rescueOf(home: Home): Promise<Rescue | undefined> {
  if (chosenAddress(home) !== undefined) return undefined;
  const { rescueOf } = await import("./sqlite/salvage/rescue.ts");
  return rescueOf(home);
}
