/**
 * @module
 * What attempts said that waits to be stored. Invariant: of each attempt it is no more than what it said last.
 */
import type { AttemptSaid } from "../../store/contract.ts";

export class PendingSaid {
  readonly #said = new Map<string, AttemptSaid>();

  get isEmpty(): boolean {
    return this.#said.size === 0;
  }

  /** Takes note of what an attempt said after all that it said before. */
  add(said: AttemptSaid): void {
    this.#said.set(said.token, { ...this.#said.get(said.token), ...said });
  }

  /** Takes all there is, or all of one attempt. */
  take(token?: string): AttemptSaid[] {
    const taken = [...this.#said.values()].filter((one) => token === undefined || one.token === token);
    for (const one of taken) this.#said.delete(one.token);
    return taken;
  }

  /** Takes the first ones, in all about `most` bytes, and one at least. */
  takeSome(most: number): AttemptSaid[] {
    const taken: AttemptSaid[] = [];
    let room = most;
    for (const one of this.#said.values()) {
      if (room <= 0) break;
      taken.push(one);
      room -= sizeOf(one);
    }
    for (const { token } of taken) this.#said.delete(token);
    return taken;
  }

  /** The attempts of which something waits. */
  get tokens(): Iterable<string> {
    return this.#said.keys();
  }

  /** How much waits of an attempt. */
  sizeOf(token: string): number {
    const said = this.#said.get(token);
    return said ? sizeOf(said) : 0;
  }

  /** Gives back what was taken and could not be stored; what was said meanwhile comes after it. */
  giveBack(said: readonly AttemptSaid[]): void {
    for (const one of said) this.#said.set(one.token, { ...one, ...this.#said.get(one.token) });
  }
}

/** In bytes, about. */
function sizeOf({ result, checkpoint }: AttemptSaid): number {
  return 500 + (result?.length ?? 0) + (checkpoint?.length ?? 0);
}
