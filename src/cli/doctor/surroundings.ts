/**
 * @module
 * The checks of what queuectl needs around it: the home's directory and disk, and a shell.
 */
import { UserError } from "../../errors.ts";
import { DEFAULT_SETTINGS } from "../../settings.ts";
import { linkerVariables } from "../problem.ts";
import type { Context } from "../context.ts";
import { checkDisk } from "./disk.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { checkHome } from "./home.ts";

/** Everything but the store. */
export async function* checkSurroundings(context: Context): AsyncGenerator<Finding> {
  yield ok("runtime", `Deno ${Deno.version.deno} on ${Deno.build.target}`);
  yield* checkHome(context);
  const run = (yield* checkRun()) ? runShell : undefined;
  yield* checkDisk(context, run);
  yield run ? await checkShell(context) : warning(
    "shell",
    "not checked: only a shell can tell whether it is there",
    "run doctor with --allow-run=sh",
  );
}

/** Returns whether a shell can be run. */
async function* checkRun(): AsyncGenerator<Finding, boolean> {
  if (Deno.permissions.querySync({ name: "run", command: "sh" }).state !== "granted") {
    yield warning("permissions", "no shell may be run, so no worker can", "run workers with --allow-run=sh");
    return false;
  }
  const variables = await hinderingVariables();
  if (variables) {
    const advice = "unset it, or run workers with --allow-run";
    yield problem("permissions", `no shell can be started while ${variables} is set`, advice);
    return false;
  }
  yield ok("permissions", "workers may run commands");
  return true;
}

/** Variables of the environment for which the runtime starts no shell. */
async function hinderingVariables(): Promise<string | undefined> {
  try {
    await runShell(":", "");
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return linkerVariables(error.message);
    throw error;
  }
}

async function checkShell(context: Context): Promise<Finding> {
  const shell = await shellSetting(context);
  const { success } = await runShell('command -v -- "$1"', shell);
  if (success) return ok("shell", shell);
  return problem("shell", `${shell} is not there`, "queuectl config set shell sh, or install it");
}

/** The setting, or its default when the store cannot be read. */
async function shellSetting(context: Context): Promise<string> {
  try {
    return (await context.settings()).shell;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return DEFAULT_SETTINGS.shell;
  }
}

async function runShell(script: string, argument: string): Promise<{ success: boolean; stdout: string }> {
  const { success, stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", argument],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return { success, stdout: new TextDecoder().decode(stdout) };
}
