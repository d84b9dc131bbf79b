/**
 * @module
 * The other supervisors of a store: which of them are gone, so that what they ran is to be taken over. Each
 * supervisor watches the next few in the ring of all ids, so that each is watched by a few, and in turns one of all
 * the others, should those few be stopped. So watching costs each the same however many there are.
 *
 * On this host a supervisor lives as long as it holds its lock, which is known at once. Elsewhere, and for one that
 * lives but does nothing, its lease decides. A lease is timed here, from when its renewal was last seen to change, by
 * the time in which this supervisor could renew its own: so no clock that was set can end one, and no time in which
 * nobody could write, or in which all stood still. With a store on a server, that one's clock has to agree.
 */
import type { SupervisorInfo, WorkerStore } from "../../store/contract.ts";
import { isPresent, presencePath } from "../../system/presence.ts";
import type { Host } from "../process/platform.ts";

/** A supervisor that is gone, and what that says of its processes. */
export interface Gone {
  peer: SupervisorInfo;
  /**
   * `here`: they can be seen from here, if there are any. `rebooted`: there are none, since the host was started
   * again. `elsewhere`: it had to end them itself before its lease ended.
   */
  where: "here" | "rebooted" | "elsewhere";
}

/** What it takes to judge the others. */
export interface PeersOptions {
  id: string;
  store: Pick<WorkerStore, "successors">;
  /** Where the locks are: the directory of all spools. */
  spools: string;
  host: Host;
  /** For how long leases could be renewed, in ms from some beginning. */
  renewableMs(): number;
}

/** How many of the next ones are watched all the time. */
const NEXT = 3;

/** When a supervisor was last seen to renew its lease, and looked at. */
interface Seen {
  leaseUntil: number;
  atMs: number;
  round: number;
}

/** Remembers when others gave a sign of life. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #seen = new Map<string, Seen>();
  /** The last one that was looked at in turns. */
  #turn: string | undefined;
  /** How often all of them have had their turn. */
  #round = 0;

  /** Knows nobody yet: everybody has a whole lease to give a sign of life. */
  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Those that are gone, of the next ones and of the one whose turn it is. */
  async gone(leaseMs: number): Promise<Gone[]> {
    const { id, store } = this.#options;
    const next = await store.successors(id, NEXT);
    const watched = next.length < NEXT ? next : [...next, ...await this.#nextTurn(next)];
    if (next.length < NEXT) this.#endRound();
    const gone: Gone[] = [];
    for (const peer of watched) {
      this.#note(peer);
      const { where, lives } = await this.#whereIs(peer);
      // Elsewhere, what was left runs on: that is time for somebody there to adopt it.
      const left = peer.leaseUntil === 0 && where !== "elsewhere";
      if (left || lives === false || this.#isSilent(peer, leaseMs)) {
        gone.push({ peer, where });
      }
    }
    return gone;
  }

  /** One of those behind the next ones, each in its turn. */
  async #nextTurn(next: readonly SupervisorInfo[]): Promise<SupervisorInfo[]> {
    const { id, store } = this.#options;
    const last = next.at(-1)!;
    const [peer] = await store.successors(this.#turn ?? last.id, 1);
    const isBehind = peer !== undefined && peer.id !== id && !next.some((one) => one.id === peer.id);
    if (!isBehind) this.#endRound();
    this.#turn = isBehind ? peer.id : undefined;
    return isBehind ? [peer] : [];
  }

  /** Forgets those that were not met any more. */
  #endRound(): void {
    for (const [id, { round }] of this.#seen) if (round < this.#round) this.#seen.delete(id);
    this.#round += 1;
  }

  #note({ id, leaseUntil }: SupervisorInfo): void {
    const seen = this.#seen.get(id);
    const atMs = seen?.leaseUntil === leaseUntil ? seen.atMs : this.#options.renewableMs();
    this.#seen.set(id, { leaseUntil, atMs, round: this.#round });
  }

  #isSilent({ id, lapsed = true }: SupervisorInfo, leaseMs: number): boolean {
    return lapsed && this.#options.renewableMs() - this.#seen.get(id)!.atMs > leaseMs;
  }

  /** Where a peer is, and whether it holds its lock where that can be seen. */
  async #whereIs(peer: SupervisorInfo): Promise<{ where: Gone["where"]; lives: boolean | undefined }> {
    const { host: here } = this.#options;
    const isElsewhere = peer.host !== here.name ||
      peer.bootId === here.bootId && peer.pidNamespace !== here.pidNamespace;
    if (isElsewhere) return { where: "elsewhere", lives: undefined };
    const lives = await isPresent(this.#lockOf(peer));
    if (peer.bootId === here.bootId) return { where: "here", lives };
    // without a lock in this home it may as well be another machine of the same name
    return { where: lives === undefined ? "elsewhere" : "rebooted", lives };
  }

  #lockOf({ id }: SupervisorInfo): string {
    return presencePath(this.#options.spools, id);
  }
}
