/**
 * @module
 * Worker processes to be killed and replaced. All of them write to one log, so that nothing has to read along.
 */
import { systemClock } from "../../src/system/clock.ts";
import { bundledMain } from "../helpers/bundled.ts";
import { RUN_FLAGS } from "../helpers/cli.ts";
import { until } from "../helpers/until.ts";
import type { TestStore } from "../helpers/worker.ts";
import type { Circumstances } from "./fault.ts";
import { FAULTLESS } from "./faulty_program.ts";

/** How long a worker may take to stop before it is killed. */
const STOP_PATIENCE_MS = 120_000;
/** What workers say when an attempt has come to its end or to another worker. */
const WENT_ON = / (?:completed|is dead|was cancelled|failed|adopted from) /g;

/** A worker process. */
export interface WorkerChild {
  pid: number;
  ended: Promise<Deno.CommandStatus>;
  /** Does nothing once it has ended. */
  signal(signal: Deno.Signal): void;
}

/** What to run instead of the plain program. */
export interface Program {
  /** The flags of `deno`, `run` first. */
  flags: readonly string[];
  /** The entry. */
  entry: string;
  /** Besides what every worker gets. */
  env?: Record<string, string>;
}

const PLAIN: Program = { flags: RUN_FLAGS, entry: await bundledMain() };

/** Worker processes on one home. None outlives the scope. */
export class Workers implements AsyncDisposable {
  readonly #test: TestStore;
  readonly #gapMs: number;
  readonly #alive = new Set<WorkerChild>();

  /** There are none yet. Gaps between their steps are widened by up to `gapMs`, see `points.ts`. */
  constructor(test: TestStore, { gapMs = 0 }: Circumstances = {}) {
    this.#test = test;
    this.#gapMs = gapMs;
  }

  /** Those that have not ended. */
  get alive(): readonly WorkerChild[] {
    return [...this.#alive];
  }

  /** What all of them have printed so far. */
  get log(): string {
    try {
      return Deno.readTextFileSync(this.#logPath);
    } catch {
      return "";
    }
  }

  get #logPath(): string {
    return this.#test.dir.file("workers.log");
  }

  /** Starts `worker start …args`, and does not wait for it. */
  start(args: readonly string[] = [], program: Program = this.#gapMs > 0 ? FAULTLESS : PLAIN): WorkerChild {
    const { flags, entry, env } = program;
    const words = [Deno.execPath(), ...flags, entry, "worker", "start", ...args];
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" >>"$0" 2>&1', this.#logPath, ...words],
      env: { QUEUECTL_HOME: this.#test.home, NO_COLOR: "1", FAULT_GAP_MS: String(this.#gapMs), ...env },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const worker: WorkerChild = {
      pid: child.pid,
      ended: child.status.finally(() => this.#alive.delete(worker)),
      signal: (signal) => {
        if (!this.#alive.has(worker)) return;
        child.kill(signal);
        if (signal === "SIGKILL") this.#alive.delete(worker);
      },
    };
    this.#alive.add(worker);
    return worker;
  }

  /** Kills one at random and starts another in its place. Both must have time to matter: see `haveGoneOn`. */
  replaceOne(args: readonly string[]): WorkerChild {
    const victims = this.alive;
    victims[Math.floor(Math.random() * victims.length)]?.signal("SIGKILL");
    return this.start(args);
  }

  /**
   * Waits until a newcomer is there and an attempt has come to its end or to another worker since this was called, so
   * that a slow machine is not told to begin anew for ever; or until all is over.
   * @throws when nothing happens any more
   */
  async haveGoneOn(newcomer: WorkerChild, over: () => Promise<boolean>): Promise<void> {
    const before = this.#steps;
    await until("the workers go on", async () => {
      if (await over()) return true;
      return this.#steps > before &&
        (await this.#test.store.workers()).some(({ pid }) => pid === newcomer.pid);
    });
  }

  /** How many attempts have come to their end or to another worker so far. */
  get #steps(): number {
    return this.log.match(WENT_ON)?.length ?? 0;
  }

  /** Kills all at once. */
  async killAll(): Promise<void> {
    const killed = this.alive;
    for (const worker of killed) worker.signal("SIGKILL");
    await Promise.all(killed.map(({ ended }) => ended));
  }

  /** Lets all come to their end as one does. Returns what was wrong with that, a sentence each. */
  async stop(): Promise<string[]> {
    await until("those that are starting are there", async () => {
      const there = new Set((await this.#test.store.workers()).map(({ pid }) => pid));
      return this.alive.every(({ pid }) => there.has(pid));
    });
    const stopping = this.alive;
    for (const worker of stopping) worker.signal("SIGTERM");
    const findings = stopping.map(async (worker) => {
      const patience = new AbortController();
      const late = systemClock.sleep(STOP_PATIENCE_MS, patience.signal).then(() => undefined);
      const status = await Promise.race([worker.ended, late]);
      patience.abort();
      if (status === undefined) return [`A worker did not stop within ${STOP_PATIENCE_MS / 1000} s.`];
      return status.code === 0 ? [] : [`A worker that was told to stop ended with exit code ${status.code}.`];
    });
    return (await Promise.all(findings)).flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.alive) worker.signal("SIGCONT");
    await this.killAll();
  }
}
