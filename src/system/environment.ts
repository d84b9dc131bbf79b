/**
 * @module
 * What queuectl asks of its surroundings: environment variables, for which permission is optional everywhere, and the
 * current directory.
 */
import { BadInput } from "../domain/errors.ts";
import { WINDOWS } from "./paths.ts";
import { isGranted } from "./permissions.ts";

const kept = new Map<string, string | undefined>();

/** Reads variables once and for all, before the permission to read them is dropped. */
export function keepVariables(names: readonly string[]): void {
  for (const name of names) kept.set(name, envVariable(name));
}

/**
 * The value of a variable; undefined when it is empty, not set, or may not be read. Never prompts.
 * @throws {BadInput} when it is not UTF-8: as text, it would name something else
 */
export function envVariable(name: string): string | undefined {
  if (kept.has(name)) return kept.get(name);
  if (!isGranted({ name: "env", variable: name })) return undefined;
  try {
    return Deno.env.get(name) || undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new BadInput(`Cannot use the variable ${name}: its value is not UTF-8`);
  }
}

/** Whether a variable is set to anything, whatever that is. */
export function isSet(name: string): boolean {
  try {
    return envVariable(name) !== undefined;
  } catch {
    return true;
  }
}

/** The current directory, or null when it is gone, or its name is not UTF-8. */
export function currentDirectory(): string | null {
  try {
    return Deno.cwd();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.InvalidData) return null;
    throw error;
  }
}

/** Where a relative `cwd` of a job starts, and how paths are written there. */
export function whereabouts(): { cwd: string | null; windows: boolean } {
  return { cwd: currentDirectory(), windows: WINDOWS };
}

/** Where a relative path starts. @throws {BadInput} when the current directory is gone, or its name is not UTF-8 */
export function baseDirectory(): string {
  const base = currentDirectory();
  if (base !== null) return base;
  throw new BadInput(
    "Cannot use a path that starts from the current directory: that is gone, or its name is not UTF-8",
  );
}
