/**
 * @module
 * How much room there is on the disk with the spool, and whether a command may have failed for want of it. To ask takes
 * a program, so it is not asked each time.
 */
import { isFull } from "../../store/reserve.ts";
import { systemClock } from "../../system/clock.ts";
import { here } from "../process/here.ts";

/** With less than this, what anybody writes may fail. */
const LITTLE = 1024 * 1024;
/** For so long nobody asks again after there was room. */
const GOOD_FOR_MS = 1000;
/** What there is room for on a disk that is not full. */
const SOME = 64 * 1024;
/** With this much, a command that prints as fast as it can does not fill the disk in no time. */
const MUCH = 1024 * 1024 * 1024;
const ASK_AGAIN_MS = 10_000;

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
    Deno.writeFileSync(path, new Uint8Array(SOME), { mode: 0o600 });
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
  const nowMs = systemClock.monotonicMs();
  if (nowMs >= roomy.askAtMs) {
    roomy.askAtMs = nowMs + ASK_AGAIN_MS;
    here.disk(directory).then((disk) => roomy.is = (disk?.available ?? 0) >= MUCH).catch(() => {});
  }
  return roomy.is;
}

/** Whether there is hardly any room now, or was known to be none since a time by the monotonic clock. */
export async function wasDiskFull(directory: string, sinceMs: number): Promise<boolean> {
  if (fullAtMs >= sinceMs) return true;
  if (systemClock.monotonicMs() < goodUntilMs) return false;
  const disk = await here.disk(directory).catch(() => undefined);
  if (disk && disk.available < LITTLE) return true;
  goodUntilMs = systemClock.monotonicMs() + GOOD_FOR_MS;
  return false;
}
