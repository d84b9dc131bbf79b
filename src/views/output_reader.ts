/**
 * @module
 * Reading what an attempt printed from the store, from the beginning to what is there now, and on from there.
 */
import type { Stream } from "../domain/job.ts";
import type { OutputStore, StoredOutput } from "../store/contract.ts";

/** Pieces that are read at a time. */
const PAGE = 64;

/** The output to read. */
export interface OutputRequest {
  /** Of the job. */
  id: string;
  /** Its number. */
  attempt: number;
  /** One stream, or both. */
  streams: readonly Stream[];
}

/** How what is unread is read. */
export interface Unread {
  /** Nothing comes any more after what is there. */
  over?: boolean;
}

/** Bytes of a stream. */
export type StreamBytes = Pick<StoredOutput, "stream" | "bytes">;

/** How pieces are written down. */
export interface OutputFormat {
  /** What is to be written for the next piece. */
  add(piece: StoredOutput): Uint8Array[];
  /** What is still to be written when nothing comes any more; nothing the next time. */
  rest(): StreamBytes[];
}

/** Reads the output of one attempt; every piece once. */
export class OutputReader {
  readonly #store: OutputStore;
  readonly #request: OutputRequest;
  readonly #format: OutputFormat;
  /** The last piece that was read. */
  #after: number | undefined;

  /** Nothing is read yet. */
  constructor(store: OutputStore, request: OutputRequest, format: OutputFormat = new AsPrinted()) {
    this.#store = store;
    this.#request = request;
    this.#format = format;
  }

  /** The number of the attempt. */
  get attempt(): number {
    return this.#request.attempt;
  }

  /** The pieces that have been stored and not been read yet, in the order in which they were stored. */
  async *unread(): AsyncGenerator<StoredOutput> {
    const { id, attempt, streams } = this.#request;
    while (true) {
      const pieces = await this.#store.output(id, attempt, { after: this.#after, limit: PAGE });
      for (const piece of pieces) {
        this.#after = piece.piece;
        if (streams.includes(piece.stream)) yield piece;
      }
      if (pieces.length < PAGE) return;
    }
  }

  /** The same as bytes, in the given format. */
  async *unreadBytes(how?: Unread): AsyncGenerator<Uint8Array> {
    for await (const { bytes } of this.unreadByStream(how)) yield bytes;
  }

  /** The same, and which stream the bytes are of. */
  async *unreadByStream({ over = false }: Unread = {}): AsyncGenerator<StreamBytes> {
    for await (const piece of this.unread()) {
      for (const bytes of this.#format.add(piece)) yield { stream: piece.stream, bytes };
    }
    if (over) yield* this.#format.rest();
  }
}

/** Byte for byte, with a line in the place of what was not kept. */
class AsPrinted implements OutputFormat {
  /** Where each stream goes on. */
  readonly #next: Record<Stream, number> = { stdout: 0, stderr: 0 };
  #atLineStart = true;

  /** The bytes of a piece, after a line that says how many are missing before it, if any are. */
  add({ stream, start, bytes }: StoredOutput): Uint8Array[] {
    const missing = start - this.#next[stream];
    this.#next[stream] = start + bytes.length;
    const line = `${this.#atLineStart ? "" : "\n"}${sayMissing(stream, missing)}\n`;
    this.#atLineStart = bytes.at(-1) === NEWLINE;
    return missing > 0 ? [new TextEncoder().encode(line), bytes] : [bytes];
  }

  /** Nothing waits. */
  rest(): StreamBytes[] {
    return [];
  }
}

/** What stands in the place of what was dropped from a stream. */
export function sayMissing(stream: Stream, bytes: number): string {
  return `[queuectl: ${bytes} bytes of ${stream} were not kept]`;
}

const NEWLINE = 0x0a;

/** The last lines of some bytes; a last line without a line end counts as one. */
export function lastLines(bytes: Uint8Array, count: number): Uint8Array {
  if (count === 0) return new Uint8Array();
  let at = bytes.length - (bytes.at(-1) === NEWLINE ? 1 : 0);
  for (let left = count; left > 0 && at >= 0; left--) {
    if (at === 0) return bytes;
    at = bytes.lastIndexOf(NEWLINE, at - 1);
  }
  return bytes.subarray(at + 1);
}

/** Some bytes after the other. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
