/**
 * @module
 * What a supervisor has to tell whoever watches it. How it is written down is the caller's business.
 */
import type { ClaimedJob, Settlement } from "../store/store.ts";

/** Receives events as they happen. Methods must return quickly and never throw. */
export interface Journal {
  /** A worker began to run a job. */
  started(job: ClaimedJob): void;
  /** A worker watches a job from now on that another worker, `from`, had started. */
  adopted(job: ClaimedJob, from: string): void;
  /** An attempt was settled. */
  settled(job: ClaimedJob, settlement: Settlement): void;
  /** Something about one worker, or about all when `worker` is null. */
  note(text: string, worker: string | null): void;
}
