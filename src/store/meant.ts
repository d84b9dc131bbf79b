/**
 * @module
 * Which store is meant: by `--store`, else by `QUEUECTL_STORE`, else by the home, else the database in the home. Whoever
 * says it names an address, `local`, or a file that holds one of these. Invariant: no sentence from here holds a password.
 */
import { BadInput, StoreUnusable } from "../domain/errors.ts";
import { withoutPassword } from "../domain/secrets.ts";
import { baseDirectory, envVariable } from "../system/environment.ts";
import type { Home } from "../system/home.ts";
import { absolutePath, isAbsolute } from "../system/paths.ts";
import { isGranted } from "../system/permissions.ts";

/** What people call the database in the home. */
export const LOCAL = "local";
/** The variable that names a store. */
export const STORE_VARIABLE = "QUEUECTL_STORE";
/** How a file is named that holds an address. */
const FILE = "file:";

/** A store that is meant. */
export interface Meant {
  /** Its address; undefined is the database in the home. */
  address: string | undefined;
  /** As it was said: an address, `local`, or a file by its whole path. */
  said: string;
  /** Who said it. */
  by: "option" | "variable" | "home" | "nobody";
}

/**
 * The store that is meant for a home; `given` is the value of `--store`. A variable that may not be read says nothing.
 *
 * @throws {BadInput} for what names no store
 * @throws {StoreUnusable} for a file that cannot be read
 */
export function meantStore(home: Home, given?: string): Meant {
  if (given !== undefined) return { ...read(given), by: "option" };
  const variable = envVariable(STORE_VARIABLE);
  if (variable !== undefined) return { ...read(variable), by: "variable" };
  const kept = keptIn(home);
  return kept === undefined
    ? { address: undefined, said: LOCAL, by: "nobody" }
    : { ...read(kept), by: "home" };
}

/** Whether the variable that names a store may be read; without that, it says nothing. */
export function mayReadVariable(): boolean {
  return isGranted({ name: "env", variable: STORE_VARIABLE });
}

/** A store by what was said. @throws {BadInput} for what names none; {StoreUnusable} for a file that cannot be read */
export function read(said: string): Pick<Meant, "address" | "said"> {
  if (said === LOCAL) return { address: undefined, said };
  if (!said.startsWith(FILE)) return { address: checked(said), said };
  const path = said.slice(FILE.length);
  const whole = absolutePath(path, isAbsolute(path) ? "" : baseDirectory());
  const held = contentOf(whole);
  return { address: held === LOCAL ? undefined : checked(held, whole), said: `${FILE}${whole}` };
}

function checked(address: string, file?: string): string {
  if (/^postgres(ql)?:/.test(address)) return address;
  const what = file === undefined ? `the store "${withoutPassword(address)}"` : `the store in "${file}"`;
  throw new BadInput(
    `Cannot use ${what}: give postgres://USER@HOST/DATABASE, ${FILE}PATH of a file with that, or ${LOCAL}`,
  );
}

function contentOf(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : "it cannot be read";
    throw new StoreUnusable(`Cannot use the store in "${path}": ${why}`);
  }
}

/** What was chosen for a home; undefined where nothing was. */
function keptIn(home: Home): string | undefined {
  try {
    return Deno.readTextFileSync(home.store).trim();
  } catch {
    return undefined; // there is none; who may not read it may not open the database beside it either, and is told so
  }
}
