/**
 * @module
 * Whether holes can be punched into files where the tests have theirs.
 */
import { punchHole } from "../../src/worker/process/posix/hole.ts";
import { tempDir } from "./temp.ts";

const LENGTH = 1024 * 1024;

/** Tries it. */
export async function mayPunch(): Promise<boolean> {
  using dir = tempDir();
  Deno.writeFileSync(dir.file("x"), new Uint8Array(LENGTH).fill(1));
  return await punchHole(dir.file("x"), { from: 0, length: LENGTH });
}
