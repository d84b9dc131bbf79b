/**
 * @module
 * Paths, made absolute. It does without `node:path` because loading that takes a third of the time in which
 * `enqueue` is done. Pure.
 */

/** Whose paths: this system's, unless given. */
export interface PathOptions {
  /** Drives and shares, and `\` as good as `/`. */
  windows?: boolean;
}

const WINDOWS = Deno.build.os === "windows";

/** `/`; on Windows also `C:\`, or `\\host\share\`. */
function rootOf(path: string, windows: boolean): string {
  const root = windows ? /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/]+[\\/]+[^\\/]+[\\/]?|[\\/])/ : /^\//;
  return root.exec(path)?.[0] ?? "";
}

/** Whether a path says where it starts. */
export function isAbsolute(path: string, { windows = WINDOWS }: PathOptions = {}): boolean {
  return rootOf(path, windows) !== "";
}

/** The path, from the absolute path `base` on unless it is absolute itself, without `.`, `..` and needless separators. */
export function absolutePath(path: string, base: string, { windows = WINDOWS }: PathOptions = {}): string {
  const whole = isAbsolute(path, { windows }) ? path : `${base}/${path}`;
  const root = rootOf(whole, windows);
  const names: string[] = [];
  for (const name of whole.slice(root.length).split(windows ? /[\\/]+/ : /\/+/)) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return root + names.join("/");
}

/** The directory of a file, as a path, from the file's `file:` URL. */
export function directoryOf(file: URL, { windows = WINDOWS }: PathOptions = {}): string {
  const path = decodeURIComponent(new URL(".", file).pathname);
  if (!windows) return absolutePath(path, "/", { windows });
  return absolutePath(file.hostname ? `//${file.hostname}${path}` : path.slice(1), "/", { windows });
}
