/**
 * @module
 * How much room there is on the disk with the spool, and whether a command may have failed for want of it. To ask takes
 * a program, so it is not asked each time.
 */
import { isFull, RESERVE_STEP } from "../../store/reserve.ts";
import { systemClock } from "../../system/clock.ts";
import { thisPlatform } from "../process/this_platform.ts";

/** With less than this, what anybody writes may fail. */
const LITTLE = 1024 * 1024;
/** What there is room for on a disk that is not full, also when the reserve has just given up a part for others. */
const SOME = new Uint8Array(RESERVE_STEP + 64 * 1024);
/** With this much, a command that prints as fast as it can does not fill the disk in no time. */
const MUCH = 1024 * 1024 * 1024;
const ASK_AGAIN_MS = 10_000;
/** With that much room nobody asks again for so long; with less, for as much less as it takes less time to fill. */
const GOOD_FOR_MS = 1000;

let goodUntilMs = 0;
let fullAtMs = -Infinity;

/**
 * Takes note when there is no room on the disk of a directory, for there will be soon, and returns whether there is
 * none. `name` is of a new file.
 */
export function noteIfFull(directory: string, name: string): boolean {
  const path = `${directory}/${name}`;
  let full = false;
  try {
    Deno.writeFileSync(path, SOME, { mode: 0o600 });
  } catch (error) {
    full = isFull(error);
  }
  if (full) fullAtMs = systemClock.monotonicMs();
  try {
    Deno.removeSync(path);
  } catch {
    // there was not even room for a name
  }
  return full;
}

/** All spools of a home are on one disk. */
const roomy = { is: false, askAtMs: -Infinity };

/** Whether there was much room on the disk of a directory when that was last asked; false when it has not been. */
export function isRoomy(directory: string): boolean {
  if (systemClock.monotonicMs() >= roomy.askAtMs) ask(directory);
  return roomy.is;
}

/** Whether there is hardly any room now, or was known to be none since a time by the monotonic clock. */
export async function wasDiskFull(directory: string, sinceMs: number): Promise<boolean> {
  if (fullAtMs >= sinceMs) return true;
  if (systemClock.monotonicMs() < goodUntilMs) return false;
  const available = await ask(directory);
  if (available !== undefined && available < LITTLE) return true;
  goodUntilMs = systemClock.monotonicMs() + goodForMs(available);
  return false;
}

/** How many bytes are free; undefined where nobody knows. */
async function ask(directory: string): Promise<number | undefined> {
  roomy.askAtMs = systemClock.monotonicMs() + ASK_AGAIN_MS;
  const disk = await thisPlatform.disk(directory).catch(() => undefined);
  roomy.is = disk !== undefined && disk.available >= MUCH;
  return disk?.available;
}

/** For how long a disk with so many bytes free cannot have become full. */
export function goodForMs(available = MUCH): number {
  return GOOD_FOR_MS * Math.min(1, available / MUCH);
}
