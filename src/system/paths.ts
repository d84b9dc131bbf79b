/**
 * @module
 * Paths of this system, or of the one that a test names.
 */
import * as text from "../domain/paths.ts";

/** Whose paths: this system's, unless given. */
export type PathOptions = Partial<text.PathStyle>;

/** Whether this system's paths are those of Windows. */
export const WINDOWS: boolean = Deno.build.os === "windows";

/** Whether a path says where it starts. */
export function isAbsolute(path: string, { windows = WINDOWS }: PathOptions = {}): boolean {
  return text.isAbsolute(path, { windows });
}

/** The path, from the absolute path `base` on unless it is absolute itself, without `.`, `..` and needless separators. */
export function absolutePath(path: string, base: string, { windows = WINDOWS }: PathOptions = {}): string {
  return text.absolutePath(path, base, { windows });
}

/** The directory of a file, as a path, from the file's `file:` URL. */
export function directoryOf(file: URL, { windows = WINDOWS }: PathOptions = {}): string {
  const path = decodeURIComponent(new URL(".", file).pathname);
  if (!windows) return absolutePath(path, "/", { windows });
  return absolutePath(file.hostname ? `//${file.hostname}${path}` : path.slice(1), "/", { windows });
}
