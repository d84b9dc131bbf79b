/**
 * @module
 * Very many jobs at once, all or none of them, while nobody else waits for long. They are staged, some at a time;
 * then one short transaction gives them their numbers, and from there on they are enqueued, whatever happens; then
 * they are moved to `jobs`, some at a time. Who does that holds a lock; when it dies, others remove what was not
 * enqueued, and go on moving what was.
 *
 * Invariants: an id is reserved before it is looked for among the jobs, so no two jobs get the same; the counts
 * change in the transaction that moves the jobs.
 */
import { StoreBusy, StoreFull, StoreNewer, StoreUnusable } from "../../domain/errors.ts";
import type { NewJob } from "../../domain/job.ts";
import type { Home } from "../../system/home.ts";
import { bePresent, isPresent, presencePath, presencesIn } from "../../system/presence.ts";
import type { EnqueueOptions } from "../contract.ts";
import { textOf } from "../rules/divide.ts";
import { idOf, nameOf } from "../rules/job_id.ts";
import { NewJobTally } from "../rules/new_jobs.ts";
import { type FirstState, waitingState } from "../rules/order.ts";
import { takenId } from "../rules/refusals.ts";
import type { Database, Value } from "./engine/database.ts";
import { isTaken } from "./engine/failures.ts";
import { giveWay, type HasTime, turn } from "./engine/turns.ts";
import { knownIds, remember, storeTally } from "./enqueue.ts";
import { NEW_COLUMNS, newRow } from "./rows.ts";

/** The jobs of a piece: it is moved in one transaction. */
const PIECE = { jobs: 250, text: 256 * 1024 };
/** The pieces that are staged in one transaction. */
const PIECES = 16;

interface Piece {
  /** How many jobs of the batch come before. */
  start: number;
  rows: Value[][];
  /** The ids that users chose, and where in the batch. */
  chosen: { name: string; index: number }[];
}

/** Stores jobs in the given order and returns their ids in that order; or those of the same request before. */
export async function enqueueMany(
  db: Database,
  home: Home,
  { jobs, options }: { jobs: Iterable<NewJob>; options: EnqueueOptions },
): Promise<string[]> {
  while (await recover(db, home)) await giveWay(); // ids that nobody will ever have are free again
  const known = await db.read((db) => knownIds(db, options));
  if (known) return known;
  const id = `${PREFIX}${crypto.randomUUID()}`;
  const presence = await bePresent(presencePath(home.dir, id));
  try {
    let enqueued: { ids: string[]; first: boolean };
    try {
      const names = await stage(db, id, { jobs, options });
      enqueued = await db.write((db) => commit(db, id, { names, options }), { reserve: false });
    } catch (error) {
      await discard(db, id).catch(() => {}); // or others do it later
      throw error;
    }
    if (enqueued.first) await moveAll(db, id);
    else await discard(db, id);
    return enqueued.ids;
  } finally {
    Deno.removeSync(presencePath(home.dir, id));
    presence[Symbol.dispose]();
  }
}

/** What the names of locks begin with. */
const PREFIX = "batch-";

/** Puts all jobs aside and returns their names, null where the id is to be `j<seq>`. */
async function stage(
  db: Database,
  batch: string,
  { jobs, options }: { jobs: Iterable<NewJob>; options: EnqueueOptions },
): Promise<(string | null)[]> {
  await db.writeUnflushed((db) =>
    db.run("INSERT INTO batches (id, made_at) VALUES (?, ?)", batch, options.now)
  );
  const names: (string | null)[] = [];
  let pieces: Piece[] = [];
  const flush = async () => {
    await db.writeUnflushed((db) => {
      checkThere(db, batch);
      for (const piece of pieces) stagePiece(db, batch, piece);
    });
    pieces = []; // making the next ones takes long enough for others to get their turn
  };
  let text = 0;
  for (const job of jobs) {
    let piece = pieces.at(-1);
    if (!piece || piece.rows.length >= PIECE.jobs || text >= PIECE.text) {
      if (pieces.length === PIECES) await flush();
      pieces.push(piece = { start: names.length, rows: [], chosen: [] });
      text = 0;
    }
    const name = nameOf(job, options);
    if (job.id !== null) piece.chosen.push({ name: job.id, index: names.length });
    names.push(name);
    piece.rows.push(newRow(job, name, waitingState(job.runAt, options.now)));
    text += textOf(job);
  }
  if (pieces.length > 0) await flush();
  return names;
}

const RESERVE = "INSERT INTO staged_names (name) VALUES (?)";
const EXISTS = "SELECT 1 FROM jobs WHERE name = ?";
const STAGE = "INSERT INTO staged (batch, start, jobs) VALUES (?, ?, ?)";

function stagePiece(db: Database, batch: string, { start, rows, chosen }: Piece): void {
  for (const { name, index } of chosen) {
    if (!reserve(db, name) || db.get(EXISTS, name)) throw takenId(name, index);
  }
  db.run(STAGE, batch, start, JSON.stringify({ columns: NEW_COLUMNS, rows }));
}

function reserve(db: Database, name: string): boolean {
  try {
    return db.run(RESERVE, name) > 0;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

/** Others remove what they take for a dead one's: then nothing of it is left. */
function checkThere(db: Database, batch: string): void {
  if (db.get("SELECT 1 FROM batches WHERE id = ?", batch)) return;
  throw new StoreUnusable("Cannot enqueue: the lock of this batch was removed; nothing was enqueued");
}

const NEXT_NUMBER = "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'jobs' RETURNING seq";

/** From here on the jobs are enqueued. `first` is false when another such request was faster. */
function commit(
  db: Database,
  batch: string,
  { names, options }: { names: readonly (string | null)[]; options: EnqueueOptions },
): { ids: string[]; first: boolean } {
  checkThere(db, batch);
  const known = knownIds(db, options);
  if (known) return { ids: known, first: false };
  const last = db.get<{ seq: number }>(NEXT_NUMBER, names.length)?.seq ?? names.length;
  if (last === names.length) firstNumbers(db, last);
  const first = last - names.length + 1;
  db.run("UPDATE batches SET first = ? WHERE id = ?", first, batch);
  const ids = names.map((name, index) => idOf({ seq: first + index, name }));
  remember(db, ids, options);
  return { ids, first: true };
}

/** Before the first job, there is no row that says which numbers are taken. */
function firstNumbers(db: Database, last: number): void {
  if (db.get("SELECT 1 FROM sqlite_sequence WHERE name = 'jobs'")) return;
  db.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', ?)", last);
}

/** Moves a batch that is enqueued. What cannot be moved now is moved later, by whoever comes next. */
async function moveAll(db: Database, batch: string): Promise<void> {
  try {
    while (await db.writeUnflushed((db) => moveSome(db, batch, turn({ least: 1 })))) await giveWay();
  } catch (error) {
    const passes = [StoreFull, StoreBusy, StoreNewer].some((Passing) => error instanceof Passing);
    if (!passes) throw error;
  }
}

/** Removes a batch that is not enqueued. */
async function discard(db: Database, batch: string): Promise<void> {
  while (await db.writeUnflushed((db) => discardSome(db, batch, turn({ least: 1 })))) await giveWay();
}

/** A row of `staged`. */
interface StagedRow {
  piece: number;
  start: number;
  jobs: string;
}

const NEXT = "SELECT piece, start, jobs FROM staged WHERE batch = ? ORDER BY start LIMIT 1";
const RELEASE = "DELETE FROM staged_names WHERE name IN (SELECT value FROM json_each(?))";

/** Rows of `jobs` as they stand in `staged`, and what their columns are: another version may have staged them. */
interface StagedJobs {
  columns: readonly string[];
  rows: Value[][];
}

/** The columns of pieces that are rows alone, as the first ones were. */
const FIRST_COLUMNS = [
  ...["name", "queue", "command", "state", "priority", "max_retries", "timeout_ms", "run_at", "label", "cwd"],
  ...["env", "held"],
];

function readStaged(jobs: string): StagedJobs {
  const staged: StagedJobs | Value[][] = JSON.parse(jobs);
  return "rows" in staged ? staged : { columns: FIRST_COLUMNS, rows: staged };
}

/** Inserts the rows of a piece, as far as this version knows their columns; the database fills in what they lack. */
function moveSql(columns: readonly string[]): string {
  const known = NEW_COLUMNS.filter((column) => columns.includes(column));
  const values = known.map((column) => `value ->> ${columns.indexOf(column)}`);
  const from = columns === FIRST_COLUMNS ? "json_each(?)" : "json_each(?, '$.rows')";
  return `INSERT INTO jobs (seq, created_at, ${known.join(", ")}) SELECT ? + key, ?, ${
    values.join(", ")
  } FROM ${from}`;
}

/** Moves as many pieces as there is time for. Returns whether there are more. */
function moveSome(db: Database, batch: string, hasTime: HasTime): boolean {
  const made = db.get<{ made_at: number; first: number }>(
    "SELECT made_at, first FROM batches WHERE id = ?",
    batch,
  );
  if (!made) return false; // others have moved it
  const tally = new NewJobTally();
  const more = takePieces(db, batch, { hasTime }, ({ start, jobs }, { columns, rows }) => {
    db.run(moveSql(columns), made.first + start, made.made_at, jobs);
    const at = (column: string) => columns.indexOf(column);
    const [queue, state, held, priority] = [at("queue"), at("state"), at("held"), at("priority")];
    for (const [index, row] of rows.entries()) {
      tally.add({
        queue: row[queue] as string,
        state: row[state] as FirstState,
        held: row[held] === 1,
        priority: row[priority] as number,
        seq: made.first + start + index,
      });
    }
  });
  storeTally(db, tally, made.made_at);
  return more;
}

/** Removes as many pieces as there is time for. Returns whether there are more. */
function discardSome(db: Database, batch: string, hasTime: HasTime): boolean {
  return takePieces(db, batch, { hasTime }, () => {});
}

function takePieces(
  db: Database,
  batch: string,
  { hasTime }: { hasTime: HasTime },
  take: (piece: StagedRow, staged: StagedJobs) => void,
): boolean {
  while (hasTime()) {
    const piece = db.get<StagedRow>(NEXT, batch);
    if (!piece) {
      db.run("DELETE FROM batches WHERE id = ?", batch);
      return false;
    }
    const staged = readStaged(piece.jobs);
    take(piece, staged);
    db.run("DELETE FROM staged WHERE piece = ?", piece.piece);
    const at = staged.columns.indexOf("name");
    const names = staged.rows.map((row) => row[at]).filter((name) => name !== null);
    if (names.length > 0) db.run(RELEASE, JSON.stringify(names));
  }
  return true;
}

/**
 * Goes on, for one short transaction, with batches that nobody is at any more: those that were enqueued are moved, the
 * others removed. Returns whether there is more to do.
 */
export async function recover(db: Database, home: Home): Promise<boolean> {
  const isDead = async (id: string) => await isPresent(presencePath(home.dir, id)) !== true;
  const locks = presencesIn(home.dir).filter((id) => id.startsWith(PREFIX));
  const dead = [];
  for (const id of locks) if (await isDead(id)) dead.push(id);
  const batches = await db.read((db) =>
    db.all<{ id: string; first: number | null }>("SELECT id, first FROM batches ORDER BY first")
  );
  for (const { id, first } of batches) {
    if (!await isDead(id)) continue;
    const work = first === null ? discardSome : moveSome;
    await db.writeUnflushed((db) => work(db, id, turn({ least: 1 })));
    return true;
  }
  for (const id of dead) removeIfThere(presencePath(home.dir, id));
  return false;
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
