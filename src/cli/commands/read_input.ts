/**
 * @module
 * Reading what a flag names: a file, or standard input as `-`. What cannot be read is refused with a sentence.
 */
import { BadInput } from "../../domain/errors.ts";

/** What people call it: `standard input`, or the path. */
export function inputName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** All of a text. @throws {BadInput} when it cannot be read, or is not UTF-8 */
export async function readTextInput(path: string): Promise<string> {
  const bytes = await readInput(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new BadInput(`Cannot read ${inputName(path)}: it is not UTF-8 text`);
  }
}

/** In bytes: most files are read in one go. */
const FIRST_READ = 64 * 1024;

/** All of it, or just more than `most` bytes where there are more. @throws {BadInput} when it cannot be read */
export async function readInput(path: string, most = Infinity): Promise<Uint8Array> {
  using file = path === "-" ? undefined : await openFile(path);
  const from = file ?? Deno.stdin; // as it is: the runtime's streams take 8 ms to load
  let bytes = new Uint8Array(FIRST_READ);
  let size = 0;
  try {
    while (size <= most) {
      if (size === bytes.length) {
        const larger = new Uint8Array(2 * size);
        larger.set(bytes);
        bytes = larger;
      }
      const count = await from.read(bytes.subarray(size));
      if (count === null) break;
      size += count;
    }
  } catch (error) {
    throw sayUnreadable(path, error);
  }
  return bytes.subarray(0, size);
}

async function openFile(path: string): Promise<Deno.FsFile> {
  if (path === "") throw new BadInput('Cannot read "": it is no name of a file');
  try {
    return await Deno.open(path);
  } catch (error) {
    throw sayUnreadable(path, error);
  }
}

function sayUnreadable(path: string, error: unknown): unknown {
  const name = path === "-" ? "standard input" : `"${path}"`;
  if (error instanceof Deno.errors.NotFound) return new BadInput(`Cannot read ${name}: no such file`);
  if (error instanceof Deno.errors.IsADirectory) {
    return new BadInput(`Cannot read ${name}: it is a directory`);
  }
  if (error instanceof Deno.errors.NotADirectory) {
    return new BadInput(`Cannot read ${name}: what stands before it is no directory`);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new BadInput(`Cannot read ${name}: permission denied`);
  }
  // of links that lead in a circle, names that are too long, sockets: as the system says it
  const [, first = "", reason] = /^(.)(.*?) \(os error \d+\)/.exec((error as Error)?.message ?? "") ?? [];
  return reason === undefined ? error : new BadInput(`Cannot read ${name}: ${first.toLowerCase()}${reason}`);
}
