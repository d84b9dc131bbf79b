/**
 * @module
 * What a process under test prints, as it prints it.
 */
import { until } from "./until.ts";

/** A child whose streams are both read. */
export interface PrintingChild {
  /** What it has printed so far, both streams together. */
  printed(): string;
  /** It has ended, and all that it printed was read. */
  over(): boolean;
  /** Resolves with the exit code then. */
  ended: Promise<number>;
}

/** Reads both streams of a child, and waits until it has printed something that fits, or has ended. */
export async function readUntil(
  child: Deno.ChildProcess,
  { what, pattern }: { what: string; pattern: RegExp },
): Promise<PrintingChild> {
  let printed = "";
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const text = new TextDecoder();
    for await (const bytes of stream) printed += text.decode(bytes, { stream: true });
  };
  const drained = Promise.all([collect(child.stdout), collect(child.stderr)]);
  let over = false;
  const ended = child.status.then(async ({ code }) => {
    await drained;
    over = true;
    return code;
  });
  await until(what, () => over || pattern.test(printed));
  return { printed: () => printed, over: () => over, ended };
}
