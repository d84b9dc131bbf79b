/**
 * @module
 * Running any program to its end.
 */
import type { Finished } from "./cli.ts";

export type { Finished };

/** Runs a program with nothing on its stdin, and returns what it printed. */
export async function finished(program: string, options: Deno.CommandOptions = {}): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command(program, { stdin: "null", ...options }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Whether a program is there and ends well with these arguments: tests that need one are left out where it is missing. */
export function succeeds(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}
