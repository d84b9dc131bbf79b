/**
 * @module
 * What background workers wrote down: a file for each in the home.
 */
import { NoSuch } from "../domain/errors.ts";
import { WORKER_ID_PATTERN } from "../domain/worker_id.ts";
import type { Home } from "../system/home.ts";
import { permissionMissing } from "../system/permissions.ts";

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** Opens the log of a worker. The caller closes it. @throws {NoSuch} when there is none */
export function openLog({ dir, logs }: Home, worker: string): Deno.FsFile {
  try {
    if (WORKER_ID_PATTERN.test(worker)) return Deno.openSync(`${logs}/${worker}.log`);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw permissionMissing(`Cannot read the log of worker "${worker}"`, [{ name: "read", path: dir }]);
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new NoSuch(
    `Cannot show the log of worker "${worker}": there is none; only workers started with --detach have one`,
  );
}

/** The workers that have one; none when that cannot be told. */
export function logNames({ logs }: Home): string[] {
  try {
    const names = Array.from(Deno.readDirSync(logs), ({ name }) => name.replace(/\.log$/, ""));
    return names.filter((name) => WORKER_ID_PATTERN.test(name)).sort();
  } catch {
    return [];
  }
}

/** The last `wanted` lines; afterwards the file stands at its end. */
export function endOfLog(file: Deno.FsFile, wanted: number): Uint8Array {
  const size = file.seekSync(0, Deno.SeekMode.End);
  let start = size;
  let newlines = 0;
  let tail = new Uint8Array();
  while (start > 0) {
    const length = Math.min(BLOCK_BYTES, start);
    start -= length;
    file.seekSync(start, Deno.SeekMode.Start);
    const block = new Uint8Array(length);
    readFully(file, block);
    const grown = new Uint8Array(length + tail.length);
    grown.set(block);
    grown.set(tail, length);
    tail = grown;
    // The newline that ends the last line begins no further one.
    for (let i = length - 1; i >= 0; i--) {
      if (block[i] !== NEWLINE || start + i === size - 1) continue;
      newlines += 1;
      if (newlines === wanted) {
        file.seekSync(size, Deno.SeekMode.Start);
        return tail.subarray(i + 1);
      }
    }
  }
  file.seekSync(size, Deno.SeekMode.Start);
  return wanted === 0 ? new Uint8Array() : tail;
}

function readFully(file: Deno.FsFile, into: Uint8Array): void {
  for (let read = 0; read < into.length;) {
    const count = file.readSync(into.subarray(read));
    if (count === null) return;
    read += count;
  }
}

/** What came since the last read; empty when nothing did. */
export function readOn(file: Deno.FsFile): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return bytes.subarray(0, file.readSync(bytes) ?? 0);
}
