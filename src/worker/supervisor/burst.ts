/**
 * @module
 * When a burst is over, and what it waits for until then, which is said when it begins to wait and when that changes. What
 * waits for something that nobody has is left.
 */
import { formatDuration } from "../../domain/duration.ts";
import type { JobStore, LimitStore, QueueStore, WorkerStore } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { waitedForInVain } from "./never.ts";

export interface BurstOptions {
  store: Pick<WorkerStore & JobStore & LimitStore & QueueStore, "waiting" | "list" | "shortages" | "queue">;
  clock: Clock;
  /** As in `SupervisorOptions`. */
  queues: readonly string[] | null;
  /** It does not wait for jobs whose time was set, only for retries. */
  leavesScheduled: boolean;
  say(text: string): void;
}

/** Whoever waits for less is told soon enough. */
const SHORT_MS = 5000;
/** Pending jobs that do not begin for so long are looked at. */
const STANDING_MS = 1000;
/** When what comes next is due so much earlier or later than was said, it is said again. */
const OTHER_MS = 1000;

export class Burst {
  readonly #options: BurstOptions;
  #saidDueAt: number | undefined;
  /** How many jobs are pending and do not begin, and since when: so many are, and nothing runs. */
  #stands = { pending: 0, sinceMs: 0, said: false };

  constructor(options: BurstOptions) {
    this.#options = options;
  }

  /** To be asked while it runs nothing, with whether any jobs wait. */
  async isOver(anyWait: boolean): Promise<boolean> {
    if (!anyWait) return true;
    const { store, queues, clock, leavesScheduled } = this.#options;
    const now = clock.now();
    const states = leavesScheduled ? ["failed"] as const : ["scheduled", "failed"] as const;
    const { pending, later, nextDueAt } = await store.waiting({ queues, states, now });
    const isDue = nextDueAt !== null && nextDueAt <= now;
    const stands = this.#stands.pending === pending ? clock.monotonicMs() - this.#stands.sinceMs : 0;
    const inVain = pending > 0 && !isDue && stands >= STANDING_MS
      ? await waitedForInVain(store, queues, now)
      : undefined;
    if (!inVain && (pending > 0 || isDue)) {
      this.#sayStands(pending);
      return false;
    }
    if (later > 0) {
      this.#sayWaits(later, nextDueAt, now);
      return false;
    }
    if (inVain) this.#sayInVain(pending, inVain);
    await this.#sayLeft(now);
    return true;
  }

  #sayInVain(pending: number, what: readonly string[]): void {
    const jobs = pending === 1 ? "1 pending job" : `${pending} pending jobs`;
    const named = what.length <= 3 ? what.join(", ") : `${what.slice(0, 3).join(", ")} and more`;
    this.#options.say(`not waiting: ${jobs} for which nobody has ${named}; queuectl show says why`);
  }

  #sayWaits(jobs: number, dueAt: number | null, now: number): void {
    if (dueAt === null || dueAt - now < SHORT_MS) return;
    if (this.#saidDueAt !== undefined && Math.abs(this.#saidDueAt - dueAt) < OTHER_MS) return;
    this.#saidDueAt = dueAt;
    this.#options.say(`waiting: ${sayDue(jobs, dueAt - now)}`);
  }

  /** Limits, or what this host does not have, may keep jobs waiting for long: who called for a burst is told of it once. */
  #sayStands(pending: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { said } = this.#stands;
    if (this.#stands.pending !== pending) this.#stands = { pending, sinceMs: nowMs, said };
    if (said || nowMs - this.#stands.sinceMs < SHORT_MS) return;
    this.#stands.said = true;
    const jobs = pending === 1 ? "1 pending job that cannot" : `${pending} pending jobs that cannot`;
    this.#options.say(`waiting: ${jobs} begin here now; queuectl show says why`);
  }

  async #sayLeft(now: number): Promise<void> {
    const { store, queues, say } = this.#options;
    const { later, nextDueAt } = await store.waiting({ queues, states: ["scheduled"], now });
    if (later > 0) say(`not waiting: ${sayDue(later, nextDueAt && nextDueAt - now)}`);
  }
}

function sayDue(jobs: number, ms: number | null): string {
  const time = ms === null ? undefined : formatDuration(Math.max(1000, Math.round(ms / 1000) * 1000));
  if (jobs === 1) return time === undefined ? "1 job is due later" : `1 job is due in ${time}`;
  return `${jobs} jobs are due later${time === undefined ? "" : `, the first in ${time}`}`;
}
