/**
 * @module
 * Who waits for the lock knocks, and who writes one transaction after the other hears it: SQLite's lock is not fair, and
 * whoever comes back at once would have it again before the others have looked. To knock is to touch a file. Whoever may
 * not, or hears nothing, is no worse off than without.
 */
import type { Home } from "../../../system/home.ts";

/** Who waits knocks more often than this, unless the machine is very busy. */
const FRESH_MS = 100;

/** Says that somebody waits. */
export function knock({ waiting, database }: Home, now: number): void {
  try {
    touch(waiting, now);
  } catch {
    make(waiting, database);
  }
}

/** Who knocked has had its turn; others who wait knock again. */
export function comeIn({ waiting }: Home): void {
  try {
    touch(waiting, 0);
  } catch {
    // nobody hears of it, for moments
  }
}

/** Whether somebody waits. */
export function isAnybodyWaiting({ waiting }: Home, now: number): boolean {
  try {
    return now - Deno.statSync(waiting).mtime!.getTime() < FRESH_MS;
  } catch {
    return false; // nobody ever has
  }
}

function touch(path: string, ms: number): void {
  Deno.utimeSync(path, ms / 1000, ms / 1000);
}

/** Not in a home that is being deleted. */
function make(path: string, database: string): void {
  try {
    Deno.statSync(database);
    Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  } catch {
    // nobody is called
  }
}
