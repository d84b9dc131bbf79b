/**
 * @module
 * Running commands as a worker's slot does.
 */
import type { AttemptEnd, RunRequest } from "../../src/worker/messages.ts";
import { saidVariables } from "../../src/worker/spool/said_files.ts";
import { Lookout } from "../../src/worker/thread/lookout.ts";
import type { RunMeans } from "../../src/worker/thread/begun.ts";
import { Run } from "../../src/worker/thread/run.ts";
import { TestLauncher } from "./launching.ts";
import { type TempDir, tempDir } from "./temp.ts";

/** A worker's means of running commands, and a directory that is its spool and where the commands run. */
export interface Slot extends RunMeans, AsyncDisposable {
  launcher: TestLauncher;
  dir: TempDir;
}

/** Both; disposing waits for its shells. */
export function slot(): Slot {
  const dir = tempDir();
  const launcher = new TestLauncher();
  return {
    launcher,
    lookout: new Lookout(),
    dir,
    async [Symbol.asyncDispose]() {
      await launcher[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/** A request to run a command there, in a fork or a shell of the slot's shell unless `changes` say otherwise. */
export function request({ dir }: Slot, command: string, changes: Partial<RunRequest> = {}): RunRequest {
  const token = crypto.randomUUID();
  return {
    token,
    command,
    shell: "sh",
    spool: dir.file(token),
    endsFile: dir.file("ends-0"),
    cwd: dir.path,
    timeoutMs: 0,
    killGraceMs: 5000,
    outputLimit: 1024 * 1024,
    maxOutput: 0,
    idleTimeoutMs: 0,
    byToken: true,
    setsid: Deno.build.os === "linux",
    brief: true,
    ...changes,
    env: {
      QUEUECTL_HOME: dir.path,
      QUEUECTL_JOB_ID: "j1",
      QUEUECTL_ATTEMPT: "1",
      QUEUECTL_QUEUE: "default",
      ...saidVariables(dir.file(token)),
      ...changes.env,
    },
  };
}

/** Runs a command to its end. */
export function finish(slot: Slot, asked: RunRequest): Promise<AttemptEnd> {
  return Run.starting(asked, slot).finish();
}
