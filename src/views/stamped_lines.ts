/**
 * @module
 * What an attempt printed, line by line, each after the time at which its end was seen. Lines of the two streams never
 * get into each other: the beginning of a line waits for its end. Pure.
 */
import { type Stream, STREAMS } from "../domain/job.ts";
import type { StoredOutput } from "../store/contract.ts";
import { joined, type OutputFormat, sayMissing, type StreamBytes } from "./output_reader.ts";

const NEWLINE = 0x0a;
const LINE_END = Uint8Array.of(NEWLINE);

/** A line that has not ended, and when its last byte was seen. */
interface Begun {
  parts: Uint8Array[];
  seenAt: number | null;
}

/** Puts the time before each line; `stamp` writes it, also where it is not known. */
export class StampedLines implements OutputFormat {
  readonly #stamp: (seenAt: number | null) => string;
  /** Where each stream goes on. */
  readonly #next: Record<Stream, number> = { stdout: 0, stderr: 0 };
  readonly #begun: Partial<Record<Stream, Begun>> = {};

  /** Nothing was printed yet. */
  constructor(stamp: (seenAt: number | null) => string) {
    this.#stamp = stamp;
  }

  /** The lines that end within a piece, and those that will have no end. */
  add({ stream, start, bytes, seenAt }: StoredOutput): Uint8Array[] {
    const missing = start - this.#next[stream];
    this.#next[stream] = start + bytes.length;
    const lines = missing > 0
      ? [...this.#cutOff(stream), this.#line([encoder.encode(sayMissing(stream, missing))], seenAt)]
      : [];
    let at = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) {
      lines.push(this.#line([...this.#begun[stream]?.parts ?? [], bytes.subarray(at, end)], seenAt));
      delete this.#begun[stream];
      at = end + 1;
    }
    if (at < bytes.length) {
      const parts = [...this.#begun[stream]?.parts ?? [], bytes.subarray(at)];
      this.#begun[stream] = { parts, seenAt };
    }
    return lines;
  }

  /** What no line end has come for. */
  rest(): StreamBytes[] {
    return STREAMS.flatMap((stream) => this.#cutOff(stream).map((bytes) => ({ stream, bytes })));
  }

  #cutOff(stream: Stream): Uint8Array[] {
    const begun = this.#begun[stream];
    delete this.#begun[stream];
    return begun ? [this.#line(begun.parts, begun.seenAt)] : [];
  }

  #line(parts: readonly Uint8Array[], seenAt: number | null): Uint8Array {
    return joined([encoder.encode(`${this.#stamp(seenAt)} `), ...parts, LINE_END]);
  }
}

const encoder = new TextEncoder();
