/**
 * @module
 * What follows once settlements are stored: the journal has them, and the files of their attempts go. Invariant: nothing is
 * touched of an attempt whose settlement was refused.
 */
import type { EndsFiles } from "../spool/ends_files.ts";
import { removeSaid } from "../spool/said_files.ts";
import { removeSpool, SpoolListing } from "../spool/spool.ts";
import { failureOf } from "./failure.ts";
import type { Journal } from "./journal.ts";
import type { Leftovers } from "./leftovers.ts";
import type { Stored } from "./outbox.ts";
import type { Succession } from "./succession.ts";

export interface AfterSettlingOptions {
  journal: Journal;
  succession: Succession;
  ends: EndsFiles;
  leftovers: Leftovers;
}

/** Clears up after the attempts of one supervisor. */
export class AfterSettling {
  readonly #options: AfterSettlingOptions;

  constructor(options: AfterSettlingOptions) {
    this.#options = options;
  }

  /** Never throws: what cannot be cleared up is said, and the others are. */
  clearUp(stored: readonly Stored[]): void {
    const listing = new SpoolListing();
    for (const one of stored) {
      try {
        this.#clearUpOne(one, listing);
      } catch (error) {
        const { id, worker } = one.job;
        this.#options.journal.note(`after ${id}: ${failureOf(error).message}`, worker);
      }
    }
  }

  #clearUpOne(
    { job, settlement, witnessed, trimmed, spoke, barred, refused }: Stored,
    listing: SpoolListing,
  ): void {
    const { journal, succession, ends, leftovers } = this.#options;
    if (refused) {
      // Whoever has it now needs its spool, and the file that its end may be noted in.
      journal.note(`result of ${job.id} refused: the job is no longer ours`, job.worker);
      return;
    }
    const spool = succession.spoolOf(job.token);
    journal.settled(job, settlement);
    succession.forget(job, { undone: settlement.outcome === "unstarted" });
    ends.settled(job.token);
    if (barred) return;
    const end = witnessed ? settlement : undefined;
    removeSpool(spool, { end, trimmed, input: job.stdinSize !== null }, listing);
    if (spoke || trimmed) removeSaid(spool);
    leftovers.ended(job);
  }
}
