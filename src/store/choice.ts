/**
 * @module
 * Choosing the store of a home: the database in it, or a schema of a PostgreSQL server, whose address then stands in a
 * file that only its owner can read, since it may hold a password. Invariant: what was chosen could be opened.
 */
import { holdsPassword } from "../domain/secrets.ts";
import type { Home } from "../system/home.ts";
import type { StoreInfo } from "./contract.ts";
import { LOCAL, type Meant, read } from "./meant.ts";
import { openStore } from "./open.ts";
import { readAddress, shownAddress } from "./postgres/engine/address.ts";

/** A store, and where it is, without any password. */
export interface Chosen {
  /** An address, or `local`. */
  store: string;
  by: Meant["by"];
  info: StoreInfo;
}

/** A store that is meant, which must be there. @throws {StoreUnusable} when it cannot be opened */
export async function currentStore(home: Home, meant: Meant): Promise<Chosen> {
  return await opened(home, meant, { create: false });
}

/**
 * Chooses another store for a home, and makes it where there is none yet.
 *
 * @throws {BadInput} for what names no store
 * @throws {StoreUnusable} when it cannot be opened; then the choice is what it was
 */
export async function chooseStore(home: Home, said: string): Promise<Chosen> {
  const meant: Meant = { ...read(said), by: "home" };
  const chosen = await opened(home, meant, {});
  if (meant.said === LOCAL) forget(home.store);
  else writeOwn(home, home.store, meant.said);
  return chosen;
}

/** A store as it may be shown. @throws {BadInput} for an address that cannot be read */
export function shownStore({ address }: Pick<Meant, "address">): string {
  return address === undefined ? LOCAL : shownAddress(address);
}

/** The schema of a store on a server; empty where it has none. */
export function schemaOf({ address }: Pick<Meant, "address">): string {
  return address === undefined ? "" : readAddress(address).schema;
}

async function opened(home: Home, meant: Meant, options: { create?: boolean }): Promise<Chosen> {
  const store = await openStore(home, { ...options, meant });
  try {
    return { store: shownStore(meant), by: meant.by, info: await store.info() };
  } finally {
    store.close();
  }
}

/**
 * How a store is named to what this process starts, on a command line or in a variable: never with a password. Where it
 * has one, a file in the home holds the address. Undefined where the home says it anyway.
 */
export function nameFor(home: Home, { by, said, address }: Meant): string | undefined {
  if (by === "home" || by === "nobody") return undefined;
  if (address === undefined || said !== address || !holdsPassword(address)) return said;
  return `file:${fileWith(home, address)}`;
}

/** A file with an address, which need not be new. Its name tells nothing. */
function fileWith(home: Home, address: string): string {
  const there = namesIn(home.addresses).map((name) => `${home.addresses}/${name}`);
  const found = there.find((path) => Deno.readTextFileSync(path).trim() === address);
  if (found !== undefined) return found;
  Deno.mkdirSync(home.addresses, { recursive: true, mode: 0o700 });
  const path = `${home.addresses}/${crypto.randomUUID()}`;
  writeOwn(home, path, address);
  return path;
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].filter(({ isFile }) => isFile).map(({ name }) => name);
  } catch {
    return []; // it is not there
  }
}

/** Only its owner can read it, and nobody ever reads half of it. */
function writeOwn(home: Home, path: string, text: string): void {
  Deno.mkdirSync(home.dir, { recursive: true, mode: 0o700 });
  const partial = `${home.dir}/address-${crypto.randomUUID()}`;
  Deno.writeTextFileSync(partial, `${text}\n`, { mode: 0o600, createNew: true });
  Deno.renameSync(partial, path);
}

function forget(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
