/**
 * @module
 * Temporary directories that go when the test ends: `using dir = tempDir()`.
 */
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

/** Makes a temporary directory. */
export function tempDir(): TempDir {
  const path = Deno.makeTempDirSync({ prefix: "queuectl-test-" });
  return {
    path,
    file: (name) => join(path, name),
    home: homeAt(join(path, "home")),
    [Symbol.dispose]() {
      Deno.removeSync(path, { recursive: true });
    },
  };
}
