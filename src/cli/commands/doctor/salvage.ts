/**
 * @module
 * `queuectl doctor --salvage FILE`: saves what can be read of a damaged store, and says how to go on with it.
 */
import { StoreUnusable } from "../../../domain/errors.ts";
import type { Salvaged } from "../../../store/sqlite/salvage/salvage.ts";
import { baseDirectory } from "../../../system/environment.ts";
import type { Home } from "../../../system/home.ts";
import { absolutePath, isAbsolute } from "../../../system/paths.ts";
import { isGranted, permissionMissing } from "../../../system/permissions.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import type { Context } from "../../line/context.ts";

/** What people call the rows of a table. */
const NAMES: Readonly<Record<keyof Salvaged, string>> = {
  jobs: "jobs",
  attempts: "attempts",
  output: "pieces of output",
  queues: "queues with settings",
  settings: "settings",
  supervisors: "supervisors",
  workers: "workers",
  figures: "rows of figures",
  overall_figures: "rows of figures of all queues",
  requests: "remembered requests",
  batches: "batches under way",
  staged: "pieces of them",
  staged_names: "ids in them",
};

/** Saves to a new file and prints what came of it. The damaged store is not changed. */
export async function salvageTo({ home, print }: Context, file: string): Promise<void> {
  const needed = [{ name: "read", path: home.dir }] as const;
  if (!needed.every(isGranted)) throw permissionMissing(`Cannot salvage "${home.database}"`, needed);
  if (!exists(home.database) && !exists(`${home.database}-wal`)) {
    throw new StoreUnusable(`Cannot salvage "${home.database}": there is no such file`);
  }
  const path = absolutePath(file, isAbsolute(file) ? "" : baseDirectory());
  const { salvage } = await import("../../../store/sqlite/salvage/salvage.ts");
  const salvaged = await salvage(home, path);
  const lines = Object.entries(NAMES).map(([table, name]) =>
    describe(name, salvaged[table as keyof Salvaged])
  );
  print.result({ path, ...salvaged }, () => [`Saved to ${path}:`, ...lines].join("\n"));
  print.note(howToGoOn(home, path));
}

function describe(name: string, { saved, lost }: Salvaged["jobs"]): string {
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
