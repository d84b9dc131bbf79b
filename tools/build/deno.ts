/**
 * @module
 * Running Deno for a part of the build, and saying in one sentence why it failed.
 */
import { Refused, type UserError } from "../../src/domain/errors.ts";

/** One run of a program. */
export interface DenoRun {
  /** The program; this Deno unless given. */
  program?: string;
  /** Its arguments. */
  args: readonly string[];
  /** The directory to run in; this one unless given. */
  cwd?: string;
  /** Makes the error from what the program printed to stderr. */
  problem(printed: string): UserError;
  /** Ends it. */
  signal: AbortSignal;
}

/** Runs a program to its end; returns what it printed. @throws what `problem` makes when it fails */
export async function runDeno(run: DenoRun): Promise<string> {
  const text = new TextDecoder();
  const { success, stdout, stderr } = await outputOf(run);
  if (run.signal.aborted) throw new Refused("Stopped; nothing was built");
  if (!success) throw run.problem(text.decode(stderr));
  return text.decode(stdout);
}

async function outputOf(
  { program = Deno.execPath(), args, cwd, problem, signal }: DenoRun,
): Promise<Deno.CommandOutput> {
  try {
    const options: Deno.CommandOptions = {
      args: [...args],
      cwd,
      env: { NO_COLOR: "1" },
      stdin: "null",
      signal,
    };
    return await new Deno.Command(program, options).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      throw problem(`error: "${program}" is no program that can be run`);
    }
    throw error;
  }
}

/** What a Deno says was wrong: its first error, without the word. */
export function reasonIn(printed: string): string {
  const lines = printed.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const error = lines.find((line) => line.startsWith("error: ")) ?? lines.at(-1) ?? "it does not say why";
  return error.replace(/^error: (?:Uncaught \(in promise\) )?/, "").replace(/[.:]$/, "");
}
