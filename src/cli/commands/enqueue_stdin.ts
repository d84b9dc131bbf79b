/**
 * @module
 * `--stdin FILE`: what a job reads, taken now, so that the file may change or go.
 */
import { LARGEST_STDIN } from "../../domain/fields.ts";
import { tooLargeStdin } from "../../domain/spec.ts";
import { readInput } from "./read_input.ts";

/** The bytes of a file, or of standard input as `-`. @throws {BadInput} when there are too many, or none can be read */
export async function readStdin(path: string): Promise<Uint8Array> {
  const bytes = await readInput(path, LARGEST_STDIN);
  if (bytes.length > LARGEST_STDIN) throw tooLargeStdin(null);
  return bytes;
}
