/**
 * @module
 * A disk that loses power. What was flushed stays: the bytes of a file by a flush of the file, its name by a
 * flush of its directory. All else may be there or not, whole or in part, in any order.
 */
import { below, type Random, shuffled } from "./random.ts";
import type { Act } from "./recording.ts";

/** What becomes of that which was not flushed. */
export const FATES = [
  "none", // all of it is lost
  "all", // nothing is lost
  "some", // each act is lost or not
  "torn", // each sector of each write is lost or not
  "shuffled", // some acts, and in another order
] as const;

/** What becomes of that which was not flushed. */
export type Fate = typeof FATES[number];

/** The smallest piece that a disk writes as one. */
const SECTOR = 512;

/** A change to a file. */
type Change = Act & { act: "write" | "truncate" };

/** A file, whatever its name. */
class File {
  readonly durable = new Content();
  pending: Change[] = [];

  flush(): void {
    for (const change of this.pending) this.durable.apply(change);
    this.pending = [];
  }
}

/** A directory. A name that stands for nothing was removed. */
class Directory {
  readonly durable = new Map<string, Entry>();
  pending: { name: string; entry: Entry | undefined }[] = [];

  flush(): void {
    for (const { name, entry } of this.pending) set(this.durable, name, entry);
    this.pending = [];
  }
}

type Entry = File | Directory;

function set(entries: Map<string, Entry>, name: string, entry: Entry | undefined): void {
  if (entry) entries.set(name, entry);
  else entries.delete(name);
}

/** The disk under a directory that was there before. */
export class Disk {
  readonly #root = new Directory();
  /** By paths, as the running process sees it. */
  readonly #seen = new Map<string, Entry>([["", this.#root]]);
  readonly #forgets: (path: string) => boolean;

  /** A disk that takes flushes of some paths for nothing, as broken ones do. */
  constructor(forgets: (path: string) => boolean = () => false) {
    this.#forgets = forgets;
  }

  /** Does what a process did. */
  take(act: Act): void {
    switch (act.act) {
      case "make":
        return this.#name(act.path, new File());
      case "makeDirectory":
        return this.#name(act.path, new Directory());
      case "remove":
        return this.#name(act.path, undefined);
      case "flush":
        if (!this.#forgets(act.path)) this.#seen.get(act.path)!.flush();
        return;
      case "write":
      case "truncate":
        return void (this.#seen.get(act.path) as File).pending.push(act);
      case "print":
        return;
      case "unknown":
        throw new Error(`"${act.path}" was changed in a way that the recorder does not know`);
    }
  }

  /** What is there after a power cut, by path; directories are undefined. The disk itself goes on as before. */
  cut(fate: Fate, random: Random): Map<string, Uint8Array<ArrayBuffer> | undefined> {
    const found = new Map<string, Uint8Array<ArrayBuffer> | undefined>();
    // how much is lost differs from cut to cut, so that nearly nothing and nearly everything occur, too
    const share = random();
    const walk = (directory: Directory, path: string) => {
      for (const [name, entry] of entriesAfter(directory, fate, random)) {
        const of = path === "" ? name : `${path}/${name}`;
        if (entry instanceof File) {
          const content = entry.durable.copy();
          for (const change of survivors(entry.pending, { fate, share, random })) content.apply(change);
          found.set(of, content.bytes);
        } else {
          found.set(of, undefined);
          walk(entry, of);
        }
      }
    };
    walk(this.#root, "");
    return found;
  }

  #name(path: string, entry: Entry | undefined): void {
    const slash = path.lastIndexOf("/");
    const parent = this.#seen.get(path.slice(0, Math.max(slash, 0))) as Directory;
    parent.pending.push({ name: path.slice(slash + 1), entry });
    set(this.#seen, path, entry);
  }
}

/** Of each name, the earlier changes survive, up to any of them. */
function entriesAfter({ durable, pending }: Directory, fate: Fate, random: Random): Map<string, Entry> {
  const entries = new Map(durable);
  for (const name of fate === "none" ? [] : new Set(pending.map(({ name }) => name))) {
    const changes = pending.filter((change) => change.name === name);
    const survive = fate === "all" ? changes.length : below(random, changes.length + 1);
    if (survive > 0) set(entries, name, changes[survive - 1]!.entry);
  }
  return entries;
}

function survivors(
  pending: readonly Change[],
  { fate, share, random }: { fate: Fate; share: number; random: Random },
): readonly Change[] {
  const survives = () => random() < share;
  switch (fate) {
    case "none":
      return [];
    case "all":
      return pending;
    case "some":
      return pending.filter(survives);
    case "torn":
      return pending.flatMap(sectors).filter(survives);
    case "shuffled":
      return shuffled(random, pending.filter(survives));
  }
}

function sectors(change: Change): Change[] {
  if (change.act === "truncate") return [change];
  const pieces: Change[] = [];
  for (let from = 0; from < change.bytes.length;) {
    const offset = change.offset + from;
    const to = Math.min(from + SECTOR - offset % SECTOR, change.bytes.length);
    pieces.push({ ...change, offset, bytes: change.bytes.subarray(from, to) });
    from = to;
  }
  return pieces;
}

/** The bytes of a file, with room to grow. */
class Content {
  #room = new Uint8Array(0);
  #size = 0;

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.#size);
  }

  copy(): Content {
    const copy = new Content();
    copy.#room = this.bytes.slice();
    copy.#size = this.#size;
    return copy;
  }

  apply(change: Change): void {
    if (change.act === "truncate") return this.#resize(change.size);
    const end = change.offset + change.bytes.length;
    if (end > this.#size) this.#resize(end);
    this.#room.set(change.bytes, change.offset);
  }

  /** What is new, is zero. */
  #resize(size: number): void {
    if (size > this.#room.length) {
      const room = new Uint8Array(size * 2);
      room.set(this.bytes);
      this.#room = room;
    }
    if (size < this.#size) this.#room.fill(0, size, this.#size);
    this.#size = size;
  }
}
