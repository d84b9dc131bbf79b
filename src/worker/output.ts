/**
 * @module
 * From the spool to the store: what an attempt printed, in pieces, never more than a limit a stream: the
 * beginning and the end. Bytes are never looked at. The files are written by the command itself, so this only reads.
 */
import { type Stream, STREAMS } from "../job.ts";
import type { OutputPiece } from "../store/store.ts";
import { streamPath } from "./spool.ts";

/** Pieces are at most this long, so that the middle of a growing stream can be dropped piece by piece. */
const PIECE_BYTES = 64 * 1024;
/** Past its limit a stream's end is handed over this often at most, since it replaces itself. */
const TAIL_INTERVAL_MS = 500;

/** A command that has printed nothing yet, or nothing that was handed over. */
export const NOTHING_PRINTED: Readonly<Record<Stream, number>> = { stdout: 0, stderr: 0 };

/** Both streams of one attempt. */
export class SpoolReader {
  readonly #streams: readonly StreamReader[];

  /**
   * `limit` is the bytes kept of each stream, `from` the offset up to which each has been handed over before.
   */
  constructor(spool: string, limit: number, from: Readonly<Record<Stream, number>>) {
    this.#streams = STREAMS.map((stream) =>
      new StreamReader(streamPath(spool, stream), stream, { limit, from: from[stream] })
    );
  }

  /** What is new since the last call; the end of a stream past its limit only now and then. */
  live(nowMs: number): OutputPiece[] {
    return this.#streams.flatMap((stream) => stream.live(nowMs));
  }

  /** What is left once the command has ended. */
  rest(): OutputPiece[] {
    return this.#streams.flatMap((stream) => stream.rest());
  }
}

class StreamReader {
  readonly #path: string;
  readonly #stream: Stream;
  /** Bytes kept of the beginning, and of the end. */
  readonly #head: number;
  readonly #tail: number;
  /** Everything before it has been handed over or dropped. */
  #offset: number;
  #nextTailMs = 0;

  constructor(path: string, stream: Stream, { limit, from }: { limit: number; from: number }) {
    this.#offset = from;
    this.#path = path;
    this.#stream = stream;
    this.#head = Math.floor(limit / 2);
    this.#tail = limit - this.#head;
  }

  live(nowMs: number): OutputPiece[] {
    const size = this.#size();
    if (size <= this.#offset) return [];
    if (size <= this.#head + this.#tail) return this.#read(this.#offset, size);
    if (nowMs < this.#nextTailMs) return [];
    this.#nextTailMs = nowMs + TAIL_INTERVAL_MS;
    return this.#pastLimit(size, Math.max(this.#offset, size - this.#tail), size - this.#tail);
  }

  rest(): OutputPiece[] {
    const size = this.#size();
    if (size <= this.#head + this.#tail) return size > this.#offset ? this.#read(this.#offset, size) : [];
    return this.#pastLimit(size, size - this.#tail, size);
  }

  /** The rest of the beginning, and the end from `from`; what was handed over between the head and `dropTo` goes. */
  #pastLimit(size: number, from: number, dropTo: number): OutputPiece[] {
    const beginning = this.#offset < this.#head ? this.#read(this.#offset, this.#head) : [];
    const end = this.#read(Math.max(from, this.#head), size);
    const first = end[0];
    if (first) first.drop = { from: this.#head, to: dropTo };
    return [...beginning, ...end];
  }

  /** The bytes [from, to), or as many as there are, in pieces. */
  #read(from: number, to: number): OutputPiece[] {
    const pieces: OutputPiece[] = [];
    using file = Deno.openSync(this.#path);
    file.seekSync(from, Deno.SeekMode.Start);
    let start = from;
    while (start < to) {
      const bytes = new Uint8Array(Math.min(PIECE_BYTES, to - start));
      const count = file.readSync(bytes);
      if (count === null) break;
      pieces.push({
        stream: this.#stream,
        start,
        bytes: count === bytes.length ? bytes : bytes.slice(0, count),
      });
      start += count;
    }
    this.#offset = start;
    return pieces;
  }

  /** The file's size; 0 when it is not there (yet). */
  #size(): number {
    try {
      return Deno.statSync(this.#path).size;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 0;
      throw error;
    }
  }
}
