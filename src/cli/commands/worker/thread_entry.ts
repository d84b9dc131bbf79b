/**
 * @module
 * Which file worker threads are started with.
 */

/** This file, and the threads', as seen from the program's. */
const HERE = "src/cli/commands/worker/thread_entry.ts";
const ENTRY = "src/worker/thread/entry.ts";

/**
 * From source, a file that imports what threads need: of `main.ts`, the runtime would look at all that it may import, for
 * each thread again. Else the program's own.
 */
export function threadEntry(): URL {
  const program = new URL(Deno.mainModule);
  const isSource = new URL(HERE, program).href === import.meta.url;
  return isSource ? new URL(ENTRY, program) : program;
}
