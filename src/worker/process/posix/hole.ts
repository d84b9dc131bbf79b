/**
 * @module
 * Holes in files. Only `fallocate`, of util-linux, can punch them, and not on every file system.
 */
import { NO_RUN } from "../platform.ts";
import { spawnShell } from "./shell.ts";

/** $1 the file, $2 where the hole begins, $3 its length. */
const PUNCH = 'exec fallocate --punch-hole --keep-size --offset "$2" --length "$3" -- "$1"';

/** Punches a hole; false where that cannot be done. */
export async function punchHole(
  path: string,
  { from, length }: { from: number; length: number },
): Promise<boolean> {
  const child = spawnShell({
    args: ["-c", PUNCH, "sh", path, String(from), String(length)],
    // As in `runShell`.
    env: NO_RUN,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return (await child.status).success;
}
