/**
 * @module
 * Files that a user asks for: made anew for their owner's eyes only, never over another, and gone when making them
 * fails.
 */
import { Refused } from "../../errors.ts";
import { isGranted, permissionMissing } from "../../permissions.ts";

/** What SQLite may leave beside a database. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

/** A file to be made. */
export interface NewFile {
  /** Where. */
  path: string;
  /** What for, as in `Cannot back up to "x": the file exists`. */
  purpose: string;
  /** What else has to be written; unless given, the file alone. */
  within?: string;
}

/** Makes an empty file, lets `fill` do the rest, and removes it and its companions when that fails. */
export async function fillNewFile<T>(file: NewFile, fill: () => Promise<T>): Promise<T> {
  const { path } = file;
  createNew(file);
  try {
    return await fill();
  } catch (error) {
    removeDatabase(path);
    throw error;
  }
}

/** Removes a database file and what SQLite left beside it. */
export function removeDatabase(path: string): void {
  for (const companion of ["", ...COMPANIONS]) removeIfThere(path + companion);
}

function createNew({ path, purpose, within = path }: NewFile): void {
  const needed = [{ name: "read", path: within }, { name: "write", path: within }] as const;
  if (!needed.every(isGranted)) throw permissionMissing(`Cannot ${purpose} to "${path}"`, needed);
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new Refused(`Cannot ${purpose} to "${path}": the file exists`);
    }
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such directory"
      : "it cannot be written";
    throw new Refused(`Cannot ${purpose} to "${path}": ${reason}`);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
