/**
 * @module
 * Directories that were just made: a file is safe from a power cut only once the entries that lead to it are on
 * disk, too. Flushing is done as far as the platform and the permissions allow it.
 */
import { absolutePath } from "./paths.ts";

/** The directory that holds `dir`; a root holds itself. */
export function directoryAbove(dir: string): string {
  return absolutePath("..", dir);
}

/** The nearest directory above `dir` that is there already, or that nothing may be asked about. */
export function existingAbove(dir: string): string {
  const above = directoryAbove(dir);
  if (above === dir) return above;
  try {
    Deno.statSync(above);
    return above;
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? existingAbove(above) : above;
  }
}

/** Flushes the entries of `dir` and of every directory above it, up to and including `top`. */
export function flushEntries(dir: string, top: string): void {
  flush(dir);
  if (dir !== top && directoryAbove(dir) !== dir) flushEntries(directoryAbove(dir), top);
}

function flush(dir: string): void {
  try {
    using directory = Deno.openSync(dir);
    directory.syncSync();
  } catch {
    // Windows opens no directories; above the home, reading may not be permitted
  }
}
