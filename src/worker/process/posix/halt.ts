/**
 * @module
 * Halting process groups for a moment: they are stopped, and go on when they are let go, or when nobody is there any more
 * who would. So a shell does both, one for each thread, which is started when the first are to be halted: it sees its stdin
 * end with the thread, however that ended.
 */
import { systemClock } from "../../../system/clock.ts";
import { type Halted, NO_RUN } from "../platform.ts";
import { runShell, spawnApart } from "./shell.ts";

/** Reads which groups to halt, says which of them are there, and reads a line when to let go of them. */
const SCRIPT = `while read -r groups; do
  halted=
  for group in $groups; do kill -s STOP -- "-$group" && halted="$halted $group"; done 2>/dev/null
  echo $halted
  read -r line
  for group in $halted; do kill -s CONT -- "-$group"; done 2>/dev/null
done`;

/** For when no shell can be started: it is tried again until one can. */
const RETRY_MS = 100;

/** Halts groups, those of one call at a time. */
class Halter {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  #asked: { groups: readonly number[]; answer: PromiseWithResolvers<number[]> } | undefined;
  ended = false;

  /** @throws when no shell can be started */
  constructor({ setsid }: { setsid: boolean }) {
    this.#child = spawnApart({
      args: ["-c", SCRIPT],
      env: NO_RUN,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }, { setsid });
    // Else the runtime would kill it together with its thread.
    this.#child.unref();
    this.#requests = this.#child.stdin.getWriter();
    this.#listen();
  }

  halt(groups: readonly number[]): Promise<number[]> {
    const answer = Promise.withResolvers<number[]>();
    this.#asked = { groups, answer };
    this.#say(groups.filter((group) => group > 1).join(" ")); // the group -1 is everybody
    return answer.promise;
  }

  go(): void {
    this.#asked = undefined;
    this.#say("");
  }

  #say(line: string): void {
    // When it has ended, that shows on its stdout.
    this.#requests.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }

  async #listen(): Promise<void> {
    let said = "";
    try {
      for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
        said += text;
        if (!said.endsWith("\n")) continue;
        this.#asked?.answer.resolve(said.trim().split(" ").map(Number));
        said = "";
      }
    } catch {
      // As if it had said nothing.
    }
    this.ended = true;
    if (!this.#asked) return;
    // Somebody has killed it.
    await letGo(this.#asked.groups);
    this.#asked.answer.resolve([]);
  }
}

async function letGo(groups: readonly number[]): Promise<void> {
  while (true) {
    try {
      await runShell('for group; do kill -s CONT -- "-$group"; done 2>/dev/null', groups.map(String));
      return;
    } catch {
      await systemClock.sleep(RETRY_MS);
    }
  }
}

let halter: Halter | undefined;

/** As in `Platform`. */
export async function haltGroups(groups: readonly number[], how: { setsid: boolean }): Promise<Halted> {
  if (!halter || halter.ended) halter = new Halter(how);
  const by = halter;
  const halted = new Set(await by.halt(groups));
  return { halted, [Symbol.dispose]: () => by.go() };
}
