/**
 * @module
 * The doorbell: a file that is touched after commits, and watched by whoever waits for them. Ringing and
 * listening may fail without harm, since listeners also look for themselves now and then.
 */
import { systemClock } from "../../clock.ts";

/** The shortest time between two rings of `ringSoon`. */
const PAUSE_MS = 20;

/** One process's handle on the doorbell. */
export class Doorbell {
  readonly #path: string;
  #lastRingMs = -Infinity;
  /** Ends the wait for the ring that was put off; undefined when none was. */
  #putOff: AbortController | undefined;

  /** The doorbell at `path`; the file is made when it is first used. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Rings at once. */
  ring(): void {
    this.#lastRingMs = systemClock.monotonicMs();
    const now = systemClock.now() / 1000;
    try {
      Deno.utimeSync(this.#path, now, now);
    } catch {
      this.#make();
    }
  }

  /** Rings at once, or, when it has just rung, a moment later: a busy worker must not keep everybody awake. */
  ringSoon(): void {
    if (this.#putOff) return;
    const waitMs = this.#lastRingMs + PAUSE_MS - systemClock.monotonicMs();
    if (waitMs <= 0) return this.ring();
    this.#putOff = new AbortController();
    systemClock.sleep(waitMs, this.#putOff.signal).then(() => {
      this.#putOff = undefined;
      this.ring();
    });
  }

  /** Calls `onRing` after every ring, of whatever process, until it is disposed of. */
  listen(onRing: () => void): Disposable {
    let watcher: Deno.FsWatcher | undefined;
    let disposed = false;
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
      while (!disposed) await hear();
    };
    // Where watching is not possible, listeners look for themselves.
    watch().catch(() => {});
    return {
      [Symbol.dispose]() {
        disposed = true;
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
      Deno.openSync(this.#path, { write: true, create: true, mode: 0o600 }).close();
    } catch {
      // a home that went away, or may not be written to: then nobody is called
    }
  }
}
