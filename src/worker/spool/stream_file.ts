/**
 * @module
 * One stream of an attempt in its spool: a file that the command appends to, kept small meanwhile. Of what was printed,
 * the beginning and the end stay, half of a limit each; what lies between is given back to the disk. Offsets are those
 * of the stream, whatever became of the file. A name in the spool tells those who come later.
 *
 * There are two ways. Punching a hole changes nothing else, but takes a program and a moment. Where that is not to be
 * had, or the command outruns it, the end is copied to the front and the file is cut off behind it: at once, but what
 * is printed between the last look at its size and the cut is lost, and not counted.
 */
import type { Stream } from "../../domain/job.ts";
import { thisPlatform } from "../process/this_platform.ts";
import type { Platform } from "../process/platform.ts";
import { isRoomy, noteIfFull } from "./full_disk.ts";
import { noteTrim, splitSpool, streamPath, type Trim, trimOf } from "./spool.ts";

/** Holes begin and end at multiples of this: only whole blocks of a file system are given back. */
const BLOCK = 64 * 1024;
/** As many bytes too many are borne, or as many as the limit: giving back less is not worth starting a program. */
const SLACK = 256 * 1024;
/** With this much too much, or this many times the limit, there is no time left for a hole. */
const OUTRUN = 1024 * 1024;
const OUTRUN_LIMITS = 4;
/** The same where there is much room: exact numbers are worth some of it. */
const OUTRUN_ROOMY = 8 * 1024 * 1024;
/** New bytes are copied after the first ones this often at most, and this many: else they come faster than that. */
const COPIES = 4;
const MORE = 256 * 1024;

/** How often it is looked at: a silent stream, and one that grows as fast as it can. */
const LONGEST_PAUSE_MS = 50;
const SHORTEST_PAUSE_MS = 2;
/** A stream may begin in haste. Until it has this age, it is looked at this often. */
const YOUNG = [{ untilMs: 100, pauseMs: 5 }, { untilMs: 1000, pauseMs: 10 }];

/** What it takes to give back a part of a file. */
export interface Means extends Pick<Platform, "punchHole" | "appends"> {
  /** Whether there is much room on the disk of a directory. */
  isRoomy(directory: string): boolean;
}

const MEANS: Means = { punchHole: thisPlatform.punchHole, appends: thisPlatform.appends, isRoomy };

export class StreamFile {
  /** Bytes kept of the beginning. */
  readonly head: number;
  /** Bytes kept of the end. */
  readonly tail: number;
  readonly #spool: string;
  readonly #stream: Stream;
  readonly #limit: number;
  readonly #means: Means;
  /** As in the spool; undefined until something was given back. */
  #trim: Trim | undefined;
  /** In the file, everything between the head and this has been given back, or is about to be. */
  #given: number;
  #punching = false;
  #canPunch = true;
  #firstMs: number | undefined;
  /** When there was too much in the file last. */
  #overflowedMs = -Infinity;
  #last = { size: 0, ms: 0 };
  #writtenAt = 0;

  /** `limit` is the bytes to be kept, unless some have been given back with another limit. */
  constructor(
    { spool, stream, limit, known }: { spool: string; stream: Stream; limit: number; known: boolean },
    means: Means = MEANS,
  ) {
    this.#spool = spool;
    this.#stream = stream;
    this.#means = means;
    this.#trim = known ? trimOf(spool, stream) : undefined;
    this.#limit = this.#trim?.limit ?? limit;
    this.head = Math.floor(this.#limit / 2);
    this.tail = this.#limit - this.head;
    this.#given = upToBlock(this.head);
    if (this.#trim) this.#findHole();
  }

  /** Something was given back, which has left a name in the spool. */
  get trimmed(): boolean {
    return this.#trim !== undefined;
  }

  size(): number {
    return this.#info().size + this.#cut;
  }

  /** When it was written to last, in ms since the epoch, as of the last look at it. */
  get writtenAt(): number {
    return this.#writtenAt;
  }

  /** There is much more in the file than is kept in the end, or was after a time by the monotonic clock. */
  overflowedSince(sinceMs: number): boolean {
    return this.#overflowedMs >= sinceMs || this.#isTooMuch(this.#info().size - this.tail - this.#given);
  }

  /** Opens the file at an offset of the stream, within its head or its tail. */
  open(from: number): Deno.FsFile {
    const file = Deno.openSync(this.#path);
    file.seekSync(from < this.head ? from : from - this.#cut, Deno.SeekMode.Start);
    return file;
  }

  /**
   * Gives back what has become too much. Returns how much was printed, when to look again, and whether those who print it
   * are to be halted, if they `canBeHalted`, until it is cut off.
   */
  keepSmall(
    nowMs: number,
    { canBeHalted = false }: { canBeHalted?: boolean } = {},
  ): { size: number; pauseMs: number; halt: boolean } {
    const { size } = this.#info();
    if (size < this.#given) this.#given = upToBlock(this.head); // the command has emptied it itself
    const excess = size - this.tail - this.#given;
    let halt = false;
    if (this.#means.appends && this.#isTooMuch(excess)) {
      this.#overflowedMs = nowMs;
      const full = this.#lookForRoom();
      const outrun = this.#outrun;
      halt = canBeHalted && !full && excess > outrun;
      if (full || excess > outrun && !halt || !this.#canPunch && !halt) this.#cutOff();
      else if (!halt && !this.#punching) this.#punch(size);
    }
    return { size: size + this.#cut, pauseMs: this.#pause(size + this.#cut, nowMs), halt };
  }

  /** Gives back at once what has become too much: those who print it may stand still. */
  cut(): void {
    const { size } = this.#info();
    if (this.#means.appends && this.#isTooMuch(size - this.tail - this.#given)) this.#cutOff();
  }

  /**
   * The command has ended: on a full disk what is not kept goes now, since to settle the attempt takes room. Returns how
   * much was printed.
   */
  giveUp(): number {
    const { size } = this.#info();
    const cuts = this.#isTooMuch(size - this.tail - this.#given) && this.#lookForRoom();
    if (cuts) this.#cutOff();
    return cuts ? this.size() : size + this.#cut;
  }

  get #path(): string {
    return streamPath(this.#spool, this.#stream);
  }

  /** Bytes of the stream that are missing in the file, between its head and its tail. */
  get #cut(): number {
    return this.#trim?.cut ?? 0;
  }

  get #outrun(): number {
    const { directory } = splitSpool(this.#spool);
    return Math.max(OUTRUN_LIMITS * this.#limit, this.#means.isRoomy(directory) ? OUTRUN_ROOMY : OUTRUN);
  }

  #isTooMuch(excess: number): boolean {
    return excess > Math.max(this.#limit, SLACK);
  }

  /** Until about half of what is borne could have been printed. */
  #pause(size: number, nowMs: number): number {
    const perMs = (size - this.#last.size) / Math.max(1, nowMs - this.#last.ms);
    this.#last = { size, ms: nowMs };
    this.#firstMs ??= nowMs;
    const pause = Math.min(LONGEST_PAUSE_MS, this.#outrun / 2 / Math.max(1, perMs));
    const young = YOUNG.find(({ untilMs }) => nowMs - this.#firstMs! < untilMs);
    return Math.max(SHORTEST_PAUSE_MS, Math.min(pause, young?.pauseMs ?? pause));
  }

  /** Where somebody else has punched a hole, and has not left much behind it, it reaches almost to the end. */
  #findHole(): void {
    const { size, blocks } = this.#info();
    if (blocks === null || blocks * 512 > this.#limit + this.#outrun) return;
    this.#given = Math.max(this.#given, downToBlock(size - this.tail));
  }

  async #punch(size: number): Promise<void> {
    const from = this.#given;
    const to = downToBlock(size - this.tail);
    this.#note(this.#cut);
    this.#punching = true;
    this.#given = to;
    const punched = await this.#means.punchHole(this.#path, { from, length: to - from }).catch(() => false);
    this.#punching = false;
    if (punched) return;
    this.#canPunch = false;
    this.#given = from;
  }

  /**
   * Copies the end to where the hole ends, and cuts off the rest. The room for that is there already. What is printed
   * meanwhile is copied, too, unless it comes faster than that.
   */
  #cutOff(): void {
    using file = Deno.openSync(this.#path, { read: true, write: true });
    let { size } = file.statSync();
    let from = size - this.tail;
    let to = this.#given;
    for (let copies = 0; copies < COPIES && from < size; copies++) {
      if (copies > 0 && (size - from > MORE || to + size - from > from)) break;
      copy(file, { from, to, length: size - from });
      if (copies === 0) this.#lookForRoom();
      to += size - from;
      from = size;
      size = file.statSync().size;
    }
    file.truncateSync(to);
    this.#note(this.#cut + size - to);
  }

  /** If there is none, somebody may fail for want of it. */
  #lookForRoom(): boolean {
    const { directory, token } = splitSpool(this.#spool);
    return !this.#means.isRoomy(directory) && noteIfFull(directory, `${token}.room`);
  }

  /** Those who come later shall know. When there is no room even for a name, making room comes first. */
  #note(cut: number): void {
    const trim = { limit: this.#limit, cut };
    try {
      noteTrim(this.#spool, this.#stream, { before: this.#trim, now: trim });
    } catch {
      // They will take the stream to be shorter than it was.
    }
    this.#trim = trim;
  }

  #info(): { size: number; blocks: number | null } {
    try {
      const info = Deno.statSync(this.#path);
      this.#writtenAt = info.mtime?.getTime() ?? 0;
      return info;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { size: 0, blocks: null };
      throw error;
    }
  }
}

/** Used again and again: fresh memory for every copy takes longer than to copy. */
let buffer = new Uint8Array(0);

function copy(file: Deno.FsFile, { from, to, length }: { from: number; to: number; length: number }): void {
  if (buffer.length < length) buffer = new Uint8Array(length);
  file.seekSync(from, Deno.SeekMode.Start);
  for (let read = 0; read < length;) read += file.readSync(buffer.subarray(read, length)) ?? length;
  file.seekSync(to, Deno.SeekMode.Start);
  for (let written = 0; written < length;) written += file.writeSync(buffer.subarray(written, length));
}

function downToBlock(offset: number): number {
  return Math.floor(offset / BLOCK) * BLOCK;
}

function upToBlock(offset: number): number {
  return Math.ceil(offset / BLOCK) * BLOCK;
}
