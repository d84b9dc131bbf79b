/**
 * @module
 * Rows read from the pages of a database file one by one, without the tree that leads to them: where a page near the
 * root is gone, everything below is still there. The format is described at https://sqlite.org/fileformat2.html.
 * Pages that are known to be free are passed over, since what is left on them was deleted.
 */

/** The size of every page of a store. */
export const PAGE = 4096;

/** The kinds of pages that hold rows: of tables with row numbers, and of those without. */
const LEAF = 13;
const INDEX_LEAF = 10;
const INDEX_INTERIOR = 2;
/** How much of a row such a page holds at most; the rest is on pages of its own. */
const MOST_ON_LEAF = PAGE - 35;
const MOST_ON_INDEX = Math.floor((PAGE - 12) * 64 / 255) - 23;
const LEAST = Math.floor((PAGE - 12) * 32 / 255) - 23;
/** Longer rows make no sense. */
const LONGEST = 64 * 1024 * 1024;

/** After every so many pages comes one that says what they are for. */
const MAPPED = PAGE / 5 | 0;
const FREE = 2;

export type Field = string | number | null | Uint8Array;

/** A row as it stands on a page. */
export interface PageRow {
  /** Its number; undefined in tables without. */
  rowid: number | undefined;
  /** Its columns, in order; the one that is the row's number is null. */
  fields: Field[];
}

/** Every row on every page that is not free. Rows that make no sense are passed over. */
export function* rowsOnPages(file: Deno.FsFile): Generator<PageRow> {
  const pages = Math.floor(file.statSync().size / PAGE);
  let map = new Uint8Array(PAGE);
  for (let page = 2; page <= pages; page++) {
    const bytes = readPage(file, page);
    const entry = (page - 2) % (MAPPED + 1);
    if (entry === 0) map = bytes;
    else if (map[5 * (entry - 1)] !== FREE) yield* rowsOn(file, bytes);
  }
}

/** A page by its number, from 1. */
export function readPage(file: Deno.FsFile, page: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PAGE);
  file.seekSync((page - 1) * PAGE, Deno.SeekMode.Start);
  for (let read = 0; read < PAGE;) {
    const n = file.readSync(bytes.subarray(read));
    if (n === null) break;
    read += n;
  }
  return bytes;
}

function* rowsOn(file: Deno.FsFile, bytes: Uint8Array<ArrayBuffer>): Generator<PageRow> {
  const kind = bytes[0];
  if (kind !== LEAF && kind !== INDEX_LEAF && kind !== INDEX_INTERIOR) return;
  const pointers = kind === INDEX_INTERIOR ? 12 : 8;
  const cells = Math.min(bytes[3]! << 8 | bytes[4]!, (PAGE - pointers) / 2);
  for (let cell = 0; cell < cells; cell++) {
    const at = bytes[pointers + 2 * cell]! << 8 | bytes[pointers + 2 * cell + 1]!;
    try {
      yield readCell(file, new Reader(bytes, kind === INDEX_INTERIOR ? at + 4 : at), kind === LEAF);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
}

function readCell(file: Deno.FsFile, reader: Reader, hasNumber: boolean): PageRow {
  const length = reader.varint();
  const rowid = hasNumber ? reader.varint() : undefined;
  const most = hasNumber ? MOST_ON_LEAF : MOST_ON_INDEX;
  if (length <= most) return { rowid, fields: readRecord(reader.take(length)) };
  if (length > LONGEST) throw new RangeError("too long");
  const preferred = LEAST + (length - LEAST) % (PAGE - 4);
  const record = new Uint8Array(length);
  const first = reader.take(preferred <= most ? preferred : LEAST);
  record.set(first);
  let next = reader.integer(4);
  for (let filled = first.length; filled < length;) {
    if (next < 2) throw new RangeError("ends too soon");
    const rest = new Reader(readPage(file, next), 0);
    next = rest.integer(4);
    const piece = rest.take(Math.min(PAGE - 4, length - filled));
    record.set(piece, filled);
    filled += piece.length;
  }
  return { rowid, fields: readRecord(record) };
}

function readRecord(bytes: Uint8Array<ArrayBuffer>): Field[] {
  const header = new Reader(bytes, 0);
  const body = new Reader(bytes, header.varint());
  const end = body.at;
  const fields: Field[] = [];
  while (header.at < end) fields.push(readField(header.varint(), body));
  return fields;
}

/** Bytes of the integers of each type. */
const INTEGERS: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8 };
const utf8 = new TextDecoder("utf-8", { fatal: true });

function readField(type: number, body: Reader): Field {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  const integer = INTEGERS[type];
  if (integer !== undefined) return body.integer(integer);
  if (type < 12) throw new RangeError("no such type"); // numbers with a fraction are not stored here
  const bytes = body.take((type - (type % 2 === 0 ? 12 : 13)) / 2);
  if (type % 2 === 0) return bytes.slice();
  try {
    return utf8.decode(bytes);
  } catch {
    throw new RangeError("not text");
  }
}

/** Reads on from a place. @throws {RangeError} past the end, and for numbers that are too large */
class Reader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  at: number;

  constructor(bytes: Uint8Array<ArrayBuffer>, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.at + length > this.#bytes.length) throw new RangeError("past the end");
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** Seven bits a byte, the highest bit says that more follow. */
  varint(): number {
    let value = 0;
    for (let length = 1; length <= 8; length++) {
      const [byte] = this.take(1);
      value = value * 128 + (byte! & 127);
      if (byte! < 128) return safe(value);
    }
    throw new RangeError("too large");
  }

  /** Signed, the highest byte first. */
  integer(length: number): number {
    const [first, ...rest] = this.take(length);
    let value = first! << 24 >> 24;
    for (const byte of rest) value = value * 256 + byte;
    return safe(value);
  }
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError("too large");
  return value;
}
