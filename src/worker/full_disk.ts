/**
 * @module
 * Whether a command may have failed because the disk with its spool was full. To ask takes a program, so what fails
 * again and again is not asked for each time.
 */
import { systemClock } from "../clock.ts";
import { isFull } from "../store/reserve.ts";
import { here } from "./process/here.ts";

/** With less than this, what anybody writes may fail. */
const LITTLE = 1024 * 1024;
/** For so long nobody asks again after there was room. */
const GOOD_FOR_MS = 1000;
const PAGE = 4096;

let goodUntilMs = 0;
let fullAtMs = -Infinity;

/** Takes note when there is no room on the disk of a directory, for there will be soon. `name` is of a new file. */
export function noteIfFull(directory: string, name: string): void {
  const path = `${directory}/${name}`;
  try {
    Deno.writeFileSync(path, new Uint8Array(PAGE), { mode: 0o600 });
  } catch (error) {
    if (isFull(error)) fullAtMs = systemClock.monotonicMs();
  }
  try {
    Deno.removeSync(path);
  } catch {
    // there was not even room for a name
  }
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
