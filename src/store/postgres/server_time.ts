/**
 * @module
 * Leases by the server's clock. Hosts may be minutes apart, and one must not take another's lease for over that is not:
 * so what is stored is the server's time, and each process turns it into its own and back. Differences that are no more
 * than what it takes to ask are none.
 */
import type { Clock } from "../../system/clock.ts";
import { GONE } from "../rules/leases.ts";
import type { Database } from "./engine/database.ts";

/** The server's time, in ms since the epoch. */
const NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now";
/** Clocks that are set by the same source differ by less. */
const LEAST_MS = 1000;
/** How long what was found out holds; clocks drift slowly, and are set seldom. */
const HOLDS_MS = 20_000;

/** What turns the times of one process into the server's. */
export class ServerTime {
  readonly #db: Database;
  readonly #clock: Clock;
  #offsetMs = 0;
  #askedMs = -Infinity;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** How far the server's clock is ahead of ours, in ms. */
  async offset(): Promise<number> {
    const start = this.#clock.monotonicMs();
    if (start - this.#askedMs < HOLDS_MS) return this.#offsetMs;
    const { now } = (await this.#db.get<{ now: number }>(NOW))!;
    this.#askedMs = this.#clock.monotonicMs();
    const tookMs = this.#askedMs - start;
    const offset = Math.round(now - (this.#clock.now() - tookMs / 2));
    this.#offsetMs = Math.abs(offset) < Math.max(LEAST_MS, tookMs) ? 0 : offset;
    return this.#offsetMs;
  }

  /** The end of a lease by the server's clock. */
  async theirs(leaseUntil: number): Promise<number> {
    return leaseUntil + await this.offset();
  }

  /** The same things, with the ends of their leases by our clock. What says that a lease is over is no time. */
  async ours<T extends { leaseUntil: number }>(leased: readonly T[]): Promise<T[]> {
    const offset = await this.offset();
    return leased.map((one) =>
      one.leaseUntil <= GONE ? one : { ...one, leaseUntil: one.leaseUntil - offset }
    );
  }
}
