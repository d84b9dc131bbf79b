/**
 * @module
 * Jobs that come after those that are enqueued with them: `enqueue --then`. Pure.
 */
import type { NewJob } from "./job.ts";
import type { SaidNeeds } from "./needs.ts";
import { type JobDefaults, jobFromCommand } from "./spec.ts";

/** The command of a job that comes once all have completed, failed, or ended. */
export interface Then {
  /** Once all have completed. */
  then?: string | undefined;
  /** Should one fail for good. */
  thenFailed?: string | undefined;
  /** Once all have ended, however. */
  thenEnded?: string | undefined;
}

/** What such a job does not take over from what is given for the others: it is another job, and has its own time to start. */
const OWN: Partial<NewJob> = { id: null, runAt: null, group: null, held: false, stdin: null };

/** Whether any is to come. */
export function comesAfter({ then, thenFailed, thenEnded }: Then): boolean {
  return then !== undefined || thenFailed !== undefined || thenEnded !== undefined;
}

/** The jobs; they come after the first that is enqueued with them, or after a group. */
export function thenJobs(
  { then, thenFailed, thenEnded }: Then,
  defaults: JobDefaults,
  on: number | { group: string },
): NewJob[] {
  const { command: _, after: _a, afterFailed: _f, afterEnded: _e, ...given } = defaults.given ?? {};
  const { afterGroup: _g, afterGroupFailed: _gf, afterGroupEnded: _ge, any: _any, ...rest } = given;
  const job = (command: string, needs: SaidNeeds): NewJob => ({
    ...jobFromCommand(command, { ...defaults, given: { ...rest, ...OWN } }),
    ...needs,
  });
  const needing = (wanting: "" | "Failed" | "Ended"): SaidNeeds =>
    typeof on === "number" ? { [`after${wanting}`]: [on] } : { [`afterGroup${wanting}`]: [on.group] };
  return [
    ...then === undefined ? [] : [job(then, needing(""))],
    ...thenFailed === undefined ? [] : [job(thenFailed, needing("Failed"))],
    ...thenEnded === undefined ? [] : [job(thenEnded, needing("Ended"))],
  ];
}
