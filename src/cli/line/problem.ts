/**
 * @module
 * From anything thrown to the one sentence and the exit code that the user gets.
 */
import { BadInput, PermissionMissing, UserError } from "../../domain/errors.ts";
import { isSet } from "../../system/environment.ts";
import { howToGet } from "../../system/permissions.ts";
import { quoteWords } from "../../system/shell_words.ts";
import type { Print } from "../show/print.ts";

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
  if (error instanceof Error && isSet("QUEUECTL_DEBUG")) {
    for (const line of (error.stack ?? "").split("\n")) print.note(line);
  }
  return problem.exitCode;
}

function problemOf(error: unknown): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof Deno.errors.NotCapable) return permissionProblem(error.message);
  const [, path] = /^File name or path (".*") is not valid UTF-8/s.exec((error as Error)?.message ?? "") ??
    [];
  if (path !== undefined) return new BadInput(`Cannot use ${path}: the name is not UTF-8`);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new UserError(`This is a defect of queuectl: ${message} (QUEUECTL_DEBUG=1 shows where)`);
}

/** What cannot be done to a thing without permission of a kind. */
const DENIED: Readonly<Record<string, string>> = {
  read: "read",
  write: "write to",
  run: "start",
  env: "read the variable",
  net: "use the network address",
  import: "load",
};

/**
 * Deno says: `Requires read access to "/x", run again with the --allow-read flag`, or, in an executable, `…, specify
 * the required permissions during compilation using …`.
 */
export function permissionProblem(message: string): PermissionMissing {
  const [, kind, thing] = /^Requires (\S+) access(?: to (.*))?, (?:run again|specify) /.exec(message) ?? [];
  if (kind === undefined) return new PermissionMissing(message);
  const [, value] = /^"(.*)"$/.exec(thing ?? "") ?? [];
  if (value === undefined || kind === "all") {
    return new PermissionMissing(`Cannot go on without ${kind} permission: ${howToGet(`--allow-${kind}`)}`);
  }
  const flag = value.includes(",") ? `--allow-${kind}` : quoteWords([`--allow-${kind}=${value}`]);
  return new PermissionMissing(`Cannot ${DENIED[kind] ?? `use ${kind}`} "${value}": ${howToGet(flag)}`);
}
