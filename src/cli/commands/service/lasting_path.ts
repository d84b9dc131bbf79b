/**
 * @module
 * The path of a program that is still right after the program was upgraded.
 */
import { runShell } from "../../../worker/process/posix/shell.ts";

/** Where the shell would find a program called $1, all of them. */
const ON_PATH = 'IFS=:; set -f; for dir in $PATH; do [ -x "$dir/$1" ] && printf "%s\\n" "$dir/$1"; done; :';

/** Directories that go when their user logs out: some version managers put them on the PATH. */
const FLEETING = "/run/user/";

/**
 * The name under which a program is found on the PATH, when that leads to this very file; else its path as it is. The
 * system tells a program its path with all links followed, as in `/opt/queuectl-1.2.3/queuectl`, which an upgrade
 * removes, while the link to it stays.
 */
export async function lastingPath(program: string): Promise<string> {
  const name = program.slice(program.lastIndexOf("/") + 1);
  try {
    const real = Deno.realPathSync(program);
    for (const found of await onPath([...new Set([name, Deno.build.standalone ? "queuectl" : "deno"])])) {
      if (Deno.realPathSync(found) === real) return found;
    }
  } catch (error) {
    // What may not be looked at, or is no longer there, cannot be what was asked for.
    if (!(error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound)) throw error;
  }
  return program;
}

async function onPath(names: readonly string[]): Promise<string[]> {
  const printed = await Promise.all(names.map((name) => runShell(ON_PATH, [name])));
  return printed.flatMap((lines) => lines.split("\n"))
    .filter((path) => path.startsWith("/") && !path.startsWith(FLEETING));
}
