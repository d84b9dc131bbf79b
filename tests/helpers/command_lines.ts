/**
 * @module
 * One process that runs one command line after the other, with exactly the permissions it is started with: starting a
 * process for each takes ten times as long as what most of them do.
 */
import { fileURLToPath } from "node:url";
import type { Finished } from "./finished.ts";

const FIXTURE = fileURLToPath(new URL("../fixtures/command_lines.ts", import.meta.url));

/** A process that runs command lines until it is disposed of. */
export class CommandLines implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #typed: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: ReadableStreamDefaultReader<string>;
  #read = "";

  /** Starts it with flags of `deno run` and variables. */
  constructor(flags: readonly string[], env: Record<string, string>) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", ...flags, FIXTURE],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#typed = this.#child.stdin.getWriter();
    this.#answers = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Runs a command line to its end. One at a time. */
  async run(words: readonly string[]): Promise<Finished> {
    await this.#typed.write(new TextEncoder().encode(`${JSON.stringify(words)}\n`));
    while (!this.#read.includes("\n")) {
      const { value, done } = await this.#answers.read();
      if (done) throw new Error(`It ended instead of running ${words.join(" ")}`);
      this.#read += value;
    }
    const [answer, ...rest] = this.#read.split("\n");
    this.#read = rest.join("\n");
    return JSON.parse(answer!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#typed.close().catch(() => {});
    while (!(await this.#answers.read()).done);
    await this.#child.status;
  }
}
