/**
 * @module
 * A small file system of its own, to be filled or made read-only: `using disk = smallDisk()`. It takes a machine
 * on which the tests may mount.
 */
import { type TempDir, tempDir } from "./temp.ts";

/** A mounted file system of a few MB; unmounted at the end of the scope. */
export interface SmallDisk extends Omit<TempDir, typeof Symbol.dispose>, Disposable {
  /** Takes all the room there is left. */
  fill(): void;
  /** Gives it back. */
  empty(): void;
  /** Nothing can be written to it any more. */
  makeReadOnly(): void;
}

/** Mounts a small file system, of 2 MB unless `size` says otherwise, as `mount` takes it. */
export function smallDisk(size = "2m"): SmallDisk {
  const dir = tempDir();
  if (!mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", dir.path)) {
    dir[Symbol.dispose]();
    throw new Error(`Cannot mount at ${dir.path}`);
  }
  const filler = dir.file("filler");
  return {
    path: dir.path,
    file: dir.file,
    home: dir.home,
    fill() {
      using file = Deno.openSync(filler, { write: true, create: true });
      try {
        while (true) file.writeSync(new Uint8Array(4096));
      } catch {
        // it is full
      }
    },
    empty: () => Deno.removeSync(filler),
    makeReadOnly() {
      if (!mount("-o", "remount,ro", dir.path)) throw new Error(`Cannot remount ${dir.path}`);
    },
    [Symbol.dispose]() {
      run("umount", dir.path);
      dir[Symbol.dispose]();
    },
  };
}

/** Whether this machine lets the tests mount. */
export function mayMount(): boolean {
  try {
    using _disk = smallDisk();
    return true;
  } catch {
    return false;
  }
}

function mount(...args: string[]): boolean {
  return run("mount", ...args);
}

function run(program: string, ...args: string[]): boolean {
  return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
}
