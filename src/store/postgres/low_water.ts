/**
 * @module
 * Where a supervisor goes on claiming that takes very many jobs one after the other: after the last one that it took.
 * While some transaction goes on reading, the server keeps whatever was taken, and would read all of it at each look.
 * Invariant: who finds less there than it wants, and who has not done so for a while, looks from the start, so that
 * what has become more urgent waits for no longer than that.
 */
import { systemClock } from "../../system/clock.ts";
import type { Exchange } from "../contract.ts";

/** So many jobs have to be taken without a break before it is worthwhile. */
const STREAK = 500;
/** Looking from the start is repeated after this long, in ms, */
const AGAIN_MS = 250;
/** or, where it takes long itself, after so many times what it takes, */
const TIMES = 10;
/** but never later than this, in ms. */
const LATEST_MS = 2000;

/** A place among the jobs that can be claimed. */
export interface Place {
  priority: number;
  seq: number;
}

/** From where to claim. */
export interface From {
  after: Place;
  /** The queues that have jobs, where they are known. */
  lanes: readonly string[] | null;
}

/** What a look found. */
interface Found {
  claimed: readonly Place[];
  lanes?: readonly string[];
  tookMs: number;
}

/** The low-water mark of one supervisor. */
export class LowWater {
  #queues = "";
  #streak = 0;
  #last: Place | undefined;
  #lanes: readonly string[] | null = null;
  #againAt = -Infinity;

  /** From where to claim now; undefined is from the start. */
  from({ queues, settlements }: Exchange): From | undefined {
    const usable = this.#streak >= STREAK && settlements.length > 0 &&
      JSON.stringify(queues) === this.#queues;
    if (!usable || systemClock.monotonicMs() >= this.#againAt) return undefined;
    return { after: this.#last!, lanes: this.#lanes };
  }

  /** Notes what a look found from there. Returns whether there may be more. */
  found({ free, queues }: Exchange, from: From | undefined, { claimed, lanes, tookMs }: Found): boolean {
    if (claimed.length < free.length || claimed.length === 0) {
      this.#streak = 0;
      return from !== undefined;
    }
    const key = JSON.stringify(queues);
    this.#streak = claimed.length + (key === this.#queues ? this.#streak : 0);
    this.#queues = key;
    this.#last = claimed.at(-1);
    if (from === undefined) {
      const againMs = Math.min(Math.max(AGAIN_MS, TIMES * tookMs), LATEST_MS);
      this.#againAt = systemClock.monotonicMs() + againMs;
    }
    this.#lanes = from === undefined ? null : lanes ?? null;
    return false;
  }
}
