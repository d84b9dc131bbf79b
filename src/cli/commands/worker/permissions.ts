/**
 * @module
 * The permissions that workers need: what to ask for, what to pass on to workers in the background, and what to drop
 * once they run. They need to read and write the home, to read the program, and to run a shell.
 */
import type { Meant } from "../../../store/meant.ts";
import { permissionsOf, variablesOf } from "../../../store/open.ts";
import { keepVariables } from "../../../system/environment.ts";
import type { Home } from "../../../system/home.ts";
import { directoryOf } from "../../../system/paths.ts";
import { isGranted, permissionFlags, permissionMissing } from "../../../system/permissions.ts";
import { thisPlatform } from "../../../worker/process/this_platform.ts";
import type { Host } from "../../../worker/process/platform.ts";

const RUN = thisPlatform.programs.map((command) => ({ name: "run", command }) as const);

export function mayRun(): boolean {
  return RUN.every(isGranted);
}

/** The flag that lets commands be run. */
export const RUN_FLAG: string = permissionFlags(RUN).join();

/** Refuses to go on without what it takes to run commands. @throws {PermissionMissing} */
export function requireShell(): void {
  if (!mayRun()) throw permissionMissing("Cannot run jobs without running a shell", RUN);
}

/** What to say of variables that jobs do not see, and what to do about it; undefined where there are none. */
export function sayHidden({ withheld: { unknown } }: Host): { found: string; advice: string } | undefined {
  if (unknown.length === 0) return undefined;
  return {
    found: `jobs do not see ${unknown.join(", ")}`,
    advice: `run workers with --allow-env=${unknown.join(",")}, or with --allow-run`,
  };
}

/** Refuses to go on where no thread could load the program again. @throws {PermissionMissing} */
export function requireProgram(): void {
  const entry = new URL(Deno.mainModule);
  if (
    Deno.build.standalone || entry.protocol !== "file:" ||
    [entry, new URL(import.meta.url)].every((path) => isGranted({ name: "read", path }))
  ) return;
  throw permissionMissing("Cannot start threads without reading the program", [
    { name: "read", path: directoryOf(entry) },
  ]);
}

/** Variables that workers read. */
const VARIABLES = ["QUEUECTL_HOME", "QUEUECTL_STORE", "HOME", "USERPROFILE", "NO_COLOR", "QUEUECTL_DEBUG"];

/** What workers serve: the home they write to, and the store they are meant to take jobs from. */
export interface Served {
  home: Home;
  meant: Meant;
}

/**
 * The least flags with which the same program, started again, can run workers there. `withheld` are more variables that
 * it may read if this process may.
 */
export async function leastFlags({ home, meant }: Served, withheld: readonly string[]): Promise<string[]> {
  // This process has at least these, or it could not have opened the store.
  if (isSpecial(home)) return ["--allow-all"];
  const source = new URL(Deno.mainModule);
  const server = await permissionsOf(meant);
  // What is opened through a symbolic link is asked about under its own name, too.
  const writable = new Set([home.dir, realPath(home.dir)]);
  const readable = source.protocol === "file:" ? [...writable, directoryOf(source)] : [...writable];
  return permissionFlags([
    ...readable.map((path) => ({ name: "read", path }) as const),
    ...Array.from(writable, (path) => ({ name: "write", path }) as const),
    ...RUN,
    ...server,
    ...[...VARIABLES, ...withheld].map((variable) => ({ name: "env", variable }) as const).filter(isGranted),
  ]);
}

/**
 * Drops what running workers do not need, for this process and all its threads, those that start later included. What
 * may be read, written or run cannot be narrowed: the runtime lets go of a permission as a whole only.
 */
export async function dropNeedless({ home, meant }: Served): Promise<void> {
  if (isSpecial(home)) return;
  keepVariables([...VARIABLES, ...await variablesOf(meant)]);
  const needed = meant.address === undefined ? [] : ["net"]; // to connect again
  for (const name of (["net", "env", "sys", "ffi"] as const).filter((name) => !needed.includes(name))) {
    Deno.permissions.revokeSync({ name });
  }
}

/** Whether the home is where Deno lets only those in who may do everything, wherever symbolic links lead. */
function isSpecial({ dir }: Home): boolean {
  return /^\/(?:dev|proc|sys)(?:\/|$)/.test(realPath(dir));
}

/** Where a path leads through symbolic links; the path itself where nobody can tell. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path; // it is not there yet, or may not be looked at
  }
}
