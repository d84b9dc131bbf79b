/**
 * @module
 * Opening a damaged database to read from it. It is opened read-only, and neither it nor its log is ever changed.
 * Where SQLite refuses it as a whole, since it was cut off or its first page is gone, a copy is opened whose first
 * page is put in order: where the tables begin is the same in every store that was made with this schema.
 */
import { DatabaseSync } from "node:sqlite";
import { StoreDamaged } from "../../../domain/errors.ts";
import type { Home } from "../../../system/home.ts";
import { APPLICATION_ID } from "../engine/header.ts";
import { removeDatabase } from "../engine/new_file.ts";
import { PAGE, readPage } from "./pages.ts";

/** The fields of the header, by their offsets. */
const MAGIC = "SQLite format 3\0";
const CHANGE_COUNTER = 24;
const SIZE_VALID_FOR = 92;
const SIZE_IN_PAGES = 28;
const FREE_PAGES = { first: 32, count: 36 };
/** Of a b-tree page: its kind, how many cells it has, its last child, and where its cells are. */
const KIND = 0;
const CELL_COUNT = 3;
const LAST_CHILD = 8;
const CELLS = 12;
const INTERIOR = 5;

export interface Source extends Disposable {
  /** To be read from only. */
  db: DatabaseSync;
}

/**
 * Opens the home's database.
 *
 * @param home whose database
 * @param options `scratch` is a path for a copy, should it need one; `template` is the file of a new store
 * @throws {StoreDamaged} when nothing of it can be read
 */
export function openSource(
  home: Home,
  { scratch, template }: { scratch: string; template: string },
): Source {
  const direct = openDirectly(home);
  if (direct) return { db: direct, [Symbol.dispose]: () => direct.close() };
  const sound = Deno.readFileSync(template);
  for (const mend of [mendHeader, mendFirstPage, mendSchema]) {
    copy(home, scratch);
    mend(scratch, sound);
    const db = open(scratch);
    if (db) {
      return {
        db,
        [Symbol.dispose]() {
          db.close();
          removeDatabase(scratch);
        },
      };
    }
    removeDatabase(scratch);
  }
  throw nothingReadable(home);
}

export function nothingReadable(home: Home): StoreDamaged {
  return new StoreDamaged(`Cannot salvage "${home.database}": nothing of it can be read`);
}

/** The home's database as it is, or undefined when SQLite refuses it as a whole. */
export function openDirectly(home: Home): DatabaseSync | undefined {
  // SQLite would throw the log of an empty file away
  return sizeOf(home.database) < PAGE ? undefined : open(home.database);
}

function open(path: string): DatabaseSync | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    db.exec("PRAGMA busy_timeout=5000; BEGIN");
    const { id } = db.prepare("SELECT application_id AS id FROM pragma_application_id").get()!;
    const { tables } = db.prepare("SELECT count(*) AS tables FROM sqlite_schema WHERE name = 'jobs'").get()!;
    if (id === APPLICATION_ID && tables === 1) return db;
  } catch {
    // as good as not there
  }
  db?.close();
  return undefined;
}

function copy(home: Home, scratch: string): void {
  Deno.writeFileSync(scratch, new Uint8Array(), { createNew: true, mode: 0o600 });
  for (const companion of ["", "-wal"]) {
    try {
      Deno.copyFileSync(home.database + companion, scratch + companion);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * A copy of the home's database, in one file, with all that its log held; undefined when the log cannot be brought in.
 * To be removed with `removeDatabase`.
 */
export function copyAsOneFile(home: Home, scratch: string): Deno.FsFile | undefined {
  copy(home, scratch);
  mendHeader(scratch);
  try {
    const db = new DatabaseSync(scratch);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
  } catch {
    // then it matters whether there was anything in the log
  }
  if (sizeOf(`${scratch}-wal`) > 0) return undefined;
  return Deno.openSync(scratch);
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** Lets the size of the file be what it is: a file that was cut off is smaller than its header says. */
function mendHeader(path: string): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const { size } = file.statSync();
  file.truncateSync(size - size % PAGE);
  if (size < PAGE) return;
  write(file, forgetSize(readPage(file, 1)), 1);
}

/** Puts the first page of a new store in the place of this one. */
function mendFirstPage(path: string, template: Uint8Array): void {
  mendHeader(path);
  using file = Deno.openSync(path, { read: true, write: true });
  write(file, forgetSize(template.slice(0, PAGE)), 1);
}

/** The same with all pages on which the tables are described. */
function mendSchema(path: string, template: Uint8Array): void {
  mendFirstPage(path, template);
  using file = Deno.openSync(path, { read: true, write: true });
  for (const page of childrenOfFirst(template)) {
    write(file, template.slice((page - 1) * PAGE, page * PAGE), page);
  }
}

/** SQLite takes the header's number of pages only when two counters agree. No page is known to be free. */
function forgetSize(first: Uint8Array): Uint8Array {
  const view = new DataView(first.buffer);
  view.setUint32(SIZE_VALID_FOR, view.getUint32(CHANGE_COUNTER) + 1);
  view.setUint32(SIZE_IN_PAGES, 0);
  view.setUint32(FREE_PAGES.first, 0);
  view.setUint32(FREE_PAGES.count, 0);
  return first;
}

function childrenOfFirst(template: Uint8Array): number[] {
  const view = new DataView(template.buffer, 0, PAGE);
  const page = MAGIC.length + 84; // what is left of the header
  if (view.getUint8(page + KIND) !== INTERIOR) return [];
  const cells = Array.from(
    { length: view.getUint16(page + CELL_COUNT) },
    (_, n) => view.getUint32(view.getUint16(page + CELLS + 2 * n)),
  );
  return [...cells, view.getUint32(page + LAST_CHILD)];
}

function write(file: Deno.FsFile, bytes: Uint8Array, page: number): void {
  file.seekSync((page - 1) * PAGE, Deno.SeekMode.Start);
  file.writeSync(bytes);
}
