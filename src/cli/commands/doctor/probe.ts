/**
 * @module
 * A file made in the home, looked at, and removed again: what its file system makes of a new file. It tells without a
 * shell who we are there and what time it is there, and whether there is room.
 */
import type { Clock } from "../../../system/clock.ts";
import type { Home } from "../../../system/home.ts";

/** What became of a new file. */
export interface Probe {
  /** Whom it belongs to; null where files have no owners. */
  uid: number | null;
  /** When it was made, by its file system's clock, in ms since the epoch. */
  madeAt: number;
  askedAt: number;
}

/** Makes a file and looks at it; undefined where none can be made. */
export function probe(home: Home, clock: Clock): Probe | undefined {
  try {
    return withNewFile(home, (file) => {
      const askedAt = clock.now();
      file.writeSync(new Uint8Array(1));
      // Only a flushed file is certain to have the time of the machine which has the disk, not ours.
      file.syncSync();
      const { uid, mtime } = file.statSync();
      return mtime ? { uid, madeAt: mtime.getTime(), askedAt } : undefined;
    });
  } catch {
    return undefined; // why is said elsewhere: the store cannot be used either
  }
}

const BLOCK = 64 * 1024;

/** Whether so many bytes can be written; undefined where they cannot for another reason than want of room. */
export function hasRoom(home: Home, bytes: number): boolean | undefined {
  try {
    return withNewFile(home, (file) => {
      // Not zeros: some file systems take no room for those.
      const block = crypto.getRandomValues(new Uint8Array(BLOCK));
      for (let written = 0; written < bytes; written += file.writeSync(block));
      file.syncSync();
      return true;
    });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ENOSPC" || code === "EDQUOT" ? false : undefined;
  }
}

function withNewFile<T>({ dir }: Home, look: (file: Deno.FsFile) => T): T {
  const path = Deno.makeTempFileSync({ dir, prefix: "doctor-" });
  try {
    using file = Deno.openSync(path, { write: true });
    return look(file);
  } finally {
    Deno.removeSync(path);
  }
}
