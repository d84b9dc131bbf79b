/**
 * @module
 * Temporary directories that go when the test ends: `using dir = tempDir()`. They are in memory where there is enough of
 * it: tests kill processes, not the machine, so none has to wait for a disk.
 */
import { statfsSync } from "node:fs";
import { join } from "node:path";
import { type Home, homeAt } from "../../src/system/home.ts";

/** A directory of its own, removed with all that is in it at the end of the scope. */
export interface TempDir extends Disposable {
  path: string;
  /** A path within it. */
  file(name: string): string;
  /** A home within it. Nothing is created. */
  home: Home;
}

const MEMORY = "/dev/shm";
/** All tests together need far less; containers tend to have 64 MB. */
const ENOUGH_BYTES = 4 * 2 ** 30;

/** Where tests may keep files in memory; undefined for where files are kept anyway. */
const IN_MEMORY = inMemory();

function inMemory(): string | undefined {
  if (Deno.build.os !== "linux" || Deno.env.has("TMPDIR")) return undefined;
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    const options = Deno.readTextFileSync("/proc/mounts").split("\n").map((line) => line.split(" "))
      .findLast(([, at]) => at === MEMORY)?.[3]?.split(",") ?? ["noexec"];
    return bavail * bsize >= ENOUGH_BYTES && !options.includes("noexec") ? MEMORY : undefined;
  } catch {
    return undefined;
  }
}

/** Makes a temporary directory. */
export function tempDir(): TempDir {
  const path = Deno.makeTempDirSync({ dir: IN_MEMORY, prefix: "queuectl-test-" });
  return {
    path,
    file: (name) => join(path, name),
    home: homeAt(join(path, "home")),
    [Symbol.dispose]() {
      Deno.removeSync(path, { recursive: true });
    },
  };
}
