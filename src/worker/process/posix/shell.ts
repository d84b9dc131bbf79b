/**
 * @module
 * Starting `sh`, and running small scripts in it. Everything that concerns processes goes through it, so that
 * `--allow-run=sh` is all the permission it takes. Scripts get what they need as arguments, never as a part of their
 * text.
 *
 * The runtime starts nothing with `LD_*` or `DYLD_*` variables in its environment unless everything may be started. So
 * shells get those empty, and `withheld.ts` knows what they were.
 */
import { isSet } from "../../../system/environment.ts";
import { NO_RUN } from "../platform.ts";

/** Names the store of this process. */
const STORE_VARIABLE = "QUEUECTL_STORE";

/** The variables of this process that no shell may get, with what it gets instead. */
let emptied: Readonly<Record<string, string>> = {};

/** A shell was started, so that these are known. */
let known = false;

/** The names of the variables that this process has and shells do not get. */
export async function withheldNames(): Promise<string[]> {
  if (!known) await runShell(":", []);
  return Object.keys(emptied);
}

/** Whether this process has a variable that says something. */
export async function hasVariable(name: string): Promise<boolean> {
  return await runShell('eval "set -- \\"\\${$1:+yes}\\""; printf %s "$1"', [name]) === "yes";
}

/** Starts a shell. @throws when it cannot be started, for example because `cwd` does not exist */
export function spawnShell(options: Deno.CommandOptions): Deno.ChildProcess {
  let child: Deno.ChildProcess;
  try {
    child = spawn(options);
  } catch (error) {
    // Asking for the environment would take a permission. The refusal tells what is in it, and costs nothing otherwise.
    const names = refusedNames(error);
    if (names.length === 0) throw error;
    emptied = Object.fromEntries(names.map((name) => [name, ""]));
    child = spawn(options);
  }
  known = true;
  return child;
}

/** Becomes another shell with these arguments, as the same process, in a session of its own. */
const APART = 'exec setsid sh "$@"';

/**
 * Starts a shell in a session of its own. Where the host has `setsid`, that sees to it: the runtime would have to fork
 * itself, after which each page of its memory is copied as soon as one of its threads writes to it, the supervisor's
 * first of all. Until then the shell can be reached by a signal to the group of this process, and has begun nothing.
 * @throws as `spawnShell`
 */
export function spawnApart(
  { args, ...options }: Deno.CommandOptions & { args: readonly string[] },
  { setsid }: { setsid: boolean },
): Deno.ChildProcess {
  return setsid
    ? spawnShell({ ...options, args: ["-c", APART, "sh", ...args] })
    : spawnShell({ ...options, args: [...args], detached: true });
}

function spawn(options: Deno.CommandOptions): Deno.ChildProcess {
  return new Deno.Command("sh", { ...options, env: { ...emptied, ...ownSecret(), ...options.env } }).spawn();
}

/** An address may hold a password: what is started is told of the store in another way. */
function ownSecret(): Record<string, string> {
  return isSet(STORE_VARIABLE) ? { [STORE_VARIABLE]: "" } : {};
}

/** `Requires --allow-run permissions to spawn subprocess with LD_X, LD_Y environment variables. …` */
function refusedNames(error: unknown): string[] {
  if (!(error instanceof Deno.errors.NotCapable)) return [];
  return /subprocess with (.+) environment variables?\./.exec(error.message)?.[1]?.split(", ") ?? [];
}

/** Runs a script with arguments, and lines on its stdin if any are given; returns what it printed. */
export async function runShell(
  script: string,
  args: readonly string[],
  lines?: readonly string[],
): Promise<string> {
  const child = spawnShell({
    args: ["-c", script, "sh", ...args],
    // What it starts is no part of the job that may have started us.
    env: NO_RUN,
    stdin: lines ? "piped" : "null",
    stdout: "piped",
    stderr: "null",
  });
  if (lines) await write(child.stdin, lines);
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout);
}

async function write(stdin: WritableStream<Uint8Array>, lines: readonly string[]): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
    await writer.close();
  } catch {
    // A script that ends before it has read everything has no use for the rest.
  }
}
