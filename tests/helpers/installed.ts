/**
 * @module
 * queuectl as somebody has installed it: called by the words that start it, in an environment that holds nothing but
 * what is given, and a round through everything that has to work wherever it was installed.
 */
import assert from "node:assert/strict";
import type { Finished } from "./cli.ts";
import { readUntil } from "./printed.ts";
import type { TempDir } from "./temp.ts";

/** A way to call it. */
export interface Installed {
  /** The program, and what it needs before the words of queuectl. */
  words: readonly string[];
  /** The whole environment. */
  env: Readonly<Record<string, string>>;
  /** Where it is called. */
  cwd: string;
}

/** Where the tools are that every system has. Deno is none of them. */
export const SYSTEM_PATH = "/usr/bin:/bin";

/** The environment of a user whose home directory is `dir`, on a machine without Deno. */
export function userOf(dir: TempDir): Record<string, string> {
  return { PATH: SYSTEM_PATH, HOME: dir.path };
}

/** Starts `queuectl …args` with its outputs piped. */
export function start(how: Installed, args: readonly string[], stdin: "null" | "piped" = "null") {
  const [program, ...words] = how.words;
  return new Deno.Command(program!, {
    args: [...words, ...args],
    env: { ...how.env },
    clearEnv: true,
    cwd: how.cwd,
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs `queuectl …args` to its end. */
export async function call(how: Installed, args: readonly string[], stdin?: string): Promise<Finished> {
  const child = start(how, args, stdin === undefined ? "null" : "piped");
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** Runs `queuectl …args`, which must succeed without a word on stderr but hints, and returns what it printed. */
export async function says(how: Installed, args: readonly string[], stdin?: string): Promise<string> {
  const words = args[0] === "enqueue" ? ["--quiet", ...args] : args;
  const { code, stdout, stderr } = await call(how, words, stdin);
  assert.deepEqual([code, stderr], [0, ""], `queuectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Workers in the foreground: ended with the scope, and their jobs with them. */
export interface Workers extends AsyncDisposable {
  pid: number;
  /** Resolves with the exit code once they have ended. */
  ended: Promise<number>;
  /** What they have printed so far. */
  printed(): string;
  signal(signal: Deno.Signal): void;
}

/** Runs `worker start …args` until it says that one has started. */
export async function startWorkers(how: Installed, args: readonly string[] = []): Promise<Workers> {
  const child = start(how, ["worker", "start", ...args]);
  const { printed, over, ended } = await readUntil(child, {
    what: "a worker has started",
    pattern: / started\n/,
  });
  return {
    pid: child.pid,
    ended,
    printed,
    signal: (signal) => child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (!over()) {
        // The second signal ends the jobs, too. Two of a kind could merge.
        child.kill("SIGTERM");
        child.kill("SIGINT");
      }
      await ended;
    },
  };
}

/** Jobs, threads, output, failure, exit codes, and workers in the background: all that an installation has to do. */
export async function worksThroughout(how: Installed): Promise<void> {
  await says(how, ["enqueue", "--id", "hello", "echo hello; echo oops >&2"]);
  await says(how, ["enqueue", "--id", "fails", "--max-retries", "0", "exit 3"]);
  const ran = await says(how, ["worker", "start", "--burst", "--count", "2"]);
  assert.equal(ran.match(/ started$/gm)?.length, 2, ran);
  assert.equal(await says(how, ["logs", "hello", "--stdout"]), "hello\n");
  assert.equal(await says(how, ["logs", "hello", "--stderr"]), "oops\n");
  assert.equal(await says(how, ["wait", "hello"]), "hello completed\n");
  assert.deepEqual(await call(how, ["wait", "fails"]), { code: 1, stdout: "fails dead\n", stderr: "" });
  assert.equal((await call(how, ["show", "nothing"])).code, 1);
  assert.equal((await call(how, ["frobnicate"])).code, 2);
  await worksInBackground(how);
}

/** Workers that are started in the background, run a job, and are stopped. */
export async function worksInBackground(how: Installed): Promise<void> {
  assert.match(await says(how, ["worker", "start", "--detach"]), /^Started worker-\w+\n$/);
  try {
    await says(how, ["enqueue", "--id", "later", "echo later"]);
    assert.equal(await says(how, ["wait", "later"]), "later completed\n");
    assert.match(await says(how, ["worker", "list"]), /^worker-\w+ /m);
  } finally {
    assert.match(await says(how, ["worker", "stop", "--wait", "--timeout", "0"]), /^Stopped worker-\w+\n$/);
  }
  assert.equal(await says(how, ["logs", "later"]), "later\n");
}
