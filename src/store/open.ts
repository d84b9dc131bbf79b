/**
 * @module
 * The store of a home, whatever it is made of: nobody but this file and its neighbours needs to know which kinds of stores
 * there are. Unless another is meant it is a database in the home; what else there may be is loaded when it is.
 */
import type { Home } from "../system/home.ts";
import type { OpenOptions, Rescue, Store } from "./contract.ts";
import { type Meant, meantStore } from "./meant.ts";
import { openSqliteStore } from "./sqlite/open.ts";

/**
 * Opens the store of a home, or the one that is meant instead.
 *
 * @throws {StoreUnusable} when the home or the store cannot be used
 * @throws {PermissionMissing} when the runtime may not touch the home, or not reach the server
 */
export async function openStore(
  home: Home,
  { meant = meantStore(home), ...options }: OpenOptions & { meant?: Meant } = {},
): Promise<Store> {
  const { address } = meant;
  if (address === undefined) return await openSqliteStore(home, options);
  const { openPostgresStore } = await import("./postgres/open.ts");
  return await openPostgresStore(address, home, options);
}

/** The engine of a new store in a home, such as `SQLite 3.53.2`. Opens none, and needs no home. */
export async function engineVersion(): Promise<string> {
  const { engineVersion } = await import("./sqlite/engine/version.ts");
  return engineVersion();
}

/** What the runtime has to permit to reach the store, besides the home, and what is permitted and of use there. */
export async function permissionsOf({ address }: Meant): Promise<Deno.PermissionDescriptor[]> {
  if (address === undefined) return [];
  const [{ readAddress }, { permissionsFor, usefulFor }] = await Promise.all([
    import("./postgres/engine/address.ts"),
    import("./postgres/engine/servers.ts"),
  ]);
  const { said } = readAddress(address);
  return [...permissionsFor(said), ...usefulFor(said)];
}

/** The variables that say something of the way to the store. */
export async function variablesOf({ address }: Meant): Promise<readonly string[]> {
  return address === undefined ? [] : (await import("./postgres/engine/servers.ts")).VARIABLES;
}

/** What can be done for the store of a home that cannot be opened; undefined where its kind offers nothing. */
export async function rescueOf(home: Home, { address }: Meant): Promise<Rescue | undefined> {
  if (address !== undefined) return undefined;
  const { rescueOf } = await import("./sqlite/salvage/rescue.ts");
  return rescueOf(home);
}
