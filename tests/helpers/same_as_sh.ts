/**
 * @module
 * What commands see and do when they are run as jobs, beside what they see and do when `sh -c` runs them, in a session
 * of its own, with nothing on its stdin, in the same directory and environment.
 */
import { fileURLToPath } from "node:url";
import type { ThreadEnd, ThreadTask } from "../fixtures/thread_alone.ts";
import { RUN_FLAGS } from "./cli.ts";
import type { TempDir } from "./temp.ts";

/** A command, and where it runs. */
export interface Trial {
  command: string;
  env?: Record<string, string>;
  /** Under the directory of the test; that itself unless given. Null: none is said. */
  cwd?: string | null;
}

/** What a command did. */
export interface Did {
  stdout: string;
  stderr: string;
  exitCode: number | null;
  signal: string | null;
}

/** What was unusual about the shell from which the worker was started. The limits are below those of any machine. */
const SURROUNDINGS = "umask 027; ulimit -n 600; ulimit -c 0; ";

/** In the environment of the worker: what a shell, or whoever passes it on, could spoil. */
const ENVIRONMENT = {
  NO_COLOR: "1",
  LINES_OF_TEXT: "one\n two  'three'\n",
  QUOTES: `"'\\$(no) \`no\``,
  EMPTY: "",
  "not.a.name": "dotted",
  OLDPWD: "/nowhere",
};

/** Runs each command by `sh -c`, and returns what it did. */
export async function asShDoes(dir: TempDir, trials: readonly Trial[]): Promise<Did[]> {
  const all: Did[] = [];
  for (const trial of trials) {
    const [out, err] = [
      dir.file(`reference-${all.length}.out`),
      dir.file(`reference-${all.length}.err`),
    ];
    const { code, signal } = await new Deno.Command("/bin/sh", {
      args: ["-c", `${SURROUNDINGS}exec /bin/sh -c "$1" sh >>"$2" 2>>"$3"`, "sh", trial.command, out, err],
      cwd: directoryOf(dir, trial) ?? dir.path,
      env: { ...ENVIRONMENT, QUEUECTL_HOME: dir.home.dir, ...trial.env },
      detached: true, // which `output()` would not heed
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn().status;
    all.push({
      stdout: Deno.readTextFileSync(out),
      stderr: Deno.readTextFileSync(err),
      exitCode: signal === null ? code : null,
      signal,
    });
  }
  return all;
}

/** Runs each command as a job, expecting it to be brief or not. */
export async function asJobs(
  dir: TempDir,
  trials: readonly Trial[],
  { brief }: { brief: boolean },
): Promise<Did[]> {
  const jobs = trials.map((trial) => ({
    command: trial.command,
    cwd: directoryOf(dir, trial),
    env: trial.env ?? null,
  }));
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", `${SURROUNDINGS}exec "$@"`, "sh", Deno.execPath(), ...RUN_FLAGS, THREAD],
    cwd: dir.path,
    env: { ...ENVIRONMENT, QUEUECTL_HOME: dir.home.dir },
    detached: true,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const task: ThreadTask = { home: dir.home.dir, brief, slots: brief ? 2 : 8, jobs };
  const [ends] = await Promise.all([
    new Response(child.stdout).json() as Promise<ThreadEnd[]>,
    new Blob([JSON.stringify(task)]).stream().pipeTo(child.stdin),
    child.status,
  ]);
  return ends.map(({ error, ...did }, i) => {
    if (did.exitCode === null && did.signal === null) throw new Error(`${trials[i]!.command}: ${error}`);
    return did;
  });
}

const THREAD = fileURLToPath(new URL("../fixtures/thread_alone.ts", import.meta.url));

function directoryOf(dir: TempDir, { cwd = "." }: Trial): string | null {
  return cwd === null ? null : dir.file(cwd);
}
