/**
 * @module
 * From the spool to the store: what an attempt printed, in pieces, never more than a limit a stream: the
 * beginning and the end. Bytes are never looked at. The files are written by the command itself, and kept small while
 * they are (see `stream_file.ts`).
 *
 * Nothing tells in what order two streams were written to between two looks. Of those that were, the one that was
 * written to last comes last.
 */
import { type Stream, STREAMS } from "../../domain/job.ts";
import type { OutputPiece } from "../../store/contract.ts";
import { systemClock } from "../../system/clock.ts";
import { StreamFile } from "../spool/stream_file.ts";

/** Pieces are at most this long, so that the middle of a growing stream can be dropped piece by piece. */
const PIECE_BYTES = 64 * 1024;
/** Past its limit a stream's end is handed over this often at most, since it replaces itself. */
const TAIL_INTERVAL_MS = 500;

export class SpoolReader {
  readonly #streams: readonly StreamReader[];

  /**
   * `limit` is the bytes kept of each stream, `from` the offset up to which each has been handed over before, by
   * somebody else if it is given.
   */
  constructor(spool: string, limit: number, from?: Readonly<Record<Stream, number>>) {
    this.#streams = STREAMS.map((stream) => {
      const file = new StreamFile({ spool, stream, limit, known: from !== undefined });
      return new StreamReader(file, stream, from?.[stream] ?? 0);
    });
  }

  /** Something was given back of what was printed, which has left names in the spool. */
  get trimmed(): boolean {
    return this.#streams.some(({ file }) => file.trimmed);
  }

  /** See `StreamFile.overflowedSince`. */
  overflowedSince(sinceMs: number): boolean {
    return this.#streams.some(({ file }) => file.overflowedSince(sinceMs));
  }

  /** Keeps the spool small. Returns how much was printed, when it wants to be called again, and whether to halt them: see there. */
  keepSmall(
    nowMs: number,
    how?: { canBeHalted: boolean },
  ): { printed: number; pauseMs: number; halt: boolean } {
    const looks = this.#streams.map(({ file }) => file.keepSmall(nowMs, how));
    return {
      printed: looks.reduce((sum, { size }) => sum + size, 0),
      pauseMs: Math.min(...looks.map(({ pauseMs }) => pauseMs)),
      halt: looks.some(({ halt }) => halt),
    };
  }

  /** See `StreamFile.cut`. */
  cut(): void {
    for (const { file } of this.#streams) file.cut();
  }

  /** See `StreamFile.giveUp`. What is printed after that, by what the command has left behind, is not read. */
  giveUp(): void {
    for (const stream of this.#streams) stream.giveUp();
  }

  /** What is new since the last call; the end of a stream past its limit only now and then. */
  live(nowMs: number): OutputPiece[] {
    const look = () => this.#streams.map((stream) => stream.live(nowMs));
    const first = look();
    if (first.every((pieces) => pieces.length === 0)) return [];
    // Both may have been written to after one was looked at and before the other was: the earlier belongs before it.
    const second = look();
    return inOrder(this.#streams, first.map((pieces, index) => [...pieces, ...second[index]!]));
  }

  /** What is left once the command has ended. */
  rest(): OutputPiece[] {
    return inOrder(this.#streams, this.#streams.map((stream) => stream.rest()));
  }
}

/** What was read of each stream, the one that was written to last at the end. */
function inOrder(streams: readonly StreamReader[], read: readonly OutputPiece[][]): OutputPiece[] {
  const found = streams.map(({ file }, index) => ({ pieces: read[index]!, writtenAt: file.writtenAt }));
  return found.toSorted((a, b) => a.writtenAt - b.writtenAt).flatMap(({ pieces }) => pieces);
}

class StreamReader {
  readonly #stream: Stream;
  /** Everything before it has been handed over or dropped. */
  #offset: number;
  #nextTailMs = 0;
  /** How much was printed, once that is looked at no more. */
  #size: number | undefined;

  constructor(readonly file: StreamFile, stream: Stream, from: number) {
    this.#stream = stream;
    this.#offset = from;
  }

  live(nowMs: number): OutputPiece[] {
    const { head, tail } = this.file;
    const size = this.file.size();
    if (size <= this.#offset) return [];
    if (size <= head + tail) return this.#read(this.#offset, size);
    if (nowMs < this.#nextTailMs) return [];
    this.#nextTailMs = nowMs + TAIL_INTERVAL_MS;
    return this.#pastLimit(size, Math.max(this.#offset, size - tail), size - tail);
  }

  giveUp(): void {
    this.#size = this.file.giveUp();
  }

  rest(): OutputPiece[] {
    const { head, tail } = this.file;
    const size = this.#size ?? this.file.size();
    if (size <= head + tail) return size > this.#offset ? this.#read(this.#offset, size) : [];
    return this.#pastLimit(size, size - tail, size);
  }

  /** The rest of the beginning, and the end from `from`; what was handed over between the head and `dropTo` goes. */
  #pastLimit(size: number, from: number, dropTo: number): OutputPiece[] {
    const beginning = this.#offset < this.file.head ? this.#read(this.#offset, this.file.head) : [];
    const end = this.#read(Math.max(from, this.file.head), size);
    const first = end[0];
    if (first) first.drop = { from: this.file.head, to: dropTo };
    return [...beginning, ...end];
  }

  /** The bytes [from, to), or as many as there are, in pieces. */
  #read(from: number, to: number): OutputPiece[] {
    const pieces: OutputPiece[] = [];
    using file = this.file.open(from);
    let start = from;
    while (start < to) {
      const bytes = new Uint8Array(Math.min(PIECE_BYTES, to - start));
      const count = file.readSync(bytes);
      if (count === null) break;
      pieces.push({
        stream: this.#stream,
        start,
        bytes: count === bytes.length ? bytes : bytes.slice(0, count),
        seenAt: systemClock.now(),
      });
      start += count;
    }
    this.#offset = start;
    return pieces;
  }
}
