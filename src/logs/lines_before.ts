/**
 * @module
 * The lines of a growing file from its end on backwards, without reading more of it than is asked for.
 */

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** A line, and where it begins. */
export interface PlacedLine {
  start: number;
  text: string;
}

/** Whole lines that end before a place in the file, or at its end, the last first. None where there is no file. */
export function* linesBefore(path: string, before: number = Infinity): Generator<PlacedLine> {
  const file = opened(path);
  if (!file) return;
  try {
    let from = Math.min(before, file.seekSync(0, Deno.SeekMode.End));
    let rest = new Uint8Array(); // what was read of a line that begins further ahead
    while (from > 0) {
      const length = Math.min(BLOCK_BYTES, from);
      from -= length;
      const block = new Uint8Array(length + rest.length);
      file.seekSync(from, Deno.SeekMode.Start);
      for (let read = 0; read < length;) read += file.readSync(block.subarray(read, length)) ?? length;
      block.set(rest, length);
      let end = block.length;
      for (let i = end - 1; i >= 0; i--) {
        if (block[i] !== NEWLINE) continue;
        if (i + 1 < end) {
          yield { start: from + i + 1, text: new TextDecoder().decode(block.subarray(i + 1, end)) };
        }
        end = i;
      }
      rest = block.slice(0, end);
    }
    if (rest.length > 0) yield { start: 0, text: new TextDecoder().decode(rest) };
  } finally {
    file.close();
  }
}

function opened(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
