/**
 * @module
 * The doorbell: a file that is touched after commits, and watched by whoever waits for them. Ringing and
 * listening may fail without harm, since listeners also look for themselves now and then.
 */
import { type Clock, systemClock } from "../../../system/clock.ts";
import type { Home } from "../../../system/home.ts";

/** The shortest time between two rings of `ringSoon`. */
const PAUSE_MS = 20;
/** When the doorbell is deleted, the whole home may be about to be: it is not made again before that is done. */
const DELETION_MS = 200;

/** One process's handle on the doorbell. */
export class Doorbell {
  readonly #path: string;
  readonly #database: string;
  readonly #clock: Clock;
  #lastRingMs = -Infinity;
  /** Ends the wait for the ring that was put off; undefined when none was. */
  #putOff: AbortController | undefined;

  /** The doorbell of a home; the file is made when it is first used, as long as there is a database. */
  constructor({ doorbell, database }: Home, clock: Clock = systemClock) {
    this.#path = doorbell;
    this.#database = database;
    this.#clock = clock;
  }

  /** Rings at once. */
  ring(): void {
    this.#lastRingMs = this.#clock.monotonicMs();
    const now = this.#clock.now() / 1000;
    try {
      Deno.utimeSync(this.#path, now, now);
    } catch {
      this.#make();
    }
  }

  /** Rings at once, or, when it has just rung, a moment later: a busy worker must not keep everybody awake. */
  ringSoon(): void {
    if (this.#putOff) return;
    const waitMs = this.#lastRingMs + PAUSE_MS - this.#clock.monotonicMs();
    if (waitMs <= 0) return this.ring();
    this.#putOff = new AbortController();
    this.#clock.sleep(waitMs, this.#putOff.signal).then(() => {
      this.#putOff = undefined;
      this.ring();
    });
  }

  /** Calls `onRing` after every ring, of whatever process, until it is disposed of. */
  listen(onRing: () => void): Disposable {
    let watcher: Deno.FsWatcher | undefined;
    const disposed = new AbortController();
    /** Hears until the file itself is gone. */
    const hear = async () => {
      this.#make();
      watcher = Deno.watchFs(this.#path);
      for await (const { kind } of watcher) {
        if (kind !== "access") onRing();
        if (kind === "remove") break;
      }
      watcher = undefined;
    };
    const watch = async () => {
      while (true) {
        await hear();
        await this.#clock.sleep(DELETION_MS, disposed.signal);
        if (disposed.signal.aborted) return;
      }
    };
    // Where watching is not possible, listeners look for themselves.
    watch().catch(() => {});
    return {
      [Symbol.dispose]() {
        disposed.abort();
        watcher?.close();
      },
    };
  }

  /** Waits no longer with a ring that was put off. */
  close(): void {
    this.#putOff?.abort();
  }

  #make(): void {
    try {
      Deno.statSync(this.#database);
      Deno.openSync(this.#path, { write: true, create: true, mode: 0o600 }).close();
    } catch {
      // a home that went away, or may not be written to: then nobody is called
    }
  }
}
