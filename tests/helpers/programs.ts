/**
 * @module
 * Which programs this machine has, for tests that are left out where one is missing.
 */

/** Whether a program is there and ends well with these arguments. */
export function isThere(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
