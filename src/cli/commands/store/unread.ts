/**
 * @module
 * A variable that names a store and that the runtime may not read: it counts as not set, as `QUEUECTL_HOME` does, which
 * would be another store than is meant. A shell, where one may be run, tells whether it is set at all.
 */
import { PermissionMissing } from "../../../domain/errors.ts";
import { mayReadVariable, STORE_VARIABLE } from "../../../store/meant.ts";
import { howToGet } from "../../../system/permissions.ts";
import { thisPlatform } from "../../../worker/process/this_platform.ts";
import type { Context } from "../../line/context.ts";
import { mayRun } from "../worker/permissions.ts";

/** What is known of the variable where it may not be read. */
export interface Unread {
  /** Undefined where nobody can tell. */
  isSet: boolean | undefined;
  found: string;
  advice: string;
}

/** Undefined where there is nothing to say: it may be read, it is not set, or `--store` goes before it. */
export async function unreadVariable({ meant }: Context): Promise<Unread | undefined> {
  if (meant.by === "option" || mayReadVariable()) return undefined;
  const isSet = mayRun() ? await thisPlatform.hasVariable(STORE_VARIABLE) : undefined;
  if (isSet === false) return undefined;
  return {
    isSet,
    found: isSet
      ? `${STORE_VARIABLE} is set and may not be read, so it does not say where jobs are kept`
      : `${STORE_VARIABLE} may not be read, so it would not say where jobs are kept`,
    advice: `give --store ADDRESS, or ${howToGet(`--allow-env=${STORE_VARIABLE}`)}`,
  };
}

/** Refuses to run jobs of another store than the variable may name. @throws {PermissionMissing} */
export async function requireVariable(context: Context): Promise<void> {
  const unread = await unreadVariable(context);
  if (!unread?.isSet) return;
  throw new PermissionMissing(`Cannot tell whose jobs to run: ${unread.found}; ${unread.advice}`);
}
