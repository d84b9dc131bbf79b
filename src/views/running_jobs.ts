/**
 * @module
 * A queue cannot go while jobs of it run. Pure.
 */
import { Refused } from "../domain/errors.ts";

/** Lets a queue go of which nothing runs. @throws {Refused} where any job does */
export function refuseRunning(queue: string, running: number): void {
  if (running === 0) return;
  const jobs = running === 1
    ? "a job of it is running; cancel it"
    : `${running} jobs of it are running; cancel them`;
  throw new Refused(`Cannot delete queue "${queue}": ${jobs} first`);
}
