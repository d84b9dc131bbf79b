/**
 * @module
 * Whether the processes of one attempt stand still, as was wished last. Invariant: they are signalled by one round at a
 * time, and by none any more once it is closed.
 */
import { systemClock } from "../../system/clock.ts";
import type { Signalled, Tree } from "../process/platform.ts";
import { continueTree, stopTree, unstoppedAmong } from "../process/stop_tree.ts";

/** What was asked for: to stand still since a time in ms since the epoch, or, with null, to go on. */
export interface PauseWish {
  since: number | null;
  /** Told when they stand still, and how many of them could not be stopped. */
  onPaused(since: number, unstopped: number): void;
}

export class Pausing {
  readonly #tree: () => Tree;
  readonly #byToken: boolean;
  #wish: PauseWish | undefined;
  /** Those that were stopped: some may be told by nothing else any more. */
  #stopped: readonly Signalled[] = [];
  #following: Promise<void> | undefined;
  /** Aborts when there is another wish, or it is closed. */
  #round = new AbortController();
  #closed = false;

  /** Signals nothing yet. */
  constructor(tree: () => Tree, byToken: boolean) {
    this.#tree = tree;
    this.#byToken = byToken;
  }

  /** Follows a wish, in place of the one before. */
  follow(wish: PauseWish): void {
    if (this.#closed) return;
    this.#wish = wish;
    this.#round.abort();
    this.#following ??= this.#followAll().then(() => this.#following = undefined);
  }

  /** Follows no wish any more. Resolves when nothing is being signalled. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#round.abort();
    await this.#following;
  }

  async #followAll(): Promise<void> {
    while (this.#wish && !this.#closed) {
      const wish = this.#wish;
      this.#wish = undefined;
      this.#round = new AbortController();
      const options = { byToken: this.#byToken, clock: systemClock, over: this.#round.signal };
      const tree = () => ({ ...this.#tree(), seen: this.#stopped });
      if (wish.since === null) {
        await continueTree(tree, options);
        this.#stopped = [];
      } else {
        const there = await stopTree(tree, options);
        if (!there) continue;
        this.#stopped = there;
        wish.onPaused(wish.since, unstoppedAmong(there));
      }
    }
  }
}
