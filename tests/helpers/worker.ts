/**
 * @module
 * Real `worker start` processes, and a store to look at what they do.
 */
import type { Job, NewJob, State } from "../../src/domain/job.ts";
import type { Store } from "../../src/store/contract.ts";
import type { Home } from "../../src/system/home.ts";
import { systemClock } from "../../src/system/clock.ts";
import { bundledMain } from "./bundled.ts";
import { RUN_FLAGS, spawnQueuectl } from "./cli.ts";
import { newJob } from "./jobs.ts";
import { openNewStore } from "./new_store.ts";
import { readUntil } from "./printed.ts";
import { type TempDir, tempDir } from "./temp.ts";
import { until } from "./until.ts";

/** A worker process under test. It is ended with the scope, the hard way if need be. */
export interface WorkerProcess extends AsyncDisposable {
  pid: number;
  /** What it has printed so far, both streams together. */
  printed(): string;
  signal(signal: Deno.Signal): void;
  /** Resolves with the exit code once it has ended. */
  ended: Promise<number>;
}

/** Starts `worker start …args` on a home and waits until its workers are announced. */
export async function startWorker(
  home: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
  cwd?: string,
  flags: readonly string[] = [],
): Promise<WorkerProcess> {
  const program = [...RUN_FLAGS, ...flags, await bundledMain()];
  const child = spawnQueuectl(["worker", "start", ...args], { home, env, cwd, program });
  const { printed, over, ended } = await readUntil(child, {
    what: "the worker has started",
    pattern: / started\n/,
  });
  return {
    pid: child.pid,
    printed,
    signal: (signal) => child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      if (!over()) {
        // The second signal makes it end its jobs, so that none outlives the test. Two of a kind could merge.
        child.kill("SIGTERM");
        child.kill("SIGINT");
        const timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
        await ended;
        clearTimeout(timer);
      }
    },
  };
}

/** A home with its store open. */
export interface TestStore extends Disposable {
  dir: TempDir;
  /** The home's path. */
  home: string;
  store: Store;
  /** Enqueues a command with the given changes to an unremarkable job; returns the id. */
  enqueue(command: string, changes?: Partial<NewJob>): Promise<string>;
  /** Waits until a job is in one of the states, and returns it. */
  reaches(id: string, ...states: State[]): Promise<Job>;
  /** Sets settings, by their keys. */
  set(settings: Record<string, string>): Promise<void>;
  /** What an attempt printed to both streams. */
  output(id: string, attempt?: number): Promise<string>;
}

/** Makes a home and opens its store, or another that the home names; `dir` goes with it. */
export async function testStore(
  dir: TempDir = tempDir(),
  open: (home: Home) => Promise<Store> = openNewStore,
): Promise<TestStore> {
  const store = await open(dir.home);
  return {
    dir,
    home: dir.home.dir,
    store,
    async enqueue(command, changes = {}) {
      const job = newJob({ command, maxRetries: 0, cwd: dir.path, ...changes });
      const [id] = await store.enqueue([job], { now: Date.now(), idFormat: "short" });
      return id!;
    },
    reaches(id, ...states) {
      return until(`${id} is ${states.join(" or ")}`, async () => {
        const job = await store.get(id);
        return job && states.includes(job.state) ? job : undefined;
      });
    },
    set: (settings) => store.changeSettings(new Map(Object.entries(settings))),
    async output(id, attempt = 1) {
      const pieces = await store.output(id, attempt);
      const text = new TextDecoder();
      return pieces.map((piece) => text.decode(piece.bytes)).join("");
    },
    [Symbol.dispose]() {
      store.close();
      dir[Symbol.dispose]();
    },
  };
}

/**
 * Stops a worker by SIGSTOP, but not within a transaction: then everybody would wait for it to go on. Sets the lease to
 * a second.
 */
export async function putToSleep(worker: WorkerProcess, test: TestStore): Promise<void> {
  while (true) {
    worker.signal("SIGSTOP");
    const patience = new AbortController();
    const written = test.set({ lease: "1" }).then(() => true);
    const inVain = systemClock.sleep(2000, patience.signal).then(() => false);
    const asleep = await Promise.race([written, inVain]);
    patience.abort();
    if (asleep) return;
    worker.signal("SIGCONT");
    await written;
  }
}
