/**
 * @module
 * Keeping a supervisor's lease. Invariant: when it cannot be renewed although others may be able to use the store, the
 * supervisor's jobs are ended before the lease is, since after that others may run them again.
 */
import { StoreBusy, StoreFull, type UserError } from "../../domain/errors.ts";
import type { WorkerStore } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { failureOf } from "./failure.ts";

/** What it takes to keep a lease. */
export interface LeaseOptions {
  id: string;
  store: Pick<WorkerStore, "renew">;
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
  #renewedMs: number;
  #cutOff = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#renewedMs = options.clock.monotonicMs();
  }

  /** The jobs had to be ended, and since then it could not be renewed: nothing may be begun. */
  get cutOff(): boolean {
    return this.#cutOff;
  }

  /** Renews the lease again and again until the signal aborts or it is lost. */
  async keep(signal: AbortSignal): Promise<void> {
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
    const startMs = clock.monotonicMs();
    try {
      const renewed = await store.renew(id, clock.now() + settings().leaseMs);
      if (renewed) {
        this.#renewedMs = startMs;
        const regained = this.#cutOff;
        this.#cutOff = false;
        if (regained) this.#options.onRegained();
      }
      return renewed;
    } catch (error) {
      onFailure(failureOf(error));
      // Nobody else can write either, so nobody can take over.
      if (!(error instanceof StoreFull || error instanceof StoreBusy)) this.#fence();
      return undefined;
    }
  }

  #fence(): void {
    const { clock, settings, onCutOff } = this.#options;
    const { leaseMs, killGraceMs } = settings();
    const fenceAfterMs = Math.max(leaseMs / 2, leaseMs - killGraceMs - MARGIN_MS);
    if (this.#cutOff || clock.monotonicMs() - this.#renewedMs < fenceAfterMs) return;
    this.#cutOff = true;
    onCutOff(Math.min(killGraceMs, (leaseMs - fenceAfterMs) / 2));
  }
}
