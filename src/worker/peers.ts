/**
 * @module
 * The other supervisors of a store: which of them are gone, so that what they ran is to be taken over.
 *
 * On this host a supervisor lives as long as it holds its lock, which is known at once. Elsewhere, and for one that
 * lives but does nothing, its lease decides. A lease is timed here, by this process's monotonic clock, from when its
 * renewal was last seen to change: so no clock that was set can end one.
 */
import type { Clock } from "../clock.ts";
import type { SupervisorInfo } from "../store/store.ts";
import { isPresent, presencePath } from "../presence.ts";
import type { Host } from "./process/platform.ts";

/** A supervisor that is gone, and what that says of its processes. */
export interface Gone {
  /** The supervisor. */
  peer: SupervisorInfo;
  /**
   * `here`: they can be seen from here, if there are any. `rebooted`: there are none, since the host was started
   * again. `elsewhere`: it had to end them itself before its lease ended.
   */
  where: "here" | "rebooted" | "elsewhere";
}

/** What it takes to judge the others. */
export interface PeersOptions {
  /** The supervisor that looks. */
  id: string;
  /** Where the locks are: the directory of all spools. */
  spools: string;
  /** Where it looks from. */
  host: Host;
  /** Times leases. */
  clock: Clock;
}

/** Remembers when others gave a sign of life. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #seen = new Map<string, { leaseUntil: number; atMs: number }>();

  /** Knows nobody yet: everybody has a whole lease to give a sign of life. */
  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Those of the registered supervisors that are gone. */
  async gone(registered: readonly SupervisorInfo[], leaseMs: number): Promise<Gone[]> {
    const others = registered.filter(({ id }) => id !== this.#options.id);
    this.#note(others);
    const gone: Gone[] = [];
    for (const peer of others) {
      const where = this.#whereIs(peer);
      const lives = where === "elsewhere" ? undefined : await isPresent(this.#lockOf(peer));
      // Elsewhere, what was left runs on: that is time for somebody there to adopt it.
      const left = peer.leaseUntil === 0 && where !== "elsewhere";
      if (left || lives === false || this.#isSilent(peer, leaseMs)) {
        gone.push({ peer, where });
      }
    }
    return gone;
  }

  #note(others: readonly SupervisorInfo[]): void {
    const atMs = this.#options.clock.monotonicMs();
    for (const { id, leaseUntil } of others) {
      if (this.#seen.get(id)?.leaseUntil !== leaseUntil) this.#seen.set(id, { leaseUntil, atMs });
    }
    for (const id of this.#seen.keys()) {
      if (!others.some((other) => other.id === id)) this.#seen.delete(id);
    }
  }

  #isSilent({ id }: SupervisorInfo, leaseMs: number): boolean {
    return this.#options.clock.monotonicMs() - this.#seen.get(id)!.atMs > leaseMs;
  }

  #whereIs({ host, bootId, pidNamespace }: SupervisorInfo): Gone["where"] {
    const { host: here } = this.#options;
    if (host !== here.name) return "elsewhere";
    if (bootId !== here.bootId) return "rebooted";
    return pidNamespace === here.pidNamespace ? "here" : "elsewhere";
  }

  #lockOf({ id }: SupervisorInfo): string {
    return presencePath(this.#options.spools, id);
  }
}
