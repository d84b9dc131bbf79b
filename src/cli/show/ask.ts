/**
 * @module
 * A question to whoever sits at the terminal. Nothing is taken for a yes but a yes.
 */
import { writeAll } from "./write_all.ts";
import { visible } from "./terminal.ts";

/** Whether somebody is there who can be asked. */
export function canAsk(): boolean {
  return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
}

/** Asks on stderr and reads a line from the terminal; its end is a no. */
export async function ask(question: string): Promise<boolean> {
  writeAll(Deno.stderr, new TextEncoder().encode(`${visible(question)} [y/N] `));
  return /^\s*y(es)?\s*$/i.test(await readLine());
}

async function readLine(): Promise<string> {
  const text = new TextDecoder();
  const buffer = new Uint8Array(1024);
  let line = "";
  while (!line.includes("\n")) {
    const size = await Deno.stdin.read(buffer);
    if (size === null) {
      writeAll(Deno.stderr, new TextEncoder().encode("\n"));
      return "";
    }
    line += text.decode(buffer.subarray(0, size), { stream: true });
  }
  return line;
}
