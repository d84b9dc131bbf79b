/**
 * @module
 * The environment variables queuectl reads. Permission to read them is optional everywhere.
 */

/** The value of a variable; undefined when it is empty, not set, or may not be read. Never prompts. */
export function envVariable(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  return Deno.env.get(name) || undefined;
}
