/**
 * @module
 * Everything that is there for Deno 2.4 alone. The source needs 2.9; what is bundled or compiled from it also runs on
 * 2.4, for executables that are built where no newer base is to be had. To end that support, delete this file and put
 * right what no longer compiles, each place with the one line that its comment names.
 */
import { systemClock } from "./clock.ts";

/** Whether a lock can be tried for without waiting. Without 2.4: always. */
export const CAN_TRY_LOCK: boolean = "tryLock" in Deno.FsFile.prototype;

/** Questions that could not be taken back, by path: they are answered when the lock is let go of. */
const asked = new Map<string, Promise<void>>();
/** How long an answer may take that is not a wait for the lock. */
const ANSWER_MS = 50;

/**
 * Takes a share of a file's lock, unless somebody holds all of it: then the file is closed, if need be later. One can
 * only ask for the lock and see whether that takes long. Without 2.4: `file.tryLock(false)`.
 */
export async function tryShare(file: Deno.FsFile, path: string): Promise<boolean> {
  if (asked.has(path)) {
    file.close();
    return false;
  }
  let late = false;
  const answered = new AbortController();
  const answer = file.lock(false).then(() => {
    answered.abort();
    asked.delete(path);
    if (late) file.close();
  });
  asked.set(path, answer);
  const tooLong = systemClock.sleep(ANSWER_MS, answered.signal).then(() => !answered.signal.aborted);
  late = await Promise.race([answer.then(() => false), tooLong]);
  return !late;
}

/**
 * Whether threads can be closed that leave `left` processes running, while `staying` other threads go on. 2.4 kills the
 * processes of a thread that is closed; when no thread stays, the whole process ends soon, which kills none. Without
 * 2.4: always.
 */
export function canClose({ left, staying }: { left: number; staying: number }): boolean {
  return left === 0 || staying > 0;
}

/**
 * 2.4 does not say why a statement could not be prepared: what reading the schema says is the reason. Without 2.4: the
 * error says it.
 * @throws what reading the schema throws
 */
export function throwReason(error: unknown, readSchema: () => void): void {
  if ((error as Error).message === "failed to prepare statement") readSchema();
}
