/**
 * @module
 * `queuectl doctor --salvage FILE`: saves what can be read of a damaged store, and says how to go on with it.
 */
import { Refused, StoreUnusable } from "../../../domain/errors.ts";
import type { SalvagedPart } from "../../../store/contract.ts";
import { rescueOf } from "../../../store/open.ts";
import { baseDirectory } from "../../../system/environment.ts";
import type { Home } from "../../../system/home.ts";
import { absolutePath, isAbsolute } from "../../../system/paths.ts";
import { isGranted, permissionMissing } from "../../../system/permissions.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import type { Context } from "../../line/context.ts";

/** Saves to a new file and prints what came of it. The damaged store is not changed. */
export async function salvageTo({ home, meant, print }: Context, file: string): Promise<void> {
  const needed = [{ name: "read", path: home.dir }] as const;
  if (!needed.every(isGranted)) throw permissionMissing(`Cannot salvage "${home.database}"`, needed);
  if (!exists(home.database) && !exists(`${home.database}-wal`)) {
    throw new StoreUnusable(`Cannot salvage "${home.database}": there is no such file`);
  }
  const path = absolutePath(file, isAbsolute(file) ? "" : baseDirectory());
  const rescue = await rescueOf(home, meant);
  if (!rescue) {
    throw new Refused(`Cannot salvage the store of "${home.dir}": use the tools that come with its engine`);
  }
  const parts = await rescue.salvage(path);
  const salvaged = Object.fromEntries(parts.map(({ key, saved, lost }) => [key, { saved, lost }]));
  print.result({ path, ...salvaged }, () => [`Saved to ${path}:`, ...parts.map(describe)].join("\n"));
  print.note(howToGoOn(home, path));
}

function describe({ name, saved, lost }: SalvagedPart): string {
  if (lost === 0) return `  ${saved} ${name}`;
  return `  ${saved} ${name}; ${lost ?? "nobody can tell how many"} could not be saved`;
}

/** The log and its index belong to the damaged database, and would damage the new one. */
function howToGoOn({ database, dir }: Home, path: string): string {
  const companions = quoteWords([`${database}-wal`, `${database}-shm`]);
  return `To go on with it: stop all workers, keep a copy of ${dir}, then ` +
    `rm -f -- ${companions} && mv -- ${quoteWords([path, database])}`;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
