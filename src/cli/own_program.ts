/**
 * @module
 * Starting this program once more, with the permissions a worker needs and no more.
 */
import type { Home } from "../home.ts";
import { directoryOf } from "../paths.ts";

/** The words that start this program again: the executable, or `deno run` with what a worker needs. */
export function ownProgram(home: Home): string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  return [Deno.execPath(), "run", "--no-prompt", ...permissionFlags(home), Deno.mainModule];
}

const VARIABLES = ["QUEUECTL_HOME", "HOME", "NO_COLOR", "QUEUECTL_DEBUG"];

function permissionFlags(home: Home): string[] {
  const source = new URL(Deno.mainModule);
  const readable = source.protocol === "file:" ? [home.dir, directoryOf(source)] : [home.dir];
  const variables = VARIABLES.filter((variable) => granted({ name: "env", variable }));
  return [
    granted({ name: "read" }) ? "--allow-read" : `--allow-read=${listOf(readable)}`,
    granted({ name: "write" }) ? "--allow-write" : `--allow-write=${listOf([home.dir])}`,
    granted({ name: "run" }) ? "--allow-run" : "--allow-run=sh",
    ...(granted({ name: "env" }) ? ["--allow-env"] : variables.map((variable) => `--allow-env=${variable}`)),
  ];
}

function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** Paths as a permission flag takes them: a comma within one is doubled. */
function listOf(paths: readonly string[]): string {
  return paths.map((path) => path.replaceAll(",", ",,")).join(",");
}
