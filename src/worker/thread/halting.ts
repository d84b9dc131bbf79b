/**
 * @module
 * Halting those that print faster than it can be given back, while it is: all of them together, since on a busy machine
 * the others would fill the disk meanwhile. It takes some ms, which their timeouts take no note of.
 */
import type { Platform } from "../process/platform.ts";

/** One that prints too fast. */
export interface TooFast {
  /** Its process group. */
  group: number;
  /** As in `Host`. */
  setsid: boolean;
  /** Gives back what is too much; `halted` is whether it stands still. */
  cut(halted: boolean): void;
}

export class Halting {
  readonly #platform: Pick<Platform, "haltGroups">;
  #round: Promise<void> | undefined;

  constructor(platform: Pick<Platform, "haltGroups">) {
    this.#platform = platform;
  }

  /** Resolves when nothing is halted any more; undefined when nothing is. */
  get over(): Promise<void> | undefined {
    return this.#round;
  }

  /** Halts and cuts them, unless others are halted just now. Resolves when they go on. */
  async cut(tooFast: readonly TooFast[]): Promise<void> {
    if (this.#round || tooFast.length === 0) return;
    this.#round = this.#cut(tooFast);
    await this.#round;
    this.#round = undefined;
  }

  async #cut(tooFast: readonly TooFast[]): Promise<void> {
    const groups = tooFast.map(({ group }) => group);
    // It cannot be done when no shell can be started.
    const round = await this.#platform.haltGroups(groups, tooFast[0]!).catch(() => undefined);
    try {
      for (const { group, cut } of tooFast) cut(round?.halted.has(group) ?? false);
    } finally {
      round?.[Symbol.dispose]();
    }
  }
}
