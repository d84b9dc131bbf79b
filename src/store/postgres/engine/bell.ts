/**
 * @module
 * Calling those who wait for changes, by kinds of changes: who waits for work need not hear of every result. It is done
 * after the commit, in a transaction of its own that is not flushed: within the one that changes something, all commits
 * would wait for each other. Ringing and listening may fail without harm, since listeners also look for themselves now
 * and then.
 */
import { systemClock } from "../../../system/clock.ts";
import type { Database } from "./database.ts";
import type { Connection, Statement } from "./driver.ts";

/** What may be rung for. */
export type Kind = "work" | "orders" | "results";
/** All there is. */
export const ALL_KINDS: readonly Kind[] = ["work", "orders", "results"];

/** The shortest time between two rings of `ringSoon`. */
const PAUSE_MS = 20;
/** Of a slow server's time, ringing takes no more than this part. */
const PART = 0.1;
/** The longest time between two rings of `ringSoon`. */
const LONGEST_PAUSE_MS = 200;
/** How long nobody waits for a ring any more. */
const LIMIT_MS = 5000;
/** Between two looks whether the server still answers: one that has gone without a word is not heard of by listening. */
const PULSE_MS = 15_000;
const PULSE: Statement = { sql: "SELECT" };
/** Between two tries to listen. */
const RETRY_MS = 1000;
/** The server takes no longer name of a channel. Who shares one is called without a change. */
const LONGEST_NAME = 63;

/** Nobody waits until the disk has it. */
const RING = `
  SELECT set_config('synchronous_commit', 'off', true), pg_notify(channel, '') FROM unnest($1::text[]) AS c (channel)`;

export class Bell {
  readonly #db: Database;
  /** Before that, `ringSoon` puts off. */
  #nextRingMs = -Infinity;
  /** What is rung for when the wait is over. */
  readonly #putOff = new Set<Kind>();
  #waits = false;
  /** Aborted once it is closed. */
  readonly #over = new AbortController();

  constructor(db: Database) {
    this.#db = db;
  }

  /** One for each kind and schema. */
  #channel(kind: Kind): string {
    return `queuectl:${kind}:${this.#db.address.schema}`.slice(0, LONGEST_NAME);
  }

  /** Rings, and resolves when that was heard. */
  async ring(kinds: readonly Kind[]): Promise<void> {
    const start = systemClock.monotonicMs();
    this.#nextRingMs = start + PAUSE_MS;
    const channels = kinds.map((kind) => this.#channel(kind));
    await this.#db.tryWrite([{ sql: RING, values: [channels], kept: true }], { limitMs: LIMIT_MS })
      .catch(() => {});
    const tookMs = systemClock.monotonicMs() - start;
    this.#nextRingMs = start + Math.min(Math.max(PAUSE_MS, tookMs / PART), LONGEST_PAUSE_MS);
  }

  /** Rings at once, or, when it has just rung, a moment later: a busy worker must not keep everybody awake. */
  ringSoon(kinds: readonly Kind[]): void {
    for (const kind of kinds) this.#putOff.add(kind);
    if (!this.#waits) this.#ringWhenDue();
  }

  async #ringWhenDue(): Promise<void> {
    this.#waits = true;
    while (!this.#over.signal.aborted) {
      const waitMs = this.#nextRingMs - systemClock.monotonicMs();
      if (waitMs <= 0) break;
      await systemClock.sleep(waitMs, this.#over.signal);
    }
    this.#waits = false;
    const all = [...this.#putOff];
    this.#putOff.clear();
    if (!this.#over.signal.aborted) this.ring(all);
  }

  /** Calls `onRing` after every ring of a kind, of whatever process, until it is disposed of; and whenever it may have missed one. */
  listen(onRing: (kinds: readonly Kind[]) => void, kinds: readonly Kind[] = ALL_KINDS): Disposable {
    const over = new AbortController();
    const byChannel = Map.groupBy(kinds, (kind) => this.#channel(kind));
    let connection: Connection | undefined;
    const hear = async () => {
      const lost = new AbortController();
      connection = await this.#db.connect({
        onNotice: (channel) => onRing(byChannel.get(channel) ?? []),
        onLost: () => lost.abort(),
        signal: over.signal,
      });
      if (over.signal.aborted) return connection.close();
      const listens = byChannel.keys().map((channel) => ({ sql: `LISTEN "${channel}"` }));
      await connection.queries([...listens], LIMIT_MS);
      onRing(kinds);
      const ended = AbortSignal.any([lost.signal, over.signal]);
      while (!ended.aborted) {
        await systemClock.sleep(PULSE_MS, ended);
        if (!ended.aborted) await connection.query(PULSE, LIMIT_MS);
      }
    };
    const listen = async () => {
      while (!over.signal.aborted) {
        await hear().catch(() => {});
        connection?.close();
        await systemClock.sleep(RETRY_MS, over.signal);
      }
    };
    listen();
    return {
      [Symbol.dispose]() {
        over.abort();
        connection?.close();
      },
    };
  }

  /** Waits no longer with rings that were put off. */
  close(): void {
    this.#over.abort();
  }
}
