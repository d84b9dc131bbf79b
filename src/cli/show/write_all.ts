/**
 * @module
 * Writing all of some bytes, also to what takes only some of them and does not let writers wait (O_NONBLOCK): whoever
 * shares a pipe or a terminal with us may have said so. Invariant: every byte is written once.
 */
import { pause } from "../../system/clock.ts";

export interface Sink {
  /** Takes as many of the bytes as there is room for. */
  writeSync(bytes: Uint8Array): number;
}

/** How long to wait until there may be room. */
const PAUSE_MS = 2;
const NEWLINE = 10;
/** A pipe takes so many bytes as a whole, or none. */
const ATOMIC_BYTES = 4096;
/** The runtime keeps fewer bytes than this in its own buffer for a moment, unless they end a line. */
const KEPT_BYTES = 1024;

/** Writes all of the bytes, however many calls and however long that takes. */
export function writeAll(to: Sink, bytes: Uint8Array): void {
  const piece = to === Deno.stdout ? (Deno.stdout.isTerminal() ? pieceOfLine : wholeLines) : everything;
  for (let rest = bytes; rest.length > 0;) {
    rest = rest.subarray(writePiece(to, piece(rest)));
  }
}

/**
 * Writes a piece and returns how much of it. For standard output the runtime puts a buffer of lines in between, and says
 * that there is no room both when it has taken nothing and when it has taken all. The pieces are such that it is clear
 * which: of what ends a line, and of what is longer than the buffer, it has taken nothing.
 */
function writePiece(to: Sink, piece: Uint8Array): number {
  while (true) {
    try {
      return to.writeSync(piece);
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      pause(PAUSE_MS);
    }
    if (to === Deno.stdout && piece.length < KEPT_BYTES && piece.at(-1) !== NEWLINE) {
      flush(to);
      return piece.length;
    }
  }
}

/** Lets the runtime write what it has taken. */
function flush(to: Sink): void {
  while (true) {
    try {
      to.writeSync(new Uint8Array());
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      pause(PAUSE_MS);
    }
  }
}

function everything(bytes: Uint8Array): Uint8Array {
  return bytes;
}

/** As many lines as a pipe takes as a whole; what has no line end, as it is. */
function wholeLines(bytes: Uint8Array): Uint8Array {
  const piece = bytes.subarray(0, ATOMIC_BYTES);
  const end = piece.lastIndexOf(NEWLINE);
  return end < 0 ? piece : piece.subarray(0, end + 1);
}

/** A terminal may take a part of a line: the text of one, or its end. */
function pieceOfLine(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(NEWLINE);
  return bytes.subarray(0, end < 0 ? bytes.length : Math.max(end, 1));
}
