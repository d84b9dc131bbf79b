/**
 * @module
 * The path of a program that is still right after the program was upgraded.
 */
import { thisPlatform } from "../../../worker/process/this_platform.ts";

/** Directories that go when their user logs out: some version managers put them on the PATH. */
const FLEETING = "/run/user/";

/**
 * The name under which a program is found on the PATH, when that leads to this very file; else its path as it is. The
 * system tells a program its path with all links followed, as in `/opt/queuectl-1.2.3/queuectl`, which an upgrade
 * removes, while the link to it stays.
 */
export async function lastingPath(program: string): Promise<string> {
  const name = program.slice(program.lastIndexOf("/") + 1);
  try {
    const real = Deno.realPathSync(program);
    const names = [...new Set([name, Deno.build.standalone ? "queuectl" : "deno"])];
    const found = await thisPlatform.findOnPath(names);
    for (const path of found.filter((one) => !one.startsWith(FLEETING))) {
      if (Deno.realPathSync(path) === real) return path;
    }
  } catch (error) {
    // A name that may not be followed, or leads nowhere any more, is left out.
    if (!(error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.NotFound)) throw error;
  }
  return program;
}
