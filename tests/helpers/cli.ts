/**
 * @module
 * Running the program itself, as a user does: a real process with the permissions of `deno task queuectl`.
 */
import { fileURLToPath } from "node:url";

/** What a finished process left behind. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** How to run the program. */
export interface RunOptions {
  /** The home, given as `QUEUECTL_HOME`. */
  home: string;
  stdin?: string;
  env?: Record<string, string>;
  cwd?: string;
  /** What Deno is started with: `RUN_FLAGS` and the entry, unless given. */
  program?: readonly string[];
  /** It leads a session and a process group of its own, which has no terminal. */
  detached?: boolean;
}

/** The flags `deno run` gets: the same as in `deno task queuectl`. */
export const RUN_FLAGS: readonly string[] = [
  "run",
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-run=sh",
  "--allow-env=QUEUECTL_HOME,QUEUECTL_STORE,QUEUECTL_SAY,QUEUECTL_JOB_ID,HOME,NO_COLOR,QUEUECTL_DEBUG",
];

/** The program's entry. */
export const MAIN_URL = new URL("../../main.ts", import.meta.url);

/** The same as a path. */
export const MAIN = fileURLToPath(MAIN_URL);

/** Runs `queuectl …args` to its end. */
export async function queuectl(args: readonly string[], options: RunOptions): Promise<Finished> {
  const child = spawnQueuectl(args, { ...options, stdinPiped: options.stdin !== undefined });
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  return readable(await child.output());
}

function readable({ code, stdout, stderr }: Deno.CommandOutput): Finished {
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Starts `queuectl …args` with its outputs piped. End it by its pid, and await `output()` or `status`. */
export function spawnQueuectl(
  args: readonly string[],
  options: RunOptions & { stdinPiped?: boolean },
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [...(options.program ?? [...RUN_FLAGS, MAIN]), ...args],
    env: { QUEUECTL_HOME: options.home, NO_COLOR: "1", ...options.env },
    cwd: options.cwd,
    detached: options.detached ?? false,
    stdin: options.stdinPiped ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
