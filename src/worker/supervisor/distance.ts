/**
 * @module
 * How far away a store is, in time, and so how much goes there and back at once. Beside a store that only one can write
 * at a time, exchanges are small, so that others have their turn; one on a server takes many at once, and the farther it
 * is, the more work its supervisors need ahead. Pure.
 */
import type { Store } from "../../store/contract.ts";
import { AHEAD_MS } from "./pace.ts";

/** In one exchange: many, for one flush to disk, and few enough for others to have their turn soon. */
const MOST = 50;
/** With a store on a server, where others need not wait. */
const MOST_ON_SERVER = 250;
/** More ahead than this would keep jobs from supervisors that have nothing to do. */
const LONGEST_AHEAD_MS = 1000;
/** Weight of the latest exchange in the average. */
const WEIGHT = 0.2;

export class Distance {
  readonly #onServer: boolean;
  #averageMs = 0;

  constructor({ place }: Pick<Store, "place">) {
    this.#onServer = place === "server";
  }

  /** An exchange took so long. */
  took(ms: number): void {
    if (this.#onServer) this.#averageMs += (ms - this.#averageMs) * WEIGHT;
  }

  /** How much work, in time, a worker should have ahead: what it takes to get more, and once more as much. */
  get aheadMs(): number {
    return Math.min(LONGEST_AHEAD_MS, Math.max(AHEAD_MS, 2 * this.#averageMs));
  }

  /** How many jobs are claimed in one exchange, or ends of attempts settled, at most. */
  get most(): number {
    return this.#onServer ? MOST_ON_SERVER : MOST;
  }
}
