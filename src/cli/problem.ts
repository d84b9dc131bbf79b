/**
 * @module
 * From anything thrown to the one sentence and the exit code that the user gets.
 */
import { envVariable } from "../environment.ts";
import { PermissionMissing, UserError } from "../errors.ts";
import type { Print } from "./print.ts";

/** Prints an error to stderr, as a sentence or as a JSON document, and returns its exit code. */
export function report(error: unknown, { print, json }: { print: Print; json: boolean }): number {
  // The reader of our stdout (`| head`) has seen enough.
  if (error instanceof Deno.errors.BrokenPipe) return 0;
  const problem = problemOf(error);
  print.note(
    json
      ? JSON.stringify({ error: { message: problem.message, exit_code: problem.exitCode } })
      : problem.message,
  );
  if (error instanceof Error && envVariable("QUEUECTL_DEBUG")) {
    for (const line of (error.stack ?? "").split("\n")) print.note(line);
  }
  return problem.exitCode;
}

function problemOf(error: unknown): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof Deno.errors.NotCapable) return permissionMissing(error.message);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new UserError(`This is a defect of queuectl: ${message} (QUEUECTL_DEBUG=1 shows where)`);
}

/**
 * The variables for which Deno does not start anything unless everything may be started, if that is what it says:
 * `Requires --allow-run permissions to spawn subprocess with LD_X environment variable. …`
 */
export function linkerVariables(message: string): string | undefined {
  return /to spawn subprocess with (.+) environment variables?\./.exec(message)?.[1];
}

/** Deno says: `Requires read access to "/x", run again with the --allow-read flag`. */
function permissionMissing(message: string): PermissionMissing {
  const variables = linkerVariables(message);
  if (variables) {
    return new PermissionMissing(
      `Cannot start a shell while ${variables} is set: unset it, or run again with --allow-run`,
    );
  }
  const [, kind, thing, flag] =
    /^Requires (\S+) access(?: to (.*?))?, run again with the (--[\w-]+) flag/.exec(message) ??
      [];
  if (flag === undefined) return new PermissionMissing(message);
  const value = thing === undefined || thing.startsWith("<") ? "" : thing.replace(/^"(.*)"$/, "$1");
  return new PermissionMissing(
    `Cannot go on without ${kind} permission${value && ` for "${value}"`}: run again with ${flag}${
      value && `=${value}`
    }`,
  );
}
