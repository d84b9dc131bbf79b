/**
 * @module
 * A launcher for tests.
 */
import { type Launch, type Launched, RUN_VARIABLE } from "../../src/worker/process/platform.ts";
import { PosixLauncher } from "../../src/worker/process/posix/launcher.ts";
import { signalTree } from "../../src/worker/process/posix/tree.ts";

/** What runs for so long after its test is of a test that has failed: it would never end. */
const PATIENCE_MS = 30_000;

/** One whose children keep this process alive, as they do not by themselves; disposing waits for its shells. */
export class TestLauncher extends PosixLauncher {
  readonly #alive = setInterval(() => {}, 1000);
  readonly #running = new Map<string, Launched>();

  override launch(wanted: Launch): Launched {
    const launched = super.launch(wanted);
    const token = wanted.env[RUN_VARIABLE];
    if (token !== undefined) {
      this.#running.set(token, launched);
      launched.ended.finally(() => this.#running.delete(token));
    }
    return launched;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#kill(), PATIENCE_MS);
    await super[Symbol.asyncDispose]();
    clearTimeout(timer);
    clearInterval(this.#alive);
  }

  async #kill(): Promise<void> {
    for (const [token, launched] of this.#running) {
      await signalTree({ token, root: launched.root() }, "KILL", true);
    }
  }
}
