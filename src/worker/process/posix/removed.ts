/**
 * @module
 * Removed files that somebody still writes to. Only Linux tells of them, in `/proc`.
 */
import type { RemovedFile } from "../platform.ts";
import { runShell } from "./shell.ts";

/**
 * Prints the size and the path of each. $1 the directory, $2 from which size on they are emptied, $3 a pattern for what
 * the links to them say. What is emptied is what was opened and looked at: meanwhile, the other process may have put
 * another file in its place.
 */
const EMPTY = `find /proc/[0-9]*/fd -lname "$3" 2>/dev/null | while IFS= read -r fd; do
  {
    path=$(readlink /proc/self/fd/9)
    case $path in "$1"/*" (deleted)")
      size=$(wc -c </proc/self/fd/9)
      [ "$size" -gt "$2" ] && : >/proc/self/fd/9
      echo "$size \${path% (deleted)}";;
    esac
  } 9<>"$fd"
done 2>/dev/null`;

/** Finds the removed files below a directory that somebody has open, and empties those larger than `most`. */
export async function emptyRemoved(directory: string, most: number): Promise<RemovedFile[]> {
  const files = new Map<string, number>();
  const links = `${directory.replace(/[*?[\]\\]/g, "\\$&")}/* (deleted)`;
  for (const line of (await runShell(EMPTY, [directory, String(most), links])).split("\n")) {
    const [, size, path] = /^(\d+) (.+)$/.exec(line) ?? [];
    // Others may have it open, too.
    if (path !== undefined) files.set(path, Math.max(Number(size), files.get(path) ?? 0));
  }
  return Array.from(files, ([path, size]) => ({ path, size }));
}
