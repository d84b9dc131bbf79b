/**
 * @module
 * Where the demo plays: a home, the shell that runs what is shown, and the screen.
 */
import { join } from "node:path";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { type TempDir, tempDir } from "../helpers/temp.ts";

/** Makes `queuectl` a command, so that what is shown is what runs. */
const QUEUECTL = '#!/bin/sh\nexec "$DENO" $RUN_FLAGS "$MAIN" "$@"\n';

const COLOURS = { bold: 1, green: 32, red: 31, grey: 90, cyan: 36 } as const;

/** Whether somebody watches. */
export const ON_TERMINAL = Deno.stdout.isTerminal();

/** The text in a colour, on a terminal. */
export function paint(colour: keyof typeof COLOURS, text: string): string {
  return ON_TERMINAL && !Deno.env.get("NO_COLOR") ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
}

/** A temporary home and a shell in it. Removed at the end of the scope. */
export class Stage implements Disposable {
  readonly #dir: TempDir = tempDir();
  readonly #bin: string = this.#dir.file("bin");

  /** Puts `queuectl` where the shell finds it. */
  constructor() {
    Deno.mkdirSync(this.#bin);
    Deno.writeTextFileSync(join(this.#bin, "queuectl"), QUEUECTL, { mode: 0o755 });
  }

  /** Writes a file into the directory in which commands run. */
  write(name: string, text: string): void {
    Deno.writeTextFileSync(join(this.#dir.path, name), text);
  }

  /** Shows a command as one would type it, and runs it. @throws when it fails */
  async run(line: string): Promise<void> {
    show(line);
    const { code } = await this.spawn(line, "inherit").status;
    if (code !== 0) throw new Error(`"${line}" ended with exit code ${code}`);
  }

  /** Shows a command as one would type it to run in the background, and starts it. */
  start(line: string): Deno.ChildProcess {
    show(`${line} &`);
    return this.spawn(`exec ${line}`, "inherit");
  }

  /** Runs a command unseen and returns what it printed. */
  async read(line: string): Promise<string> {
    const { stdout } = await this.spawn(line, "piped").output();
    return new TextDecoder().decode(stdout);
  }

  /** Starts a command and leaves it to the caller. What is to be ended by a signal begins with `exec`. */
  spawn(line: string, stdout: "inherit" | "piped" | "null"): Deno.ChildProcess {
    return new Deno.Command("sh", {
      args: ["-c", line],
      cwd: this.#dir.path,
      env: {
        PATH: `${this.#bin}:${Deno.env.get("PATH") ?? ""}`,
        DENO: Deno.execPath(),
        RUN_FLAGS: RUN_FLAGS.join(" "),
        MAIN,
        QUEUECTL_HOME: this.#dir.home.dir,
      },
      stdin: "null",
      stdout,
      stderr: stdout === "inherit" ? "inherit" : "null",
    }).spawn();
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }
}

function show(line: string): void {
  console.log(`\n${paint("grey", "$")} ${paint("bold", line)}`);
}
