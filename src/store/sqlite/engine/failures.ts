/**
 * @module
 * What SQLite says when something is wrong, in the words of queuectl. The runtime gives no error codes, only
 * SQLite's own English sentences, so they are recognised by their text here and nowhere else.
 */
import { StoreDamaged, StoreFull, StoreUnusable, UserError } from "../../../domain/errors.ts";
import type { Home } from "../../../system/home.ts";
import { isGranted, permissionMissing } from "../../../system/permissions.ts";

/** Whether somebody else holds the lock that was asked for: try again. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && /database (table )?is locked|locking protocol/.test(error.message);
}

/** Whether a unique index refused the row. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && error.message.includes("UNIQUE constraint failed");
}

/** What is said of a value in a row. The checks are those of counts, which go on from what they find. */
const OF_VALUE = [
  /too large to be represented as a JavaScript number/,
  /cannot store \w+ value in \w+ column/,
  /CHECK constraint failed: counts_(n|held)$/,
  /NOT NULL constraint failed: counts\./,
];

/** Whether a value in a row is the reason: the runtime cannot read it, or the engine would not have stored it. */
export function isOfValue(error: unknown): boolean {
  return error instanceof Error && OF_VALUE.some((pattern) => pattern.test(error.message));
}

/** SQLite's sentence and ours; `%` stands for the database's path. */
const SENTENCES: readonly (readonly [RegExp, string, typeof StoreUnusable])[] = [
  [/database or disk is full/, "Cannot write to %: the disk is full", StoreFull],
  [
    /file is not a database/,
    "Cannot use %: it is damaged, or was never a SQLite database; run queuectl doctor",
    StoreDamaged,
  ],
  [/malformed/, "Cannot use %: it is damaged; run queuectl doctor", StoreDamaged],
  [/readonly database/, "Cannot write to %: it is read-only", StoreUnusable],
  [
    /unable to open database file/,
    "Cannot open %: it is not a file that can be read and written",
    StoreUnusable,
  ],
  [/disk I\/O error/, "Cannot use %: the disk reports an error; run queuectl doctor", StoreUnusable],
];

/** The error to throw instead of `error`: one for the user where there is a sentence for it, else itself. */
export function explain(error: unknown, home: Home): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  if (error instanceof Deno.errors.NotCapable) return notPermitted(home);
  if (error instanceof Deno.errors.PermissionDenied) {
    return new StoreUnusable(`Cannot use the home "${home.dir}": it cannot be entered by this user`);
  }
  for (const [pattern, sentence, Unusable] of SENTENCES) {
    if (pattern.test(error.message)) {
      return new Unusable(sentence.replace("%", () => `"${home.database}"`), { cause: error });
    }
  }
  return error;
}

/** What to say when the runtime may not touch the home. */
function notPermitted({ dir }: Home): UserError {
  const needed = [{ name: "read", path: dir }, { name: "write", path: dir }] as const;
  if (needed.every(isGranted)) {
    return new StoreUnusable(
      `Cannot use the home "${dir}": Deno keeps programs out of /dev, /proc and /sys; choose another directory`,
    );
  }
  return permissionMissing(`Cannot open the store in "${dir}"`, needed);
}
