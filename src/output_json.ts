/**
 * @module
 * What an attempt printed, as JSON. Pure.
 */
import type { Stream } from "./job.ts";
import type { StoredOutput } from "./store/store.ts";
import { joined } from "./attempt_output.ts";

/** A part of a stream without a hole: `text` when it is UTF-8, else `base64`. */
export type Span = { start: number } & ({ text: string } | { base64: string });

/** Each stream as its spans: more than one where something in between was not kept. */
export function outputJson(
  pieces: readonly StoredOutput[],
  streams: readonly Stream[],
): Partial<Record<Stream, Span[]>> {
  return Object.fromEntries(
    streams.map((stream) => [stream, spansOf(pieces.filter((piece) => piece.stream === stream))]),
  );
}

function spansOf(pieces: readonly StoredOutput[]): Span[] {
  const spans: StoredOutput[][] = [];
  let end: number | undefined;
  for (const piece of pieces) {
    if (piece.start === end) spans.at(-1)!.push(piece);
    else spans.push([piece]);
    end = piece.start + piece.bytes.length;
  }
  return spans.map((span) => spanOf(span[0]!.start, joined(span.map(({ bytes }) => bytes))));
}

function spanOf(start: number, bytes: Uint8Array): Span {
  try {
    return { start, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { start, base64: base64(bytes) };
  }
}

/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
