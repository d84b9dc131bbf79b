/**
 * @module
 * What queuectl asks of its surroundings: environment variables, for which permission is optional everywhere, and the
 * current directory.
 */
import { isGranted } from "./permissions.ts";

const kept = new Map<string, string | undefined>();

/** Reads variables once and for all, before the permission to read them is dropped. */
export function keepVariables(names: readonly string[]): void {
  for (const name of names) kept.set(name, envVariable(name));
}

/** The value of a variable; undefined when it is empty, not set, or may not be read. Never prompts. */
export function envVariable(name: string): string | undefined {
  if (kept.has(name)) return kept.get(name);
  return isGranted({ name: "env", variable: name }) ? Deno.env.get(name) || undefined : undefined;
}

/** The current directory, or null when it is gone. */
export function currentDirectory(): string | null {
  try {
    return Deno.cwd();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
