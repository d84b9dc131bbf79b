/**
 * @module
 * Whether a job has ended, and how, as those have to know it that need it. Pure.
 */
import type { State } from "./job.ts";
import type { End, SkipReason } from "./needs.ts";

/** How a job ended; undefined while it has not. */
export function endOf(
  { state, skippedFor }: { state: State; skippedFor: SkipReason | null },
): End | undefined {
  switch (state) {
    case "completed":
    case "dead":
    case "cancelled":
      return { state };
    case "skipped":
      return { state, reason: skippedFor ?? "called_off" };
    case "blocked":
    case "pending":
    case "scheduled":
    case "processing":
    case "failed":
      return undefined;
  }
}
