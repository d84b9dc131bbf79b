/**
 * @module
 * Whether a shell runs commands, asked before it becomes a setting, by `config set` and by the dashboard.
 */
import { BadInput } from "../../domain/errors.ts";
import { thisPlatform } from "../../worker/process/this_platform.ts";
import { mayRun } from "./worker/permissions.ts";

/**
 * Refuses a shell that runs no commands: every job would fail. Where no programs may be run nobody can tell.
 * @throws {BadInput}
 */
export async function checkShell(shell: string): Promise<void> {
  if (!mayRun()) return;
  if (!await thisPlatform.hasProgram(shell)) {
    throw new BadInput(`Cannot set shell to "${shell}": there is no such program`);
  }
  if (await thisPlatform.isShell(shell)) return;
  throw new BadInput(`Cannot set shell to "${shell}": it does not run a command as SHELL -c COMMAND`);
}
