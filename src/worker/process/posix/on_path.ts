/**
 * @module
 * Where the shell would find programs.
 */
import { runShell } from "./shell.ts";

/** The paths of all programs called $1. */
const ON_PATH = 'IFS=:; set -f; for dir in $PATH; do [ -x "$dir/$1" ] && printf "%s\\n" "$dir/$1"; done; :';

/** The absolute paths of all programs with one of these names on the PATH: name by name, in the order of the PATH. */
export async function findOnPath(names: readonly string[]): Promise<string[]> {
  const printed = await Promise.all(names.map((name) => runShell(ON_PATH, [name])));
  return printed.flatMap((lines) => lines.split("\n")).filter((path) => path.startsWith("/"));
}
