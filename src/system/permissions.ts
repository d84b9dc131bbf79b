/**
 * @module
 * What the runtime lets this program do, and the sentence for what it does not: it names the flags that are missing,
 * no others. The permissions of an executable are fixed when it is built, so there the sentence says how to build it.
 */
import { PermissionMissing } from "../domain/errors.ts";
import { quoteWords } from "./shell_words.ts";

/** Whether something may be done. Never prompts. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/**
 * The error to throw when something cannot be done, such as `Cannot run jobs`, because some of what it needs is not
 * permitted.
 */
export function permissionMissing(
  sentence: string,
  needed: readonly Deno.PermissionDescriptor[],
): PermissionMissing {
  const flags = quoteWords(permissionFlags(needed.filter((one) => !isGranted(one))));
  return new PermissionMissing(`${sentence}: ${howToGet(flags)}`);
}

/** What to do to get permissions, given as flags in one text. */
export function howToGet(flags: string): string {
  return Deno.build.standalone ? `use an executable that was built with ${flags}` : `run again with ${flags}`;
}

/**
 * Permissions as flags: those of a kind together, as in `--allow-read=/a,/b`, or the whole kind, as in `--allow-read`.
 * A flag cannot name a path with a comma (Deno 2.9), so for that it is the whole kind.
 */
export function permissionFlags(permissions: readonly Deno.PermissionDescriptor[]): string[] {
  const kinds = Map.groupBy(permissions, ({ name }) => name);
  return Array.from(kinds, ([name, ofKind]) => {
    const values = ofKind.map(valueOf);
    return values.some((value) => value === undefined || value.includes(","))
      ? `--allow-${name}`
      : `--allow-${name}=${values.join()}`;
  });
}

function valueOf(permission: Deno.PermissionDescriptor): string | undefined {
  switch (permission.name) {
    case "read":
    case "write":
    case "ffi":
      return permission.path?.toString();
    case "run":
      return permission.command?.toString();
    case "env":
      return permission.variable;
    case "sys":
      return permission.kind;
    default:
      return permission.host;
  }
}
