/**
 * @module
 * Whether a command may have failed because the disk with its spool was full. To ask takes a program, so what fails
 * again and again is not asked for each time.
 */
import { systemClock } from "../clock.ts";
import { here } from "./process/here.ts";

/** With less than this, what anybody writes may fail. */
const LITTLE = 256 * 1024;
/** For so long nobody asks again after there was room. */
const GOOD_FOR_MS = 1000;

let goodUntilMs = 0;

/** Whether there is hardly any room now. */
export async function isDiskFull(directory: string): Promise<boolean> {
  if (systemClock.monotonicMs() < goodUntilMs) return false;
  const disk = await here.disk(directory).catch(() => undefined);
  if (disk && disk.available < LITTLE) return true;
  goodUntilMs = systemClock.monotonicMs() + GOOD_FOR_MS;
  return false;
}
