/**
 * @module
 * Why a database cannot be opened although it is there: SQLite reads it only with two more files beside it, and where
 * it cannot make them it speaks of disk errors, or of files that cannot be opened. (It could be told that nobody
 * else changes the file, but Deno lets only programs with all permissions do that.)
 */
import { StoreFull, StoreUnusable } from "../../../domain/errors.ts";
import type { Home } from "../../../system/home.ts";

/** What SQLite says where it cannot make the files it needs. */
const NO_COMPANIONS = /readonly database|unable to open database file|disk I\/O error/;

/** As much as SQLite's index of the log takes. */
const PROBE = 32 * 1024;

/** The reason, where SQLite failed with `error` for want of its companions; undefined when there is another. */
export function whyNoCompanions(error: unknown, home: Home): StoreUnusable | undefined {
  if (!(error instanceof Error) || !NO_COMPANIONS.test(error.message)) return undefined;
  const probe = `${home.dir}/probe-${crypto.randomUUID()}`;
  try {
    Deno.writeFileSync(probe, new Uint8Array(PROBE).fill(1), { createNew: true, mode: 0o600 });
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const noRoom = (error as { code?: unknown }).code === "ENOSPC";
    return noRoom ? new StoreFull(`Cannot use "${home.database}": the disk is full`) : new StoreUnusable(
      `Cannot open "${home.database}": the home is read-only, and even reading takes SQLite a file or two there`,
    );
  } finally {
    removeIfThere(probe);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // it could not be made
  }
}
