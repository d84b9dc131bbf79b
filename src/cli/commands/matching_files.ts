/**
 * @module
 * The files that a pattern of names leads to.
 */
import { type GlobPart, globParts } from "../../domain/glob.ts";

/**
 * The paths that match, in order, from a directory on unless the pattern says where it starts; written as the pattern
 * is. One that ends with a slash means directories.
 */
export async function matchingFiles(glob: string, directory: string): Promise<string[]> {
  const start = glob.startsWith("/") ? "/" : "";
  const base = start === "" ? `${directory}/` : "/";
  const whole = globParts(glob);
  // What leads to the first pattern need not be looked for.
  const first = whole.findIndex((part) => !("name" in part));
  const parts = whole.slice(first);
  let paths = [whole.slice(0, first).map((part) => (part as { name: string }).name).join("/")];
  for (const [index, part] of parts.entries()) {
    const next = new Set<string>();
    for (const path of paths) {
      for (const one of await step(base + path, part, index === parts.length - 1)) {
        next.add([path, one].filter((name) => name !== "").join("/"));
      }
    }
    paths = [...next];
  }
  const found = glob.endsWith("/") ? await directoriesAmong(paths, base) : paths;
  return found.map((path) => start + path).sort((a, b) => a < b ? -1 : 1);
}

async function directoriesAmong(paths: readonly string[], base: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) if (await isDirectory(base + path)) found.push(`${path}/`);
  return found;
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (isNoWay(error)) return false;
    throw error;
  }
}

/** The names below a directory that a part of a pattern leads to; the empty one is the directory itself. */
async function step(directory: string, part: GlobPart, isLast: boolean): Promise<string[]> {
  if ("name" in part) return await exists(`${directory}/${part.name}`) ? [part.name] : [];
  const names: string[] = [];
  const entries = await entriesOf(directory);
  if ("anyDepth" in part) {
    if (!isLast) names.push("");
    for (const { name, isDirectory } of entries) {
      if (name.startsWith(".")) continue;
      if (isLast) names.push(name);
      if (!isDirectory) continue;
      const below = await step(`${directory}/${name}`, part, isLast);
      names.push(...below.map((one) => one === "" ? name : `${name}/${one}`));
    }
    return names;
  }
  return entries.filter(({ name }) => part.matches(name)).map(({ name }) => name);
}

/** Nothing where there is no such directory, or it may not be looked into: as shells do. */
async function entriesOf(directory: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(directory));
  } catch (error) {
    if (isNoWay(error)) return [];
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (isNoWay(error)) return false;
    throw error;
  }
}

function isNoWay(error: unknown): boolean {
  return [Deno.errors.NotFound, Deno.errors.NotADirectory, Deno.errors.PermissionDenied]
    .some((Kind) => error instanceof Kind);
}
