/**
 * @module
 * Room kept in reserve: a file in the home that holds nothing but space. On a full disk, whoever has to write gives up
 * a part of it and tries again; supervisors make it anew once there is room. Knows neither the store nor processes.
 */
import { StoreFull } from "../domain/errors.ts";
import type { Home } from "../system/home.ts";

/**
 * What it takes to settle an attempt that has printed all it may by default: a MiB of each stream, once in the
 * database's log and once in the database.
 */
export const RESERVE = 4 * 1024 * 1024;
/** On a small disk it is this part of what is free. */
const PART = 8;
/** What is given up at a time: plenty for a change without output. */
export const RESERVE_STEP = 256 * 1024;
/** What is written at a time. */
const BLOCK = 64 * 1024;

/** How large the reserve is now. */
export function reserveSize(home: Home): number {
  try {
    return Deno.statSync(home.reserve).size;
  } catch {
    return 0; // it is not there
  }
}

/** Does something again and again while there is no room for it and the reserve can give up some. */
export async function fromReserve<T>(home: Home, action: () => T | Promise<T>): Promise<T> {
  while (true) {
    try {
      return await action();
    } catch (error) {
      if (!isFull(error) || !giveUp(home)) throw error;
    }
  }
}

/** Whether that is for want of room. */
export function isFull(error: unknown): boolean {
  if (error instanceof StoreFull) return true;
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** Gives up a part; false when nothing is left. */
function giveUp(home: Home): boolean {
  const size = reserveSize(home);
  if (size === 0) return false;
  try {
    Deno.truncateSync(home.reserve, Math.max(0, size - RESERVE_STEP));
    return true;
  } catch {
    return false;
  }
}

/** How large the reserve should be on a disk on which so many bytes are free besides it. */
export function reserveFor(free: number, size: number): number {
  return Math.min(RESERVE, Math.floor((free + size) / PART / BLOCK) * BLOCK);
}

/** Makes the reserve as large as it should be, if it is not. Stops where there is no more room after all. */
export function* fillReserve(home: Home, free: number): Generator<void> {
  const wanted = reserveFor(free, reserveSize(home));
  for (let size = reserveSize(home); size < wanted; size = reserveSize(home)) {
    yield;
    try {
      using file = Deno.openSync(home.reserve, { append: true, create: true, mode: 0o600 });
      // A file system that stores little for what looks like nothing would keep no room.
      file.writeSync(crypto.getRandomValues(new Uint8Array(BLOCK)));
    } catch (error) {
      if (isFull(error)) return;
      throw error;
    }
  }
}
