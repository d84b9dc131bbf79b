/**
 * @module
 * What finished jobs left in the background goes on printing into files that have been removed, for nobody: the room is
 * given back now and then, and it is said once. Nobody looks unless something has ended or something was left.
 */
import { formatSize } from "../../domain/settings.ts";
import type { ClaimedJob } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { thisPlatform } from "../process/this_platform.ts";
import { splitSpool } from "../spool/spool.ts";
import type { Journal } from "./journal.ts";

export interface LeftoversOptions {
  spools: string;
  /** Bytes that one file may take. */
  limit(): number;
  /** Told of what prints for nobody. */
  journal: Journal;
  clock: Clock;
}

/** How soon after an end it looks, if it has not looked for long; and how often at most. */
const SOON_MS = 200;
const INTERVAL_MS = 5000;
/** How often it looks when something was given back just now: that prints a lot. */
const BUSY_INTERVAL_MS = 50;
/** So little is never given back: it takes a program or two. */
const SLACK = 1024 * 1024;

/** What the jobs of one supervisor have left. */
export class Leftovers {
  readonly #options: LeftoversOptions;
  /** Who ended since the last look or left something, by token: the id of its job. */
  #jobs = new Map<string, string>();
  /** Files that are known to be written still. */
  #left = new Set<string>();
  readonly #said = new Set<string>();
  #ended = Promise.withResolvers<void>();

  /** Nothing has ended yet. */
  constructor(options: LeftoversOptions) {
    this.#options = options;
  }

  /** A job's attempt has ended and its spool was removed. */
  ended({ id, token }: ClaimedJob): void {
    this.#jobs.set(token, id);
    this.#ended.resolve();
  }

  /** Looks until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    let lookedMs = -Infinity;
    let busy = false;
    while (!signal.aborted) {
      if (this.#left.size === 0) await Promise.race([this.#ended.promise, aborted]);
      const sinceMs = clock.monotonicMs() - lookedMs;
      await clock.sleep(busy ? BUSY_INTERVAL_MS : Math.max(SOON_MS, INTERVAL_MS - sinceMs), signal);
      if (signal.aborted) return;
      this.#ended = Promise.withResolvers();
      busy = await this.#look().catch(() => false); // no process can be started, for example
      lookedMs = clock.monotonicMs();
    }
  }

  async #look(): Promise<boolean> {
    const { spools, limit, journal } = this.#options;
    const most = limit() + SLACK;
    const jobs = this.#jobs;
    this.#jobs = new Map();
    const found = await thisPlatform.emptyRemoved(spools, most);
    this.#left = new Set(found.map(({ path }) => path));
    for (const { path, size } of found) {
      const token = splitSpool(path).token.split(".")[0]!;
      const id = jobs.get(token);
      if (id !== undefined) this.#jobs.set(token, id);
      if (size <= most || this.#said.has(path)) continue;
      this.#said.add(path);
      const whose = id === undefined ? "a job that has ended" : id;
      journal.note(
        `what ${whose} left in the background goes on printing, which nobody sees: ` +
          `${formatSize(Math.ceil(size / 1024 / 1024) * 1024 * 1024)} so far`,
        null,
      );
    }
    for (const path of this.#said) if (!this.#left.has(path)) this.#said.delete(path);
    return found.some(({ size }) => size > most);
  }
}
