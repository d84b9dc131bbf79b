/**
 * @module
 * Output that waits to be stored. Invariant: it never grows beyond what would be kept of it, however long the store
 * does not work: what a later piece drops is dropped here already.
 */
import type { AttemptOutput, OutputPiece } from "../../store/contract.ts";

/** Pieces by attempt, in the order printed. */
export class PendingOutput {
  #outputs: AttemptOutput[] = [];

  get isEmpty(): boolean {
    return this.#outputs.length === 0;
  }

  add(token: string, pieces: readonly OutputPiece[]): void {
    for (const piece of pieces) if (piece.drop) this.#drop(token, piece);
    this.#outputs.push({ token, pieces });
  }

  /** Takes all there is, or all of one attempt. */
  take(token?: string): AttemptOutput[] {
    const taken = (one: AttemptOutput) => token === undefined || one.token === token;
    const outputs = this.#outputs.filter(taken);
    this.#outputs = this.#outputs.filter((one) => !taken(one));
    return outputs;
  }

  /** Takes the first pieces, in all about `most` bytes, and one at least. */
  takeSome(most: number): AttemptOutput[] {
    const taken: AttemptOutput[] = [];
    let room = most;
    while (this.#outputs.length > 0 && room > 0) {
      const { token, pieces } = this.#outputs[0]!;
      let count = 0;
      while (count < pieces.length && room > 0) room -= pieces[count++]!.bytes.length;
      taken.push({ token, pieces: pieces.slice(0, count) });
      if (count === pieces.length) this.#outputs.shift();
      else this.#outputs[0] = { token, pieces: pieces.slice(count) };
    }
    return taken;
  }

  /** The attempts of which something waits. */
  get tokens(): Set<string> {
    return new Set(this.#outputs.map(({ token }) => token));
  }

  /** How much waits of an attempt. */
  sizeOf(token: string): number {
    const pieces = this.#outputs.flatMap((one) => one.token === token ? one.pieces : []);
    return pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Gives back what was taken and could not be stored; what was added meanwhile comes after it. */
  giveBack(outputs: readonly AttemptOutput[]): void {
    const later = this.take();
    for (const { token, pieces } of [...outputs, ...later]) this.add(token, pieces);
  }

  #drop(token: string, { stream, drop }: OutputPiece): void {
    const { from, to } = drop!;
    const stays = (one: OutputPiece) =>
      one.stream !== stream || one.start < from || one.start + one.bytes.length > to;
    this.#outputs = this.#outputs
      .map((one) => one.token === token ? { token, pieces: one.pieces.filter(stays) } : one)
      .filter(({ pieces }) => pieces.length > 0);
  }
}
