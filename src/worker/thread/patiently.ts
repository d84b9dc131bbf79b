/**
 * @module
 * What is done to a spool again and again, since others may need what it takes.
 */
import { systemClock } from "../../system/clock.ts";
import { isPassing } from "./blame.ts";

/** Others may need their files and memory for long, but not for ever. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 100;

/** What `action` gives, however often it fails for what others may give back soon. @throws what it throws at last */
export async function patiently<T>(action: () => T): Promise<T> {
  const until = systemClock.monotonicMs() + PATIENCE_MS;
  while (true) {
    try {
      return action();
    } catch (error) {
      if (!isPassing(error) || systemClock.monotonicMs() > until) throw error;
    }
    await systemClock.sleep(PAUSE_MS);
  }
}
