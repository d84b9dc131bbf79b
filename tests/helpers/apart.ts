/**
 * @module
 * Things that concern the whole process, such as its environment or its directory, in a process of their own: test files
 * share one, and run at the same time.
 */
import { fileURLToPath } from "node:url";

/** Runs a module of `tests/fixtures/` and returns what it says of itself, as JSON on its stdout. */
export async function apart(
  fixture: string,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
): Promise<unknown> {
  const module = fileURLToPath(new URL(`../fixtures/${fixture}.ts`, import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-lock", "--no-prompt", "--allow-all", module, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${fixture}: ${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}
