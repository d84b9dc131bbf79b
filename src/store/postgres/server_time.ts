/**
 * @module
 * The server's clock, which everything goes by that several hosts must agree on: leases, and when jobs are due. Hosts may
 * be minutes apart; so what is stored is the server's time, and each process turns its own into it and back. Invariant: a
 * clock of ours that is set is noticed at the next call. Differences that are no more than what it takes to ask are none.
 */
import type { Clock } from "../../system/clock.ts";
import { GONE } from "../rules/leases.ts";
import type { Database } from "./engine/database.ts";

/** The server's time in SQL, in ms since the epoch. */
export const SERVER_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
const NOW = `SELECT ${SERVER_NOW} AS now`;
/** Clocks that are set by the same source differ by less. */
const LEAST_MS = 1000;
/** How long what was found out holds; clocks drift slowly, and each renewal of a lease finds it out anew. */
const HOLDS_MS = 60_000;

/** What was found out. */
interface Known {
  /** By the monotonic clock. */
  atMs: number;
  /** How far our clock was ahead of the monotonic one. It changes when it is set, or when the machine has slept. */
  aheadMs: number;
  offsetMs: number;
}

/** What turns the times of one process into the server's. */
export class ServerTime {
  readonly #db: Database;
  readonly #clock: Clock;
  #known: Known | undefined;

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** How far the server's clock is ahead of ours, in ms. */
  async offset(): Promise<number> {
    const start = this.#clock.monotonicMs();
    if (this.#known && start - this.#known.atMs < HOLDS_MS && !this.#wasSet(this.#known)) {
      return this.#known.offsetMs;
    }
    const { now } = (await this.#db.get<{ now: number }>(NOW))!;
    return this.learn(now, this.#clock.monotonicMs() - start);
  }

  /** The server's clock said so just now, to a question that took some time. Returns the offset. */
  learn(serverNow: number, tookMs: number): number {
    const atMs = this.#clock.monotonicMs();
    const now = this.#clock.now();
    const offset = Math.round(serverNow - (now - tookMs / 2));
    const offsetMs = Math.abs(offset) < Math.max(LEAST_MS, tookMs) ? 0 : offset;
    this.#known = { atMs, aheadMs: now - atMs, offsetMs };
    return offsetMs;
  }

  #wasSet({ aheadMs }: Known): boolean {
    return Math.abs(this.#clock.now() - this.#clock.monotonicMs() - aheadMs) >= LEAST_MS;
  }

  /** A moment by the server's clock. */
  async theirs(moment: number): Promise<number> {
    return moment + await this.offset();
  }

  /** The same things, with the ends of their leases by our clock. What says that a lease is over is no time. */
  async ours<T extends { leaseUntil: number }>(leased: readonly T[]): Promise<T[]> {
    const offset = await this.offset();
    return leased.map((one) =>
      one.leaseUntil <= GONE ? one : { ...one, leaseUntil: one.leaseUntil - offset }
    );
  }
}
