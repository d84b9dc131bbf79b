/**
 * @module
 * Keeping a supervisor's lease. Invariant: when it cannot be renewed although others may be able to use the store, the
 * supervisor's jobs are ended before the lease is, since after that others may run them again. With a store on a server
 * a timer sees to that, whatever becomes of the calls meanwhile.
 */
import { StoreBusy, StoreFull, type UserError } from "../../domain/errors.ts";
import type { Store } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { failureOf } from "./failure.ts";

/** What it takes to keep a lease. */
export interface LeaseOptions {
  id: string;
  store: Pick<Store, "renew" | "place">;
  clock: Clock;
  /** How long it lasts, and how long jobs are given to end. They may change. */
  settings(): { leaseMs: number; killGraceMs: number };
  /** Others have taken over: nothing is the supervisor's own any more. */
  onLost(): void;
  /** It could not be renewed for so long that jobs have to end now, within `graceMs`. */
  onCutOff(graceMs: number): void;
  /** It is renewed again after that: jobs may begin. */
  onRegained(): void;
  onFailure(error: UserError): void;
}

/** Between two tries to renew it after a failure. */
const RETRY_MS = 1000;
/** What ending jobs takes, besides the grace they are given. */
const MARGIN_MS = 2000;

export class Lease {
  readonly #options: LeaseOptions;
  /** When it was renewed last, as far as is known here, and for how long. */
  #renewed: { atMs: number; leaseMs: number };
  #renewableMs = 0;
  #cutOff = false;

  /** It was registered at this moment, for as long as the settings say. */
  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#renewed = { atMs: options.clock.monotonicMs(), leaseMs: options.settings().leaseMs };
  }

  /** The jobs had to be ended, or have to be, and since then it could not be renewed: nothing may be begun. */
  get cutOff(): boolean {
    return this.#cutOff || this.#onServer && this.#untilFenceMs() <= 0;
  }

  /**
   * For how long leases could be renewed, in ms from some beginning: of a time in which nobody could write to the store,
   * or in which this process stood still, perhaps with all others, nothing counts but what its next renewal shows. A
   * server has a clock of its own, and whoever cannot reach it ends its jobs, so there all time counts.
   */
  get renewableMs(): number {
    return this.#onServer ? this.#options.clock.monotonicMs() : this.#renewableMs;
  }

  /** Renews the lease again and again until the signal aborts or it is lost. */
  async keep(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const guarded = this.#onServer ? this.#guard(AbortSignal.any([signal, over.signal])) : undefined;
    await this.#renewAgainAndAgain(signal);
    over.abort();
    await guarded;
  }

  get #onServer(): boolean {
    return this.#options.store.place === "server";
  }

  async #renewAgainAndAgain(signal: AbortSignal): Promise<void> {
    let pauseMs = this.#options.settings().leaseMs / 3;
    while (true) {
      await this.#options.clock.sleep(pauseMs, signal);
      if (signal.aborted) return;
      const renewed = await this.#renew();
      if (renewed === false) return this.#options.onLost();
      const { leaseMs } = this.#options.settings();
      pauseMs = renewed ? leaseMs / 3 : Math.min(RETRY_MS, leaseMs / 6);
    }
  }

  /** Whether it was renewed; undefined when the store refused to work. */
  async #renew(): Promise<boolean | undefined> {
    const { id, store, clock, settings, onFailure } = this.#options;
    const { leaseMs } = settings();
    const atMs = clock.monotonicMs();
    try {
      const renewed = await store.renew(id, clock.now() + leaseMs);
      if (renewed) {
        this.#renewableMs += Math.min(atMs - this.#renewed.atMs, leaseMs / 2);
        this.#renewed = { atMs, leaseMs };
        const regained = this.#cutOff;
        this.#cutOff = false;
        if (regained) this.#options.onRegained();
      }
      return renewed;
    } catch (error) {
      onFailure(failureOf(error));
      const nobodyCanWrite = !this.#onServer && (error instanceof StoreFull || error instanceof StoreBusy);
      if (!nobodyCanWrite && this.#untilFenceMs() <= 0) this.#fence();
      return undefined;
    }
  }

  /** Ends the jobs in time also while a call has yet to come back. */
  async #guard(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const leftMs = this.#untilFenceMs();
      if (leftMs <= 0) this.#fence();
      // renewed meanwhile or not, what is left is looked at anew
      await clock.sleep(leftMs > 0 ? leftMs : RETRY_MS, signal);
    }
  }

  /** Until when its jobs are to be ended if it is not renewed, in ms from now. */
  #untilFenceMs(): number {
    const { atMs, leaseMs } = this.#renewed;
    const { killGraceMs } = this.#options.settings();
    return atMs + fenceAfterMs(leaseMs, killGraceMs) - this.#options.clock.monotonicMs();
  }

  #fence(): void {
    if (this.#cutOff) return;
    this.#cutOff = true;
    const { leaseMs } = this.#renewed;
    const { killGraceMs } = this.#options.settings();
    this.#options.onCutOff(Math.min(killGraceMs, (leaseMs - fenceAfterMs(leaseMs, killGraceMs)) / 2));
  }
}

/** How long after the last renewal jobs are ended. */
function fenceAfterMs(leaseMs: number, killGraceMs: number): number {
  return Math.max(leaseMs / 2, leaseMs - killGraceMs - MARGIN_MS);
}
