/**
 * @module
 * The checks of what queuectl needs around it: the home's directory and disk, and a shell.
 */
import { UserError } from "../../../domain/errors.ts";
import { DEFAULT_SETTINGS } from "../../../domain/settings.ts";
import { thisPlatform } from "../../../worker/process/this_platform.ts";
import type { Context } from "../../line/context.ts";
import { mayRun, RUN_FLAG, sayHidden } from "../worker/permissions.ts";
import { checkDisk } from "./disk.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { checkHome } from "./home.ts";
import { checkLimits } from "./limits.ts";

export async function* checkSurroundings(context: Context): AsyncGenerator<Finding> {
  yield ok("runtime", `Deno ${Deno.version.deno} on ${Deno.build.target}`);
  yield* checkHome(context);
  const runs = mayRun();
  yield runs
    ? ok("permissions", "workers may run commands")
    : warning("permissions", "no shell may be run, so no worker can", `run workers with ${RUN_FLAG}`);
  yield* checkDisk(context, runs ? await thisPlatform.disk(context.home.dir) : undefined);
  if (!runs) {
    const found = "not checked: only a shell can tell whether it is there";
    return yield warning("shell", found, `run doctor with ${RUN_FLAG}`);
  }
  yield await checkShell(context);
  yield await checkLimits();
  const hidden = sayHidden(await thisPlatform.probeHost());
  if (hidden) yield warning("environment", hidden.found, hidden.advice);
}

async function checkShell(context: Context): Promise<Finding> {
  const shell = await shellSetting(context);
  if (await thisPlatform.hasProgram(shell)) return ok("shell", shell);
  return problem("shell", `${shell} is not there`, "queuectl config reset shell, or install it");
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
