/**
 * @module
 * What an attempt printed, as JSON. Pure.
 */
import { base64 } from "../domain/base64.ts";
import type { Stream } from "../domain/job.ts";
import type { StoredOutput } from "../store/contract.ts";
import { timeJson } from "./job_json.ts";
import { joined } from "./output_reader.ts";

/**
 * A part of a stream without a hole: `text` where it is UTF-8, `base64` where it is not, such as a part of a character
 * that was cut off. Nothing is replaced: the parts together are the bytes.
 */
export type Span = { start: number } & ({ text: string } | { base64: string });

/** Each stream as its spans. Where one does not begin at the end of the one before, what is between was not kept. */
export function outputJson(
  pieces: readonly StoredOutput[],
  streams: readonly Stream[],
): Partial<Record<Stream, Span[]>> {
  return Object.fromEntries(
    streams.map((stream) => [stream, spansOf(pieces.filter((piece) => piece.stream === stream))]),
  );
}

/** A piece as it was seen: what begins at an offset of a stream, and when; null where that is not known. */
export interface SeenPiece {
  /** Which of the two. */
  stream: Stream;
  /** Offset of its first byte in the whole stream. */
  start: number;
  /** ISO 8601. */
  at: string | null;
}

/** The pieces of all streams, in the order in which they were seen. */
export function seenJson(pieces: readonly StoredOutput[]): SeenPiece[] {
  return pieces.map(({ stream, start, seenAt }) => ({ stream, start, at: timeJson(seenAt) }));
}

function spansOf(pieces: readonly StoredOutput[]): Span[] {
  const spans: StoredOutput[][] = [];
  let end: number | undefined;
  for (const piece of pieces) {
    if (piece.start === end) spans.at(-1)!.push(piece);
    else spans.push([piece]);
    end = piece.start + piece.bytes.length;
  }
  return spans.flatMap((span) => partsOf(span[0]!.start, joined(span.map(({ bytes }) => bytes))));
}

/** Text between other bytes that is shorter than this is taken for bytes, too: it is there by chance. */
const SHORTEST_TEXT = 8;

function partsOf(start: number, bytes: Uint8Array): Span[] {
  const parts: Span[] = [];
  let from = 0;
  for (const { at, end } of textsIn(bytes)) {
    if (at > from) parts.push({ start: start + from, base64: base64(bytes.subarray(from, at)) });
    parts.push({ start: start + at, text: UTF8.decode(bytes.subarray(at, end)) });
    from = end;
  }
  if (from < bytes.length) parts.push({ start: start + from, base64: base64(bytes.subarray(from)) });
  return parts;
}

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The stretches of the bytes that are text. */
function* textsIn(bytes: Uint8Array): Generator<{ at: number; end: number }> {
  for (let at = 0; at < bytes.length;) {
    let end = at;
    for (let length = 1; length > 0; end += length) length = lengthOfCharacter(bytes, end);
    const isLong = end - at >= SHORTEST_TEXT || at === 0 || end === bytes.length;
    if (end > at && isLong) yield { at, end };
    at = Math.max(end, at + 1);
  }
}

/** How many bytes the character at a place has in UTF-8; 0 when there is none. */
function lengthOfCharacter(bytes: Uint8Array, at: number): number {
  const [first = 0xff, second = 0] = [bytes[at], bytes[at + 1]];
  if (first < 0x80) return 1;
  const length = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // no overlong forms, no halves of surrogate pairs, nothing beyond U+10FFFF
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (length === 0 || second < lowest || second > highest) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i] ?? 0) >> 6 !== 0b10) return 0;
  return length;
}
