/**
 * @module
 * Whether a process still does what it began, without any doubt: it holds a lock on a file, which the kernel lets go
 * of when the process ends, however it ends. A process that was stopped keeps it. Supervisors have such a file beside
 * their spool, those who enqueue very many jobs at once one in the home.
 */
import { CAN_TRY_LOCK, tryShare } from "./runtime.ts";

/** Where the lock of somebody is: a supervisor's is in the directory of all spools. */
export function presencePath(dir: string, id: string): string {
  return `${dir}/${id}${SUFFIX}`;
}

const SUFFIX = ".alive";

/** The ids of all who have left a lock file in a directory, whether they live or not. */
export function presencesIn(dir: string): string[] {
  try {
    const names = Array.from(Deno.readDirSync(dir), ({ name }) => name);
    return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Holds a lock until it is disposed of or the process ends. Nobody else may use the path. */
export async function bePresent(path: string): Promise<Disposable> {
  while (true) {
    const file = Deno.openSync(path, { create: true, write: true, mode: 0o600 });
    let same = false;
    try {
      await file.lock(true);
      // Between opening and locking, somebody may have taken the file for a dead process's and removed it.
      same = isSameFile(file, path);
      if (same) return { [Symbol.dispose]: () => file.close() };
    } finally {
      if (!same) file.close();
    }
  }
}

/** @throws when that cannot be told, such as when only a link to the home may be read, not the home itself */
function isSameFile(file: Deno.FsFile, path: string): boolean {
  const { ino } = file.statSync();
  try {
    return ino === Deno.statSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether the process that holds or held the lock at `path` lives and has not let go of it. Undefined when there is no such file. */
export async function isPresent(path: string): Promise<boolean | undefined> {
  const absence = await keepAbsent(path);
  if (typeof absence === "object") absence[Symbol.dispose]();
  return absence === undefined ? undefined : absence === "present";
}

/**
 * Keeps the supervisor that held the lock at `path`, or is just about to, from becoming present until the result is
 * disposed of: so what was seen of it still holds when something is done about that. Others who ask are not kept from
 * seeing that it is absent. Returns undefined when there is no such file.
 */
export async function keepAbsent(path: string): Promise<Disposable | "present" | undefined> {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  if (await isShared(file, path)) return file;
  return "present";
}

/** Takes a share of the lock, unless somebody holds all of it: then the file is closed, if need be later. */
async function isShared(file: Deno.FsFile, path: string): Promise<boolean> {
  if (!CAN_TRY_LOCK) return await tryShare(file, path);
  const shared = await file.tryLock(false);
  if (!shared) file.close();
  return shared;
}
