/**
 * @module
 * What attempts print, as it is kept.
 */
import type { Stream } from "../../domain/job.ts";

/** What attempts print. */
export interface OutputStore {
  /**
   * The kept pieces of an attempt's output, in the order in which they were stored, at most `limit` of them
   * beginning after the piece numbered `after`. A piece's `start` says where in the stream it stood:
   * a hole between two pieces of one stream is what was dropped.
   */
  output(id: string, attempt: number, options?: { after?: number; limit?: number }): Promise<StoredOutput[]>;
}

/** A piece of output on its way into the store. */
export interface OutputPiece {
  /** Which of the two streams. */
  stream: Stream;
  /** Offset of its first byte in the whole stream. */
  start: number;
  /** Kept byte for byte. */
  bytes: Uint8Array<ArrayBuffer>;
  /** When it was seen, in ms since the epoch; left out where that is not known. */
  seenAt?: number;
  /** Pieces that lie wholly within [from, to) are dropped first: the middle of a stream that grew past its limit. */
  drop?: { from: number; to: number };
}

/** A piece of output as it was stored. */
export interface StoredOutput {
  /** Grows with every piece stored. */
  piece: number;
  /** Which of the two streams. */
  stream: Stream;
  /** Offset of its first byte in the whole stream. */
  start: number;
  /** As they were printed. */
  bytes: Uint8Array;
  /** As in `OutputPiece`; null where that is not known. */
  seenAt: number | null;
}
