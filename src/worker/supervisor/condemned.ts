/**
 * @module
 * Jobs that crash the threads that watch them: their processes are ended, and they are lost. Invariant: what has not
 * begun when its processes are looked for never begins.
 */
import type { ClaimedJob } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { endTree, saySurvivors } from "../process/end_tree.ts";
import type { Host } from "../process/platform.ts";
import { bar } from "../spool/spool.ts";

export interface CondemnedOptions {
  host: Pick<Host, "byToken">;
  clock: Clock;
  /** Between SIGTERM and SIGKILL, in ms. */
  graceMs(): number;
  /** The path that the names of an attempt's spool files begin with. */
  spoolOf(token: string): string;
  /** The processes of an attempt have ended. With `barred`, a file keeps it from beginning. */
  onEnded(job: ClaimedJob, end: { error: string; barred: boolean }): void;
}

export class Condemned {
  readonly #options: CondemnedOptions;
  #ending = 0;

  constructor(options: CondemnedOptions) {
    this.#options = options;
  }

  /** How many are being ended. */
  get size(): number {
    return this.#ending;
  }

  /** Ends jobs whose threads crash again and again, with `message`. */
  async end(jobs: readonly ClaimedJob[], message: string): Promise<void> {
    this.#ending += jobs.length;
    await Promise.all(jobs.map((job) => this.#endOne(job, message)));
  }

  async #endOne(job: ClaimedJob, message: string): Promise<void> {
    const { host: { byToken }, clock, graceMs, spoolOf, onEnded } = this.#options;
    const spool = spoolOf(job.token);
    // What is not there yet when it is looked for must not come after that.
    const barred = tryToBar(spool);
    const tree = () => ({ token: job.token, spool, root: null });
    const survivors = saySurvivors(await endTree(tree, { graceMs: graceMs(), byToken, clock }));
    this.#ending -= 1;
    onEnded(job, {
      error: `lost: its worker's thread crashed again and again: ${message}${survivors}`,
      barred,
    });
  }
}

/** Keeps an attempt from beginning, if it has not; false where that cannot be done. */
function tryToBar(spool: string): boolean {
  try {
    return bar(spool);
  } catch {
    return false; // the disk is full, or too many files are open: then it cannot begin either
  }
}
