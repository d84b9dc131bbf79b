/**
 * @module
 * Watching processes that somebody else started. They are nobody's children here, so there is no call that waits for
 * them: their end shows in the spool, or, when they were killed together with those who would have noted it, by their
 * not being there any more. Invariant: a process is not declared gone before it was looked for, and its spool after
 * that.
 */
import { systemClock } from "../../system/clock.ts";
import { thisPlatform } from "../process/this_platform.ts";
import type { Found } from "../process/platform.ts";
import { splitSpool, type SpooledEnd, spooledEnd, spooledEnds } from "../spool/spool.ts";

/** How often the spool is looked at. */
const SPOOL_INTERVAL_MS = 50;
/** How often processes are looked for, which starts a shell. */
const PROCESS_INTERVAL_MS = 500;

export interface Watched {
  /** Resolves with the process once it was seen, or with undefined when it has ended before. */
  found: Promise<Found | undefined>;
  /** Resolves with its end, or with undefined when it is gone and left none. */
  ended: Promise<SpooledEnd | undefined>;
}

interface Watch {
  spool: string;
  mark: string;
  found: PromiseWithResolvers<Found | undefined>;
  ended: PromiseWithResolvers<SpooledEnd | undefined>;
}

/** Watches any number of processes together. */
export class Lookout {
  readonly #watches = new Map<string, Watch>();
  #looking = false;
  /** Some have not been looked for yet. */
  #anyNew = false;

  /** Begins to watch the first process of the run with this spool, which is looked for by a mark (see `Platform`). */
  watch(spool: string, { mark, byToken }: { mark: string; byToken: boolean }): Watched {
    const watch: Watch = { spool, mark, found: Promise.withResolvers(), ended: Promise.withResolvers() };
    this.#watches.set(splitSpool(spool).token, watch);
    this.#anyNew = true;
    if (!this.#looking) this.#look(byToken);
    return { found: watch.found.promise, ended: watch.ended.promise };
  }

  async #look(byToken: boolean): Promise<void> {
    this.#looking = true;
    let nextMs = 0;
    await Promise.resolve(); // those that are added together are looked for together
    while (this.#watches.size > 0) {
      try {
        this.#lookAtSpools();
        if (this.#watches.size > 0 && (this.#anyNew || systemClock.monotonicMs() >= nextMs)) {
          this.#anyNew = false;
          await this.#lookForProcesses(byToken);
          nextMs = systemClock.monotonicMs() + PROCESS_INTERVAL_MS;
        }
      } catch {
        // Too many processes or open files, for example. What was not seen is not gone: it is looked for again.
      }
      if (this.#watches.size > 0) await systemClock.sleep(SPOOL_INTERVAL_MS);
    }
    this.#looking = false;
  }

  #lookAtSpools(): void {
    const directories = new Set(
      Array.from(this.#watches.values(), ({ spool }) => splitSpool(spool).directory),
    );
    for (const directory of directories) {
      for (const token of spooledEnds(directory).keys()) this.#settle(token);
    }
  }

  async #lookForProcesses(byToken: boolean): Promise<void> {
    const watches = [...this.#watches];
    const found = await thisPlatform.findRuns(watches.map(([, { mark }]) => mark), byToken);
    if (!found) return;
    for (const [token, watch] of watches) {
      const one = found.get(watch.mark);
      if (one) watch.found.resolve(one);
      else this.#settle(token);
    }
  }

  /** The process has ended, one way or another. */
  #settle(token: string): void {
    const watch = this.#watches.get(token);
    if (!watch) return;
    const end = spooledEnd(watch.spool);
    this.#watches.delete(token);
    watch.found.resolve(undefined);
    watch.ended.resolve(end);
  }
}
