/**
 * @module
 * What one attempt says, leaves and wants to find again, from its files to what its supervisor is told: what is new, at
 * most about once a second while it runs, and the rest when it has ended. Invariant: whatever is in the files, no more of
 * them is read than is kept, and they do not fill the disk.
 */
import { LARGEST_RESULT } from "../../domain/job.ts";
import type { AttemptSaid } from "../../store/contract.ts";
import { SaidFiles, type SaidKind, saidPath } from "../spool/said_files.ts";
import { SaidLines } from "./said_lines.ts";

/** How often a running attempt is heard. */
const TELL_INTERVAL_MS = 1000;
/** A checkpoint is taken when nobody has written to it for so long, and so often at most. */
const CHECKPOINT_REST_MS = 1000;
const CHECKPOINT_INTERVAL_MS = 5000;
/** Of what is new in the file of lines, only the last part is read; with so much in it, it is emptied. */
const MOST_LINES = 256 * 1024;
/** With so many bytes, a result or a checkpoint is cut off: too large it is either way. */
const MUCH_TOO_LARGE = 1024 * 1024;

/** Which attempts of this thread have left what. */
const files = new SaidFiles();

/** What is left to say of an attempt that has ended. */
export interface LastWords {
  said: Omit<AttemptSaid, "token">;
  /** In ms: it wants to be put off for so long. */
  retryInMs: number | undefined;
  /** It has files to be removed. */
  spoke: boolean;
  /** There is a checkpoint. */
  hasCheckpoint: boolean;
}

export class Said {
  readonly #spool: string;
  readonly #lines = new SaidLines();
  /** How far the lines have been read, and the beginning of one that is not whole yet. */
  #offset = 0;
  #begun = "";
  #size = 0;
  /** The line that stands for what was in the file before it was emptied, until it has been passed. */
  #again: string | undefined;
  #heard = false;
  #told = { atMs: -Infinity, progress: "null" };
  #checkpoint: {
    /** What the store has. */
    kept: Uint8Array | undefined;
    tellAtMs: number;
    /** How the file was when it was looked at last, and since when it has been so. */
    seen: string;
    sinceMs: number;
  };

  /** `checkpoint` is what the attempt was given. */
  constructor(spool: string, checkpoint: Uint8Array | undefined) {
    this.#spool = spool;
    this.#checkpoint = { kept: checkpoint, tellAtMs: -Infinity, seen: "", sinceMs: Infinity };
  }

  /** Whether it has said anything since the last call. */
  heard(): boolean {
    if (files.of(this.#spool).has("say")) this.#read();
    const heard = this.#heard;
    this.#heard = false;
    return heard;
  }

  /** What is new of a running attempt and may be told by now. */
  news(nowMs: number): Omit<AttemptSaid, "token"> | undefined {
    const left = files.of(this.#spool);
    if (left.size === 0) return undefined;
    if (left.has("say")) this.#read();
    for (const kind of ["result", "checkpoint"] as const) if (left.has(kind)) this.#cutOff(kind);
    const said: Omit<AttemptSaid, "token"> = {};
    const progress = JSON.stringify(this.#lines.progress);
    if (progress !== this.#told.progress && nowMs >= this.#told.atMs + TELL_INTERVAL_MS) {
      this.#told = { atMs: nowMs, progress };
      said.progress = this.#lines.progress!;
    }
    const checkpoint = left.has("checkpoint") ? this.#restingCheckpoint(nowMs) : undefined;
    if (checkpoint) said.checkpoint = checkpoint;
    return Object.keys(said).length > 0 ? said : undefined;
  }

  /** What is left once it has ended. Nothing is read where nothing was left. */
  rest(): LastWords {
    const left = files.of(this.#spool);
    const { kept } = this.#checkpoint;
    const said: Omit<AttemptSaid, "token"> = {};
    if (left.size === 0) {
      if (kept) said.checkpoint = null;
      return { said, retryInMs: undefined, spoke: false, hasCheckpoint: false };
    }
    const notes: string[] = [];
    if (left.has("say")) {
      this.#read();
      if (this.#begun !== "") this.#lines.add(this.#begun); // its last line may have no end
      const { progress, ignored, firstIgnored } = this.#lines;
      if (JSON.stringify(progress) !== this.#told.progress) said.progress = progress!;
      if (ignored > 0) {
        notes.push(
          `${ignored} ${ignored === 1 ? "line" : "lines"} it said made no sense, the first: ${firstIgnored}`,
        );
      }
    }
    if (left.has("result")) {
      const result = this.#kept("result", notes);
      if (result) said.result = result;
    }
    if (left.has("checkpoint")) {
      const checkpoint = this.#kept("checkpoint", notes);
      if (checkpoint && !isSame(checkpoint, kept)) said.checkpoint = checkpoint;
    } else if (kept) said.checkpoint = null; // it has removed it
    if (notes.length > 0) said.note = notes.join("; ");
    return {
      said,
      retryInMs: this.#lines.retryInMs,
      spoke: true,
      hasCheckpoint: left.has("checkpoint") || kept !== undefined,
    };
  }

  /** Reads what is new of the lines. */
  #read(): void {
    using file = openIfThere(saidPath(this.#spool, "say"));
    if (!file) return;
    const { size } = file.statSync();
    if (size === this.#size) return;
    this.#heard = true;
    if (size < this.#offset) [this.#offset, this.#begun] = [0, ""]; // it was written anew
    const from = Math.max(this.#offset, size - MOST_LINES);
    if (from > this.#offset) this.#begun = "";
    const text = this.#begun + new TextDecoder().decode(readRange(file, from, size));
    const lines = text.split("\n");
    this.#begun = lines.pop()!;
    if (from > this.#offset) lines.shift(); // it may not be whole
    for (const line of lines) {
      if (line === this.#again) this.#again = undefined;
      else this.#lines.add(line);
    }
    this.#offset = this.#size = size;
    if (size > MOST_LINES) this.#empty();
  }

  /** What was read goes, but for what it comes to: whoever watches the attempt next shall know it, too. */
  #empty(): void {
    const path = saidPath(this.#spool, "say");
    try {
      Deno.truncateSync(path);
      [this.#offset, this.#size, this.#begun] = [0, 0, ""]; // it may go on writing from now on
      this.#again = this.#lines.again();
      Deno.writeTextFileSync(path, `${this.#again}\n`, { append: true, create: false });
    } catch {
      // It stays as it is where a file that is open cannot be cut off.
    }
  }

  #cutOff(kind: SaidKind): void {
    const path = saidPath(this.#spool, kind);
    try {
      if (Deno.statSync(path).size > MUCH_TOO_LARGE) Deno.truncateSync(path, LARGEST_RESULT + 1);
    } catch {
      // as above, or it is gone
    }
  }

  /** The checkpoint, where it is new and nobody is just writing it. */
  #restingCheckpoint(nowMs: number): Uint8Array | undefined {
    const of = this.#checkpoint;
    const info = infoOf(saidPath(this.#spool, "checkpoint"));
    const seen = info ? `${info.mtime?.getTime()} ${info.size} ${info.ino}` : "";
    if (seen !== of.seen) {
      [of.seen, of.sinceMs] = [seen, nowMs];
      return undefined;
    }
    if (nowMs < of.sinceMs + CHECKPOINT_REST_MS || nowMs < of.tellAtMs) return undefined;
    of.sinceMs = Infinity; // it is looked at once
    const bytes = this.#kept("checkpoint", []);
    if (!bytes || isSame(bytes, of.kept)) return undefined;
    of.tellAtMs = nowMs + CHECKPOINT_INTERVAL_MS;
    of.kept = bytes;
    return bytes;
  }

  /** A file that is not too large; else it is said that it is. */
  #kept(kind: "result" | "checkpoint", notes: string[]): Uint8Array | undefined {
    using file = openIfThere(saidPath(this.#spool, kind));
    if (!file) return undefined;
    const { size } = file.statSync();
    if (size <= LARGEST_RESULT) return readRange(file, 0, size);
    notes.push(`its ${kind} is not kept: it is larger than ${LARGEST_RESULT} bytes (64 KiB)`);
    return undefined;
  }
}

function isSame(bytes: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && bytes.length === other.length &&
    bytes.every((byte, at) => byte === other[at]);
}

function readRange(file: Deno.FsFile, from: number, to: number): Uint8Array {
  file.seekSync(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(to - from);
  let read = 0;
  while (read < bytes.length) {
    const count = file.readSync(bytes.subarray(read));
    if (count === null) break;
    read += count;
  }
  return bytes.subarray(0, read);
}

/** Nothing but a file: to open a pipe would wait for whoever writes to it. */
function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.lstatSync(path).isFile ? Deno.openSync(path) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
