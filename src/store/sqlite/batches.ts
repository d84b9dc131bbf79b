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
import { hasNeeds, type NewJob } from "../../domain/job.ts";
import type { Home } from "../../system/home.ts";
import { bePresent, isPresent, presencePath, presencesIn } from "../../system/presence.ts";
import type { EnqueueOptions } from "../contract.ts";
import { JoinTally } from "../rules/groups.ts";
import { idOf, waitingState } from "../rules/jobs.ts";
import { groupIn, noSuchGroupNeed, type ResolvedNeeds } from "../rules/needs.ts";
import { nameOf, NewJobTally } from "../rules/new_jobs.ts";
import { takenId, tooManyToWait } from "../rules/refusals.ts";
import type { Database } from "./engine/database.ts";
import { isTaken } from "./engine/failures.ts";
import { giveWay, type HasTime, turn } from "./engine/turns.ts";
import { knownIds, remember, storeTally } from "./enqueue.ts";
import { join, seal } from "./groups.ts";
import { checkCycles, needGroup } from "./needs.ts";
import {
  movePiece,
  type Moving,
  NewPiece,
  nextPiece,
  rechecks,
  removePiece,
  type StoredPiece,
} from "./pieces.ts";
import { noteInSublanes } from "./new_in_sublanes.ts";
import { findRow } from "./rows.ts";
import type { ToStage } from "./staged_needs.ts";

/** What is staged in one transaction, at most. */
const AT_ONCE = { pieces: 16, text: 1024 * 1024, chosen: 1000 };

/** What is to be enqueued. */
interface Wanted {
  jobs: Iterable<NewJob>;
  options: EnqueueOptions;
  /** What they need; undefined where none of them needs another: then they are taken one by one. */
  needs: ResolvedNeeds | undefined;
  /** Where some have keys. */
  keyed?: KeyedBatch;
}

/** What is done besides where some have keys; see `keyed_batches.ts`. */
export interface KeyedBatch {
  /** Ids that may be those of jobs which make room for new ones. */
  taken: ReadonlySet<string>;
  /** Puts the keys aside. */
  stage(db: Database, batch: string): Promise<void>;
  /** Right before they are enqueued, in the same transaction. @throws where others have come between */
  commit(db: Database, batch: string): void;
  /** What is to be answered, and remembered. */
  answer(ids: string[]): string[];
}

/** Stores jobs in the given order and returns their ids in that order; or those of the same request before. */
export async function enqueueMany(
  db: Database,
  home: Home,
  { jobs, options, needs, keyed }: Wanted,
): Promise<string[]> {
  while (await recover(db, home)) await giveWay(db); // ids that nobody will ever have are free again
  const known = await db.read((db) => knownIds(db, options));
  if (known) return known;
  const id = `${PREFIX}${crypto.randomUUID()}`;
  const presence = await bePresent(presencePath(home.dir, id));
  try {
    let staged: Staged;
    let enqueued: { first: number } | { known: string[] };
    try {
      staged = await stage(db, id, { jobs, options, needs, ...keyed && { keyed } });
      await db.flush(); // all that was staged: while others may write
      enqueued = await db.write((db) => commit(db, id, { staged, options, keyed }), { reserve: false });
    } catch (error) {
      await discard(db, id).catch(() => {}); // or others do it later
      throw error;
    }
    if ("known" in enqueued) {
      await discard(db, id);
      return enqueued.known;
    }
    await moveAll(db, id);
    const ids = idsFrom(enqueued.first, staged.names);
    return keyed ? keyed.answer(ids) : ids;
  } finally {
    Deno.removeSync(presencePath(home.dir, id));
    presence[Symbol.dispose]();
  }
}

/** What the names of locks begin with. */
const PREFIX = "batch-";

/** What was put aside. */
interface Staged {
  /** Null where the id is to be `j<seq>`. */
  names: (string | null)[];
  /** The groups that they join. */
  tally: JoinTally;
  /** What they need; left out where none needs another. */
  waits?: { needs: ResolvedNeeds; jobs: readonly NewJob[] };
}

/** Puts all jobs aside. */
async function stage(
  db: Database,
  batch: string,
  { jobs, options, needs, keyed }: Wanted,
): Promise<Staged> {
  await db.writeUnflushed((db) =>
    db.run("INSERT INTO batches (id, made_at) VALUES (?, ?)", batch, options.now)
  );
  const names: (string | null)[] = [];
  const tally = new JoinTally();
  const waits = needs && { needs, jobs: [...jobs] };
  const order = waits ? await inOrder(db, { ...waits, options }, names) : named(jobs, options);
  let pieces: NewPiece[] = [];
  let staged = 0;
  const flush = async () => {
    const texts = pieces.map((piece) => ({ piece, jobs: piece.toString() }));
    await db.writeUnflushed((db) => {
      checkThere(db, batch);
      for (const { piece, jobs } of texts) stagePiece(db, batch, { piece, jobs, taken: keyed?.taken });
    });
    pieces = []; // making the next ones takes long enough for others to get their turn
  };
  let last: NewPiece | undefined;
  for (const one of order) {
    if (!last || last.isFull || last.isOther(one)) {
      if (areMany(pieces)) await flush();
      pieces.push(last = new NewPiece(staged));
    }
    last.add(one);
    if (!needs) names.push(one.name);
    tally.add(one.job);
    staged += 1;
  }
  if (pieces.length > 0) await flush();
  if (needs) await db.writeUnflushed((db) => stageRechecks(db, batch, staged));
  await keyed?.stage(db, batch);
  return { names, tally, ...waits && { waits } };
}

/**
 * Jobs as they come; those in an array were asked whether they need others.
 * @throws {BadNeed} when one needs others: what they are is not known before all are there
 */
function* named(jobs: Iterable<NewJob>, options: EnqueueOptions): Iterable<ToStage> {
  const asked = Array.isArray(jobs);
  let index = 0;
  for (const job of jobs) {
    if (!asked && hasNeeds(job)) throw tooManyToWait(index);
    yield { job, name: nameOf(job, options), state: waitingState(job.runAt, options.now) };
    index += 1;
  }
}

/** Jobs of which some need others, those first; and the names of all in the given order. */
async function inOrder(
  db: Database,
  { jobs, options, needs }: { jobs: NewJob[]; options: EnqueueOptions; needs: ResolvedNeeds },
  names: (string | null)[],
): Promise<ToStage[]> {
  const { stagingOrder } = await import("./staged_needs.ts");
  for (const job of jobs) names.push(nameOf(job, options));
  return await stagingOrder(db, needs, { jobs, names, now: options.now });
}

function stageRechecks(db: Database, batch: string, jobs: number): void {
  checkThere(db, batch);
  rechecks(jobs).forEach((text, nth) => db.run(STAGE, batch, jobs + nth, text));
}

function areMany(pieces: readonly NewPiece[]): boolean {
  const sum = (of: (piece: NewPiece) => number) => pieces.reduce((sum, piece) => sum + of(piece), 0);
  return pieces.length >= AT_ONCE.pieces || sum(({ text }) => text) >= AT_ONCE.text ||
    sum(({ chosen }) => chosen.length) >= AT_ONCE.chosen;
}

const RESERVE = "INSERT INTO staged_names (name) VALUES (?)";
const EXISTS = "SELECT 1 FROM jobs WHERE name = ?";
const STAGE = "INSERT INTO staged (batch, start, jobs) VALUES (?, ?, ?)";

function stagePiece(
  db: Database,
  batch: string,
  { piece, jobs, taken }: { piece: NewPiece; jobs: string; taken: ReadonlySet<string> | undefined },
): void {
  for (const { name, index } of piece.chosen) {
    if (!reserve(db, name) || !taken?.has(name) && db.get(EXISTS, name)) throw takenId(name, index);
  }
  db.run(STAGE, batch, piece.start, jobs);
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
export function checkThere(db: Database, batch: string): void {
  if (db.get("SELECT 1 FROM batches WHERE id = ?", batch)) return;
  throw new StoreUnusable("Cannot enqueue: the lock of this batch was removed; nothing was enqueued");
}

const NEXT_NUMBER = "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'jobs' RETURNING seq";

/** From here on the jobs are enqueued. Returns the number of the first; or what another such request was given before. */
function commit(
  db: Database,
  batch: string,
  { staged: { names, tally, waits }, options, keyed }: {
    staged: Staged;
    options: EnqueueOptions;
    keyed: KeyedBatch | undefined;
  },
): { first: number } | { known: string[] } {
  checkThere(db, batch);
  const known = knownIds(db, options);
  if (known) return { known };
  keyed?.commit(db, batch);
  const last = db.get<{ seq: number }>(NEXT_NUMBER, names.length)?.seq ?? names.length;
  if (last === names.length) firstNumbers(db, last);
  const first = last - names.length + 1;
  db.run("UPDATE batches SET first = ? WHERE id = ?", first, batch);
  // they are open from here on, though they are moved later: else a group could end before
  const made = join(db, tally, options);
  if (waits) needStaged(db, waits.needs, waits.jobs);
  if (options.joining?.seal) seal(db, made, options.now);
  if (options.request) {
    const ids = idsFrom(first, names);
    remember(db, keyed ? keyed.answer(ids) : ids, options);
  }
  return { first };
}

/** The groups that they need have to be there, and to wait for none of them. @throws {BadNeed} */
function needStaged(db: Database, needs: ResolvedNeeds, jobs: readonly NewJob[]): void {
  checkCycles(db, needs, {
    groupOf: (index) => jobs[index]!.group,
    seqOf: (key) => groupIn(key) === undefined ? findRow(db, key)?.seq : needGroup(db, groupIn(key)!)?.seq,
  });
  const there = new Set<string>();
  for (const [index, own] of needs) {
    for (const one of own) {
      if (!("group" in one) || there.has(one.group)) continue;
      if (!needGroup(db, one.group)) throw noSuchGroupNeed(one.group, index);
      there.add(one.group);
    }
  }
}

function idsFrom(first: number, names: readonly (string | null)[]): string[] {
  return names.map((name, index) => idOf({ seq: first + index, name }));
}

/** Before the first job, there is no row that says which numbers are taken. */
function firstNumbers(db: Database, last: number): void {
  if (db.get("SELECT 1 FROM sqlite_sequence WHERE name = 'jobs'")) return;
  db.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('jobs', ?)", last);
}

/** A third of a usual turn: others wait for several of them where the machine is busy. */
const moving = () => turn({ least: 1, limitMs: 10 });

/** Moves a batch that is enqueued. What cannot be moved now is moved later, by whoever comes next. */
async function moveAll(db: Database, batch: string): Promise<void> {
  try {
    while (await db.writeUnflushed((db) => moveSome(db, batch, moving()))) await giveWay(db);
  } catch (error) {
    const passes = [StoreFull, StoreBusy, StoreNewer].some((Passing) => error instanceof Passing);
    if (!passes) throw error;
  }
}

/** Removes a batch that is not enqueued. */
async function discard(db: Database, batch: string): Promise<void> {
  while (await db.writeUnflushed((db) => discardSome(db, batch, moving()))) await giveWay(db);
}

/** Moves as many pieces as there is time for. Returns whether there are more. */
function moveSome(db: Database, batch: string, hasTime: HasTime): boolean {
  const made = db.get<{ made_at: number; first: number }>(
    "SELECT made_at, first FROM batches WHERE id = ?",
    batch,
  );
  if (!made) return false; // others have moved it
  const moving: Moving = { first: made.first, madeAt: made.made_at, tally: new NewJobTally() };
  const more = takePieces(db, batch, { hasTime }, (piece) => movePiece(db, piece, moving));
  if (moving.inSublanes) noteInSublanes(db, ...moving.inSublanes);
  storeTally(db, moving.tally, moving.madeAt);
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
  take: (piece: StoredPiece) => void,
): boolean {
  while (hasTime()) {
    const piece = nextPiece(db, batch);
    if (!piece) {
      db.run("DELETE FROM batches WHERE id = ?", batch);
      return false;
    }
    take(piece);
    removePiece(db, piece);
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
    await db.writeUnflushed((db) => work(db, id, moving()));
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
