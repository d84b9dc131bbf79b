/**
 * @module
 * What commands see and do when they are run as jobs, beside what they see and do when `sh -c` runs them, in a session
 * of its own, with nothing on its stdin, in the same directory and environment.
 */
import { MAIN, RUN_FLAGS } from "./cli.ts";
import type { TestStore } from "./worker.ts";

/** A command, and where it runs. */
export interface Trial {
  command: string;
  env?: Record<string, string>;
  /** Under the directory of the test; that itself unless given. Null: where the worker was started. */
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

/** How many short jobs let a worker expect that the next ones take moments only. */
const WARM_UP = 20;

/** Runs each command by `sh -c`, and returns what it did. */
export async function asShDoes(test: TestStore, trials: readonly Trial[]): Promise<Map<Trial, Did>> {
  const all = new Map<Trial, Did>();
  for (const trial of trials) {
    const [out, err] = [
      test.dir.file(`reference-${all.size}.out`),
      test.dir.file(`reference-${all.size}.err`),
    ];
    const { code, signal } = await new Deno.Command("/bin/sh", {
      args: ["-c", `${SURROUNDINGS}exec /bin/sh -c "$1" sh >>"$2" 2>>"$3"`, "sh", trial.command, out, err],
      cwd: directoryOf(test, trial) ?? test.dir.path,
      env: { ...ENVIRONMENT, QUEUECTL_HOME: test.home, ...trial.env },
      detached: true,
      stdin: "null",
    }).output();
    all.set(trial, {
      stdout: Deno.readTextFileSync(out),
      stderr: Deno.readTextFileSync(err),
      exitCode: signal === null ? code : null,
      signal,
    });
  }
  return all;
}

/** Runs each command as a job of one worker: all at once before it knows how long jobs take, or after many short ones. */
export async function asJobs(
  test: TestStore,
  trials: readonly Trial[],
  { brief }: { brief: boolean },
): Promise<Did[]> {
  for (let i = 0; brief && i < WARM_UP; i++) await test.enqueue("true");
  const ids = [];
  for (const trial of trials) {
    ids.push(await test.enqueue(trial.command, { env: trial.env ?? null, cwd: directoryOf(test, trial) }));
  }
  const slots = brief ? 1 : trials.length;
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", `${SURROUNDINGS}exec "$@"`, "sh", Deno.execPath(), ...RUN_FLAGS, MAIN]
      .concat(["worker", "start", "--burst", "--slots", String(slots)]),
    cwd: test.dir.path,
    env: { ...ENVIRONMENT, QUEUECTL_HOME: test.home },
    detached: true,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`The worker failed: ${new TextDecoder().decode(stderr)}`);
  return await Promise.all(ids.map((id) => whatJobDid(test, id)));
}

function directoryOf(test: TestStore, { cwd = "." }: Trial): string | null {
  return cwd === null ? null : test.dir.file(cwd);
}

async function whatJobDid(test: TestStore, id: string): Promise<Did> {
  const { exitCode, signal, error } = (await test.store.get(id))!;
  if (exitCode === null && signal === null) throw new Error(`${id} has no end: ${error}`);
  const pieces = await test.store.output(id, 1);
  const text = (stream: "stdout" | "stderr") => {
    const decoder = new TextDecoder();
    return pieces.filter((piece) => piece.stream === stream)
      .map((piece) => decoder.decode(piece.bytes, { stream: true })).join("");
  };
  return { stdout: text("stdout"), stderr: text("stderr"), exitCode, signal };
}
