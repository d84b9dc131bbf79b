/**
 * @module
 * Starting a program that goes on without this process and its terminal.
 */
import { type Background, NO_RUN } from "../platform.ts";
import { spawnShell } from "./shell.ts";
import { withheld } from "./withheld.ts";

/** $1 is where stdout and stderr go, the rest is the program; `exec` keeps the pid. */
const IN_BACKGROUND = 'log=$1; shift; exec "$@" >>"$log" 2>&1';

/** Starts a program, given as words, in a session of its own. Its output is appended to `log`. */
export async function startInBackground(program: readonly string[], log: string): Promise<Background> {
  const { values } = await withheld();
  const exports = Object.entries(values).map((one) => one.join("="));
  const child = spawnShell({
    args: ["-c", exportsOf(exports) + IN_BACKGROUND, "sh", ...exports, log, ...program],
    // Started from within a job, it is no part of it: the end of that job must not end it.
    env: NO_RUN,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  });
  let ended = false;
  child.status.then(() => ended = true);
  return {
    get ended() {
      return ended;
    },
    pids: () => Promise.resolve([child.pid]),
    leave: () => child.unref(),
  };
}

function exportsOf(variables: readonly string[]): string {
  return variables.map(() => 'export "$1"; shift; ').join("");
}
