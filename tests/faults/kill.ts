/**
 * @module
 * The hard end of a process that the test has started.
 */

/** Kills a process, unless it has ended at this very moment. */
export function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // which says that it has terminated already
  }
}
