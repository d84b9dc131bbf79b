/**
 * @module
 * What is counted of new jobs. Pure.
 */
import { comparePlaces, type FirstState, type Place } from "./order.ts";

/** What is counted of a new job, or of several that are alike: their place is that of the first. */
export interface NewJobCounted extends Place {
  /** Where it goes. */
  queue: string;
  /** Its first state. */
  state: FirstState;
  /** It may not start. */
  held: boolean;
  /** How many there are; one unless given. */
  n?: number;
}

/** How many new jobs went into a queue. */
export interface AddedJobs {
  /** How many, and how many of them held, by state; only states with any. */
  counts: { state: FirstState; n: number; held: number }[];
  /** How many there are. */
  enqueued: number;
  /** The first of them that can be claimed; undefined when none can. */
  first: Place | undefined;
}

interface Counts {
  pending: { n: number; held: number };
  scheduled: { n: number; held: number };
  first: Place | undefined;
}

/** How many new jobs went into which queue and state, to be stored with them. */
export class NewJobTally {
  readonly #queues = new Map<string, Counts>();

  /** Counts one, or several. */
  add({ queue, state, held, priority, seq, n = 1 }: NewJobCounted): void {
    let counts = this.#queues.get(queue);
    if (!counts) {
      counts = { pending: { n: 0, held: 0 }, scheduled: { n: 0, held: 0 }, first: undefined };
      this.#queues.set(queue, counts);
    }
    counts[state].n += n;
    if (held) counts[state].held += n;
    else if (state === "pending") {
      const place = { priority, seq };
      if (!counts.first || comparePlaces(place, counts.first) < 0) counts.first = place;
    }
  }

  /** What came into each queue. */
  *queues(): Iterable<[queue: string, added: AddedJobs]> {
    for (const [queue, { pending, scheduled, first }] of this.#queues) {
      const all = [{ state: "pending", ...pending }, { state: "scheduled", ...scheduled }] as const;
      const counts = all.filter(({ n }) => n > 0);
      yield [queue, { counts, enqueued: pending.n + scheduled.n, first }];
    }
  }
}
