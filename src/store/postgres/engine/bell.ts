/**
 * @module
 * Calling those who wait for changes. It is done after the commit, in a transaction of its own that is not flushed:
 * within the one that changes something, all commits would wait for each other. Ringing and listening may fail without
 * harm, since listeners also look for themselves now and then.
 */
import { systemClock } from "../../../system/clock.ts";
import type { Database } from "./database.ts";
import type { Connection } from "./driver.ts";

/** The shortest time between two rings of `ringSoon`. */
const PAUSE_MS = 20;
/** Of a slow server's time, ringing takes no more than this part. */
const PART = 0.1;
/** The longest time between two rings of `ringSoon`. */
const LONGEST_PAUSE_MS = 200;
/** How long nobody waits for a ring any more. */
const LIMIT_MS = 5000;
/** Between two tries to listen. */
const RETRY_MS = 1000;

/** Nobody waits until the disk has it. */
const RING = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')";

export class Bell {
  readonly #db: Database;
  #nextRingMs = -Infinity;
  /** Ends the wait for the ring that was put off; undefined when none was. */
  #putOff: AbortController | undefined;
  #closed = false;

  constructor(db: Database) {
    this.#db = db;
  }

  /** One for each schema. */
  get #channel(): string {
    return `queuectl:${this.#db.address.schema}`;
  }

  /** Rings, and resolves when that was heard. */
  async ring(): Promise<void> {
    const start = systemClock.monotonicMs();
    this.#nextRingMs = start + LONGEST_PAUSE_MS;
    await this.#db.tryWrite([{ sql: RING, values: [this.#channel], kept: true }], { limitMs: LIMIT_MS })
      .catch(() => {});
    const tookMs = systemClock.monotonicMs() - start;
    this.#nextRingMs = start + Math.min(Math.max(PAUSE_MS, tookMs / PART), LONGEST_PAUSE_MS);
  }

  /** Rings at once, or, when it has just rung, a moment later: a busy worker must not keep everybody awake. */
  ringSoon(): void {
    if (this.#putOff || this.#closed) return;
    const waitMs = this.#nextRingMs - systemClock.monotonicMs();
    if (waitMs <= 0) return void this.ring();
    this.#putOff = new AbortController();
    systemClock.sleep(waitMs, this.#putOff.signal).then(() => {
      this.#putOff = undefined;
      if (!this.#closed) this.ring();
    });
  }

  /** Calls `onRing` after every ring, of whatever process, until it is disposed of; and whenever it may have missed one. */
  listen(onRing: () => void): Disposable {
    const over = new AbortController();
    let connection: Connection | undefined;
    const hear = async () => {
      const lost = new AbortController();
      connection = await this.#db.connect({
        onNotice: onRing,
        onLost: () => lost.abort(),
        signal: over.signal,
      });
      if (over.signal.aborted) return connection.close();
      await connection.query({ sql: `LISTEN "${this.#channel}"` }, LIMIT_MS);
      onRing();
      await new Promise<void>((resolve) => {
        if (lost.signal.aborted || over.signal.aborted) return resolve();
        for (const { signal } of [lost, over]) {
          signal.addEventListener("abort", () => resolve(), { once: true });
        }
      });
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

  /** Waits no longer with a ring that was put off. */
  close(): void {
    this.#closed = true;
    this.#putOff?.abort();
  }
}
