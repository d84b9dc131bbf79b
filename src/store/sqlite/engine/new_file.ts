/**
 * @module
 * Files that a user asks for: made anew for their owner's eyes only, never over another, and gone when making them
 * fails.
 */
import { Refused } from "../../../domain/errors.ts";
import { directoryAbove, flushEntries } from "../../../system/directories.ts";
import { absolutePath, isAbsolute } from "../../../system/paths.ts";
import { isGranted, permissionMissing } from "../../../system/permissions.ts";
import { bePresent, isPresent } from "../../../system/presence.ts";
import { APPLICATION_ID } from "./header.ts";

/** What SQLite may leave beside a database. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

export interface NewFile {
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

/**
 * Has `write` write a database file under another name, beside it, and gives it its own when it is whole. Removes it
 * when that fails, and what others left in that directory who were killed meanwhile.
 */
export async function writeNewFile(
  file: NewFile & { signal?: AbortSignal },
  write: (path: string) => Promise<void>,
): Promise<void> {
  const { path, purpose, signal } = file;
  checkFree(file);
  await removeLeft(path);
  const partial = `${path}.${crypto.randomUUID().slice(0, 8)}${PARTIAL}`;
  createNew({ ...file, path: partial });
  const presence = await underWay(partial);
  try {
    await write(partial);
    signal?.throwIfAborted();
    checkFree(file);
    Deno.renameSync(partial, path);
    flushEntries(directoryOf(path), directoryOf(path));
  } catch (error) {
    removeDatabase(partial);
    if (signal?.aborted) {
      throw new Refused(`Cannot ${purpose} to "${path}": interrupted, and nothing is left of it`);
    }
    if (isFull(error)) throw new Refused(`Cannot ${purpose} to "${path}": the disk is full`);
    throw error;
  } finally {
    presence[Symbol.dispose]();
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error &&
    ("code" in error && error.code === "ENOSPC" || /disk is full/.test(error.message));
}

/** What the names of files end with that are not whole yet. */
const PARTIAL = ".partial";

/** Whether a lock on a file keeps its own process from writing to it: then files go unlocked, and are left alone. */
const LOCKS_KEEP_OUT = Deno.build.os === "windows";

/** Shows that the file is being written. */
async function underWay(path: string): Promise<Disposable> {
  return LOCKS_KEEP_OUT ? { [Symbol.dispose]() {} } : await bePresent(path);
}

/**
 * Removes what was to become this file and never will, and what was to become another one, where it is certain that it
 * is a database of ours.
 */
async function removeLeft(path: string): Promise<void> {
  if (LOCKS_KEEP_OUT) return;
  const dir = directoryOf(path);
  const wanted = whole(path).slice(dir.length).replace(/^\//, "");
  for (const { name, isFile } of Deno.readDirSync(dir)) {
    const [, meant] = LEFT.exec(name) ?? [];
    if (!isFile || meant === undefined) continue;
    const left = `${dir}/${name}`;
    try {
      if (meant !== wanted && !isOurs(left)) continue;
      if (await isPresent(left) === false) removeDatabase(left);
    } catch (error) {
      if (meant === wanted || !isOfOthers(error)) throw error;
    }
  }
}

/** Names of files that are not whole yet: what they were to become. */
const LEFT = new RegExp(`^(.+)\\.[0-9a-f]{8}\\${PARTIAL}$`);

/** The file has been removed meanwhile, or belongs to another user. */
function isOfOthers(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied;
}

/** What a database begins with, and its log; where in its header it says whose it is. */
const MAGIC = "SQLite format 3\0";
const LOG_MAGIC = [0x377f0682, 0x377f0683];
const APPLICATION_AT = 68;

/** Whether a file is the begun copy of a database of ours: the log is copied first, while the file is empty. */
function isOurs(path: string): boolean {
  const header = beginningOf(path);
  if (header.byteLength === 0) {
    const log = beginningOf(`${path}-wal`);
    return log.byteLength >= 4 && LOG_MAGIC.includes(log.getUint32(0));
  }
  return header.byteLength >= APPLICATION_AT + 4 &&
    new TextDecoder().decode(new Uint8Array(header.buffer, 0, MAGIC.length)) === MAGIC &&
    header.getUint32(APPLICATION_AT) === APPLICATION_ID;
}

/** @throws when there is none, or it may not be read */
function beginningOf(path: string): DataView {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(APPLICATION_AT + 4);
  return new DataView(bytes.buffer, 0, file.readSync(bytes) ?? 0);
}

function directoryOf(path: string): string {
  return directoryAbove(whole(path));
}

function whole(path: string): string {
  return absolutePath(path, isAbsolute(path) ? "" : Deno.cwd());
}

/** Removes a database file and what SQLite left beside it. */
export function removeDatabase(path: string): void {
  for (const companion of ["", ...COMPANIONS]) removeIfThere(path + companion);
}

/** @throws {Refused} when there is a file already, or cannot be one */
function checkFree({ path, purpose }: NewFile): void {
  const dir = directoryOf(path);
  const needed = [{ name: "read", path: dir }, { name: "write", path: dir }] as const;
  if (!needed.every(isGranted)) throw permissionMissing(`Cannot ${purpose} to "${path}"`, needed);
  try {
    Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && isDirectory(dir)) return;
    throw new Refused(`Cannot ${purpose} to "${path}": there is no such directory`);
  }
  throw new Refused(`Cannot ${purpose} to "${path}": the file exists`);
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
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
