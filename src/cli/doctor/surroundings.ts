/**
 * @module
 * The checks of what queuectl needs around it: the home's directory, permissions, space and a shell.
 */
import { StoreUnusable } from "../../errors.ts";
import { quoteWords } from "../../shell_words.ts";
import { DEFAULT_SETTINGS } from "../../settings.ts";
import { here } from "../../worker/process/here.ts";
import type { Context } from "../context.ts";
import { mayRun, RUN_FLAG, sayHidden } from "../worker/permissions.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const MIB = 1024 * 1024;
/** Less than this is soon full: SQLite's log alone may take a good part of it. */
const LITTLE_SPACE = 512 * MIB;
/** With less than this, writing fails now. */
const NO_SPACE = 8 * MIB;

/** Everything but the store. */
export async function* checkSurroundings(context: Context): AsyncGenerator<Finding> {
  yield ok("runtime", `Deno ${Deno.version.deno} on ${Deno.build.target}`);
  yield* checkHome(context);
  if (!mayRun()) {
    yield warning("permissions", "no shell may be run, so no worker can", `run workers with ${RUN_FLAG}`);
    return;
  }
  yield ok("permissions", "workers may run commands");
  yield* checkShell(context);
  const hidden = sayHidden(await here.probeHost());
  if (hidden) yield warning("environment", hidden.found, hidden.advice);
  yield* checkSpace(context);
}

async function* checkHome({ home }: Context): AsyncGenerator<Finding> {
  try {
    const { mode } = await Deno.stat(home.dir);
    const others = (mode ?? 0) & 0o077;
    if (others === 0) yield ok("home", home.dir);
    else {
      yield warning(
        "home",
        `${home.dir} can be reached by other users of this machine`,
        `chmod 700 ${quoteWords([home.dir])}`,
      );
    }
  } catch (error) {
    yield problem("home", `${home.dir} cannot be read`, (error as Error).message);
  }
}

async function* checkShell(context: Context): AsyncGenerator<Finding> {
  const shell = await shellSetting(context);
  if (await here.hasProgram(shell)) yield ok("shell", shell);
  else yield problem("shell", `${shell} is not there`, "queuectl config reset shell, or install it");
}

/** The setting, or its default when the store cannot be read. */
async function shellSetting(context: Context): Promise<string> {
  try {
    return (await context.settings()).shell;
  } catch (error) {
    if (!(error instanceof StoreUnusable)) throw error;
    return DEFAULT_SETTINGS.shell;
  }
}

/** Not told where nobody can tell. */
async function* checkSpace({ home }: Context): AsyncGenerator<Finding> {
  const available = await here.freeBytes(home.dir);
  if (available === undefined) return;
  const found = `${(available / MIB / 1024).toFixed(1)} GiB free`;
  if (available >= LITTLE_SPACE) return yield ok("space", found);
  const advice =
    `make room on the file system of ${home.dir}, for example with queuectl prune --older-than 1d`;
  yield available < NO_SPACE ? problem("space", found, advice) : warning("space", found, advice);
}
