/**
 * @module
 * What a supervisor has to tell whoever watches it. How it is written down is the caller's business.
 */
import type { ClaimedJob, Settlement } from "../../store/contract.ts";

/** Receives events as they happen. Methods must return quickly. */
export interface Journal {
  /** A worker began to run a job. */
  started(job: ClaimedJob): void;
  /** A worker watches a job from now on that another worker, `from`, had started. */
  adopted(job: ClaimedJob, from: string): void;
  settled(job: ClaimedJob, settlement: Settlement): void;
  /** Something about one worker, or about all when `worker` is null. */
  note(text: string, worker: string | null): void;
}

/** The same journal, but one that fails for one event is told that instead, and goes on. */
export function unfailing(journal: Journal): Journal {
  const safely = (job: ClaimedJob | undefined, tell: () => void) => {
    try {
      tell();
    } catch (error) {
      try {
        const reason = error instanceof Error ? error.message : String(error);
        journal.note(
          `something of ${job?.id ?? "a worker"} could not be said: ${reason}`,
          job?.worker ?? null,
        );
      } catch {
        // There is nobody to tell.
      }
    }
  };
  return {
    started: (job) => safely(job, () => journal.started(job)),
    adopted: (job, from) => safely(job, () => journal.adopted(job, from)),
    settled: (job, settlement) => safely(job, () => journal.settled(job, settlement)),
    note: (text, worker) => safely(undefined, () => journal.note(text, worker)),
  };
}
