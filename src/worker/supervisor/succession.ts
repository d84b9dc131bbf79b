/**
 * @module
 * Who is heir to what: a supervisor takes over from those that are gone, and finds new workers for attempts that
 * nobody watches any more, its own crashed threads' included. It knows in whose spool each of them is.
 */
import type { ClaimedJob, Store } from "../../store/contract.ts";
import type { Home } from "../../system/home.ts";
import type { Host } from "../process/platform.ts";
import { attemptSpool, sweepSpools } from "../spool/spools.ts";
import type { Journal } from "./journal.ts";
import { Orphans, type Sorted } from "./orphans.ts";
import { type Gone, Peers } from "./peers.ts";

/** What it takes to take over. */
export interface SuccessionOptions {
  id: string;
  /** Where it and the others are registered. */
  store: Store;
  home: Home;
  host: Host;
  /** For how long leases could be renewed, in ms from some beginning. */
  renewableMs(): number;
  /** Told from whom it takes over. */
  journal: Journal;
  /** As many of its workers as are asked for, or none when there are none left. */
  workers(count: number): string[];
}

/** A job whose thread has crashed this often is taken for the reason. */
const MOST_CRASHES = 3;
/**
 * Looking for spools that nobody needs reads them all: it is done when one may have become such, and else only every so
 * many times that the others are looked at.
 */
const SWEEP_EVERY = 10;

export class Succession {
  readonly #options: SuccessionOptions;
  readonly #peers: Peers;
  readonly #orphans: Orphans;
  /** Who started the attempts that others had started: by token, the supervisor. */
  readonly #starters = new Map<string, string>();
  /** How often the thread of an attempt has crashed, by job and number: one that is undone and made again counts on. */
  readonly #crashes = new Map<string, number>();
  /** How many times to look at the others until spools are looked at, too. */
  #sweepAfter = 0;

  /** Nothing is taken over yet. */
  constructor(options: SuccessionOptions) {
    const { id, store, home, host, renewableMs, workers } = options;
    this.#options = options;
    this.#peers = new Peers({ id, store, spools: home.spool, host, renewableMs });
    this.#orphans = new Orphans({
      id,
      store,
      spoolOf: ({ job, startedBy }) => attemptSpool(home, startedBy, job.token),
      workers,
    });
  }

  /** How many attempts wait for somebody to watch them. */
  get waiting(): number {
    return this.#orphans.size;
  }

  /** Takes over from those who are gone, and clears up after them. */
  async takeOver(leaseMs: number): Promise<void> {
    // Whom those were to watch has nobody else now.
    while (await this.#takeOverFrom(await this.#peers.gone(leaseMs)));
    if (this.#sweepAfter > 0) return void (this.#sweepAfter -= 1);
    this.#sweepAfter = SWEEP_EVERY;
    await sweepSpools(this.#options.home, this.#options.store);
  }

  /** Returns whether there is now one of them less. */
  async #takeOverFrom(gone: readonly Gone[]): Promise<boolean> {
    const { id, store, journal } = this.#options;
    let some = false;
    for (const one of gone) {
      const { peer } = one;
      const tokens = await store.takeOver(peer.id, id, peer.leaseUntil);
      if (!tokens) continue;
      some = true;
      this.#sweepAfter = 0;
      if (tokens.length === 0) continue;
      this.#orphans.add(tokens, { outOfSight: whyOutOfSight(one) });
      journal.note(
        `taking over from ${peer.id}, which ${peer.leaseUntil === 0 ? "has left" : "is gone"}`,
        null,
      );
    }
    return some;
  }

  /** Takes note of jobs that their worker left running. */
  left(jobs: readonly ClaimedJob[]): void {
    this.#orphans.add(jobs.map(({ token }) => token), { outOfSight: null });
  }

  /** Takes note of jobs whose thread crashed, except for those that are suspect of being the reason: it returns them. */
  crashed(jobs: readonly ClaimedJob[]): ClaimedJob[] {
    const { suspects = [], others = [] } = Object.groupBy(jobs, (job) => {
      const key = crashKey(job);
      const crashes = (this.#crashes.get(key) ?? 0) + 1;
      this.#crashes.set(key, crashes);
      return crashes >= MOST_CRASHES ? "suspects" : "others";
    });
    this.#orphans.add(others.map(({ token }) => token), { outOfSight: null });
    return suspects;
  }

  /** Finds a worker for some attempts that have begun. To be called when all their output so far is stored. */
  async sort(): Promise<Sorted> {
    const sorted = await this.#orphans.sort();
    const { id, journal } = this.#options;
    for (const { attempt: { job, startedBy }, worker } of sorted.adoptions) {
      if (startedBy !== id) this.#starters.set(job.token, startedBy);
      if (worker !== job.worker) journal.adopted({ ...job, worker }, job.worker);
    }
    return sorted;
  }

  /** The path that the names of an attempt's spool files begin with. */
  spoolOf(token: string): string {
    const { home, id } = this.#options;
    return attemptSpool(home, this.#starters.get(token) ?? id, token);
  }

  /** Forgets an attempt that has been settled; of one that was undone, the crashes are remembered. */
  forget(job: ClaimedJob, { undone }: { undone: boolean }): void {
    if (this.#starters.delete(job.token)) this.#sweepAfter = 0;
    if (!undone) this.#crashes.delete(crashKey(job));
  }
}

function crashKey({ id, lastAttempt }: ClaimedJob): string {
  return `${id}/${lastAttempt}`;
}

function whyOutOfSight({ where, peer: { host } }: Gone): string | null {
  switch (where) {
    case "here":
      return null;
    case "rebooted":
      return `lost: ${host} was started again while it ran`;
    case "elsewhere":
      return `lost: its worker on ${host} is gone`;
  }
}
