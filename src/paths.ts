/**
 * @module
 * Paths, made absolute. It does without `node:path` because loading that takes a third of the time in which
 * `enqueue` is done. Pure.
 */

const WINDOWS = Deno.build.os === "windows";
const SEPARATOR = WINDOWS ? /[\\/]+/ : /\/+/;
/** `/`, `C:\`, or `\\host\share\`. */
const ROOT = WINDOWS ? /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/]+[\\/]+[^\\/]+[\\/]?|[\\/])/ : /^\//;

/** Whether a path says where it starts. */
export function isAbsolute(path: string): boolean {
  return ROOT.test(path);
}

/** The path, from the absolute path `base` on unless it is absolute itself, without `.`, `..` and needless separators. */
export function absolutePath(path: string, base: string): string {
  const whole = isAbsolute(path) ? path : `${base}/${path}`;
  const root = ROOT.exec(whole)?.[0] ?? "";
  const names: string[] = [];
  for (const name of whole.slice(root.length).split(SEPARATOR)) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return root + names.join("/");
}

/** The directory of a file, as a path, from the file's `file:` URL. */
export function directoryOf(file: URL): string {
  const path = decodeURIComponent(new URL(".", file).pathname);
  return absolutePath(WINDOWS ? path.slice(1) : path, "/");
}
