/**
 * @module
 * Running small scripts in `sh`. Everything that concerns processes goes through it, so that `--allow-run=sh` is all
 * the permission it takes. Scripts get what they need as arguments, never as a part of their text.
 */

/** The variable whose value names a run in the environment of all its processes. */
export const RUN_VARIABLE = "QUEUECTL_RUN";

/** Runs a script with arguments, and lines on its stdin if any are given; returns what it printed. */
export async function runShell(
  script: string,
  args: readonly string[],
  lines?: readonly string[],
): Promise<string> {
  const child = new Deno.Command("sh", {
    args: ["-c", script, "sh", ...args],
    // What it starts is no part of the job that may have started us.
    env: { [RUN_VARIABLE]: "" },
    stdin: lines ? "piped" : "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  if (lines) await write(child.stdin, lines);
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout);
}

async function write(stdin: WritableStream<Uint8Array>, lines: readonly string[]): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
    await writer.close();
  } catch {
    // A script that ends before it has read everything has no use for the rest.
  }
}
