/**
 * @module
 * Paths as texts, of the system that is named. Pure; it does without `node:path` because loading that takes a third of
 * the time in which `enqueue` is done.
 */

/** Whose paths. */
export interface PathStyle {
  /** Drives and shares, and `\` as good as `/`. */
  windows: boolean;
}

/** `/`; on Windows also `C:\`, or `\\host\share\`. */
function rootOf(path: string, { windows }: PathStyle): string {
  const root = windows ? /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/]+[\\/]+[^\\/]+[\\/]?|[\\/])/ : /^\//;
  return root.exec(path)?.[0] ?? "";
}

/** Whether a path says where it starts. */
export function isAbsolute(path: string, style: PathStyle): boolean {
  return rootOf(path, style) !== "";
}

/** The path, from the absolute path `base` on unless it is absolute itself, without `.`, `..` and needless separators. */
export function absolutePath(path: string, base: string, style: PathStyle): string {
  const whole = isAbsolute(path, style) ? path : `${base}/${path}`;
  const root = rootOf(whole, style);
  const names: string[] = [];
  for (const name of whole.slice(root.length).split(style.windows ? /[\\/]+/ : /\/+/)) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return root + names.join("/");
}
