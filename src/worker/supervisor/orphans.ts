/**
 * @module
 * Running attempts that are a supervisor's own and that nobody watches: it took them over from one that is gone, or
 * one of its threads crashed. Those that have not begun are kept from it and given back, the others are adopted.
 */
import type { RunningAttempt, Store } from "../../store/contract.ts";
import { bar } from "../spool/spool.ts";

/** What is known of an orphan besides what the store says. */
export interface Orphanage {
  /** Its processes cannot be seen from here: if it left no end, it is lost, for this reason. Null when they can. */
  outOfSight: string | null;
}

/** An orphan that has begun, and its new worker. */
export interface Adoption extends Orphanage {
  /** With the worker that it had. */
  attempt: RunningAttempt;
  /** The worker that watches it from now on. */
  worker: string;
}

export interface Sorted {
  /** They are given to these workers, in the store as well. */
  adoptions: Adoption[];
  /** They have not begun and never will. */
  barred: RunningAttempt[];
  /** They have begun, and no worker is left here to watch them. */
  left: RunningAttempt[];
}

/** What it takes to sort orphans. */
export interface OrphansOptions {
  /** The supervisor whose own they are. */
  id: string;
  store: Store;
  /** The path of an attempt's spool. */
  spoolOf(attempt: RunningAttempt): string;
  /** As many workers as are asked for, or none when there are none left. */
  workers(count: number): string[];
}

/** Orphans sorted in one go: each takes a file and two changed rows, and others have their turn in between. */
const MOST_SORTED = 12;

export class Orphans {
  readonly #options: OrphansOptions;
  readonly #waiting = new Map<string, Orphanage>();
  /** Tokens of those that were barred while the store could not be told. */
  readonly #barred = new Set<string>();

  constructor(options: OrphansOptions) {
    this.#options = options;
  }

  /** How many wait to be sorted. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Takes note of orphans by their tokens. */
  add(tokens: readonly string[], orphanage: Orphanage): void {
    for (const token of tokens) this.#waiting.set(token, orphanage);
  }

  /** Bars or adopts some of them. When the store fails, they are sorted at the next call. */
  async sort(): Promise<Sorted> {
    const { id, store, workers } = this.#options;
    const waiting = new Map(this.#waiting.entries().take(MOST_SORTED));
    const running = await store.running(id, [...waiting.keys()]);
    const barred = running.filter((attempt) => this.#bar(attempt));
    const begun = running.filter((attempt) => !barred.includes(attempt));
    const given = workers(begun.length);
    const adoptions = begun.flatMap((attempt, i) =>
      given[i] === undefined ? [] : [{ ...waiting.get(attempt.job.token)!, attempt, worker: given[i] }]
    );
    await store.adopt(id, adoptions.map(({ attempt, worker }) => ({ token: attempt.job.token, worker })));
    for (const token of waiting.keys()) {
      this.#waiting.delete(token);
      this.#barred.delete(token);
    }
    return { adoptions, barred, left: begun.slice(given.length) };
  }

  #bar(attempt: RunningAttempt): boolean {
    const { token } = attempt.job;
    if (this.#barred.has(token)) return true;
    // Of one that runs elsewhere, nobody here knows whether it has begun.
    if (this.#waiting.get(token)?.outOfSight !== null || !bar(this.#options.spoolOf(attempt))) return false;
    this.#barred.add(token);
    return true;
  }
}
