/**
 * @module
 * A launcher for tests.
 */
import { PosixLauncher } from "../../src/worker/process/posix/launcher.ts";

/** One whose children keep this process alive, as they do not by themselves; disposing waits for its shells. */
export class TestLauncher extends PosixLauncher {
  readonly #alive = setInterval(() => {}, 1000);

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    clearInterval(this.#alive);
  }
}
