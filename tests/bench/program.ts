/**
 * @module
 * Whole processes, timed from before their start to after their end. What they print is thrown away, so that
 * nobody is slowed down by a reader on the same machine.
 */
import { fileURLToPath } from "node:url";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { timeMs } from "./measure.ts";

/** Runs `queuectl …args` on a home from its source; returns the ms it took. Throws when it fails. */
export function queuectlMs(args: readonly string[], home: string): Promise<number> {
  return processMs(Deno.execPath(), [...RUN_FLAGS, MAIN, ...args], { QUEUECTL_HOME: home });
}

/** Runs a program of this folder with the same flags as queuectl; returns the ms it took. Throws when it fails. */
export function benchProgramMs(name: string, args: readonly string[] = []): Promise<number> {
  const path = fileURLToPath(new URL(name, import.meta.url));
  return processMs(Deno.execPath(), [...RUN_FLAGS, path, ...args]);
}

/** Runs a program; returns the ms it took. Throws when it fails, with what it said. */
export async function processMs(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  const command = new Deno.Command(program, {
    args: [...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  let ended: { code: number; stderr: Uint8Array } | undefined;
  const ms = await timeMs(async () => ended = await command.output());
  const { code, stderr } = ended!;
  if (code === 0) return ms;
  throw new Error(
    `${program} ${args.join(" ")} ended with exit code ${code}: ${new TextDecoder().decode(stderr)}`,
  );
}

/**
 * Starts `queuectl …args` and ends it by SIGTERM at the end of the scope: `await using worker = background(…)`.
 *
 * @param permitted what the runtime permits besides `RUN_FLAGS`
 */
export function background(
  args: readonly string[],
  home: string,
  permitted: readonly string[] = [],
): { pid: number } & AsyncDisposable {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...RUN_FLAGS, ...permitted, MAIN, ...args],
    env: { QUEUECTL_HOME: home, NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
