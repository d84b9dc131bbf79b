/**
 * @module
 * The environment variables queuectl reads. Permission to read them is optional everywhere.
 */
import { isGranted } from "./permissions.ts";

/** The value of a variable; undefined when it is empty, not set, or may not be read. Never prompts. */
export function envVariable(name: string): string | undefined {
  return isGranted({ name: "env", variable: name }) ? Deno.env.get(name) || undefined : undefined;
}
