/**
 * @module
 * Saying how what was waited for has ended.
 */

/** Prints something; where nobody reads it, the exit code still tells. */
export function say(print: () => void): void {
  try {
    print();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
