/**
 * @module
 * What is done to all jobs that a selector finds. First they are looked for, slice by slice; then each is changed, a few
 * in one transaction, where it still is what was looked for. So nobody waits long, what comes meanwhile stays, and
 * what is done is never more than was counted. Who is interrupted has done it to some of them.
 */
import type { State } from "../../domain/job.ts";
import { systemClock } from "../../system/clock.ts";
import type { Changed, ChangeOptions, JobSelector, Selection, Wish } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import { meant } from "../rules/refusals.ts";
import { type Condition, narrowIndex, ofOthers, ofSection, valuesOf, whereAll } from "./conditions.ts";
import { sectionsOf } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { byHandfuls, inTurns, turn } from "./engine/turns.ts";
import { haveKeyBack } from "./keys.ts";
import { cancelOne, editOne, holdOne, removeThese, retryThese } from "./manage.ts";
import { pauseOne, resumeOne } from "./pausing.ts";
import { sqlList, THESE } from "./words.ts";

/** As many numbers of jobs are gone through by one statement. */
const SLICE = 1_000;
/** So many indexes are looked into; to go through all jobs costs less than to ask more of them for each slice. */
const MOST_WAYS = 10;
/** How long to look before others who share this thread have their turn; one statement more may come after. */
const LOOK_MS = 6;

/** Looks for jobs, oldest first, up to the one that is the last when it begins. */
export async function select(db: Database, which: JobSelector, wish: Wish): Promise<Selection> {
  const last = await db.read((db) => db.get<{ seq: number | null }>(LAST)!.seq ?? 0);
  const seqs: number[] = [];
  let passedOver = 0;
  for (let from = 1; from <= last;) {
    const look = await db.read((db) => lookFrom(db, { which, wish }, { from, last }));
    for (const seq of look.seqs) seqs.push(seq);
    passedOver += look.others;
    from = look.next;
    await systemClock.sleep(0);
  }
  return { which, wish, seqs, passedOver };
}

const LAST = "SELECT max(seq) AS seq FROM jobs";

/** What is looked for, and what for. */
type Sought = Pick<Selection, "which" | "wish">;

/** Looks for a while. Returns the jobs that are meant, in order, how many others there are, and where to go on. */
function lookFrom(
  db: Database,
  { which, wish }: Sought,
  { from, last }: { from: number; last: number },
): { seqs: number[]; others: number; next: number } {
  const ways = waysTo(db, which);
  const seqs: number[] = [];
  let others = 0;
  const hasTime = turn({ limitMs: LOOK_MS, least: 1 });
  let next = from;
  while (next <= last && hasTime()) {
    const starts = ways.map((way) => firstFrom(db, way, next) ?? last + 1);
    const start = Math.min(...starts, last + 1);
    next = Math.min(start + SLICE, last + 1);
    const slices = ways.filter((_, n) => starts[n]! < next)
      .map((way) => lookIn(db, way, { wish, ends: [start, next] }));
    const found = slices.flatMap((slice) => JSON.parse(slice.seqs) as number[]);
    if (slices.length > 1) found.sort((a, b) => a - b);
    for (const seq of found) seqs.push(seq);
    for (const slice of slices) others += slice.others;
  }
  return { seqs, others, next };
}

/** A way to some of the jobs that are looked for; no job is on two of them. */
interface Way {
  index: string;
  /** What the index knows, so that the next job is found at once. */
  known: readonly Condition[];
  others: readonly Condition[];
}

/** The state of a job says on which way it is, so they are to be found anew in each transaction. */
function waysTo(db: Database, which: JobSelector): Way[] {
  const { queue, queues, state, states, label, labels, group, uniqueKey } = which;
  const others = ofOthers(which);
  const narrow = narrowIndex(which);
  if (narrow) {
    const knowns: JobSelector[] = uniqueKey !== undefined
      ? [{ uniqueKey }]
      : group !== undefined
      ? [{ group }]
      : (labels ?? [label!]).map((label) => ({ label }));
    return knowns.map((known) => ({
      ...{ index: `INDEXED BY ${narrow}`, known: ofOthers(known) },
      others: [...ofSection(which), ...others],
    }));
  }
  if ((queue ?? queues ?? state ?? states) === undefined) {
    return [{ index: "NOT INDEXED", known: [], others }];
  }
  const sections = sectionsOf(db, which, MOST_WAYS + 1);
  if (sections.length > MOST_WAYS) {
    return [{ index: "NOT INDEXED", known: [], others: [...ofSection(which), ...others] }];
  }
  return sections
    .map((section) => ({ index: "INDEXED BY by_state", known: ofSection(section), others }));
}

function firstFrom(db: Database, { index, known }: Way, from: number): number | undefined {
  const all = [...known, { sql: "seq >= ?", values: [from] }];
  const sql = `SELECT seq FROM jobs ${index} ${whereAll(all)} ORDER BY seq LIMIT 1`;
  return db.get<{ seq: number }>(sql, ...valuesOf(all))?.seq;
}

/** Those with a number from the first end up to, but without, the second: in one row, as very many may be meant. */
function lookIn(
  db: Database,
  { index, known, others }: Way,
  { wish, ends }: { wish: Wish; ends: [number, number] },
): { seqs: string; others: number } {
  const all = [...known, { sql: "seq >= ? AND seq < ?", values: ends }, ...others];
  const sql = `
    SELECT json_group_array(seq) FILTER (WHERE meant) AS seqs, count(*) FILTER (WHERE NOT meant) AS others
    FROM (SELECT seq, ${isMeant(wish)} AS meant FROM jobs ${index} ${whereAll(all)} ORDER BY seq)`;
  return db.get<{ seqs: string; others: number }>(sql, ...valuesOf(all))!;
}

function isMeant(wish: Wish): string {
  const { states, held } = meant(wish);
  return `(state IN ${sqlList(states)}${held === undefined ? "" : ` AND held = ${held ? 1 : 0}`})`;
}

/** What one needs to know of a job to change it. */
interface Row {
  seq: number;
  name: string | null;
  state: State;
  held: number;
  last_attempt: number;
  started_at: number | null;
  paused_at: number | null;
  unique_key: string | null;
}

/** Changes the selected jobs that still are what was looked for. */
export async function change(
  db: Database,
  { which, wish, seqs }: Selection,
  options: ChangeOptions,
): Promise<Changed> {
  const conditions = [...ofSection(which), ...ofOthers(which), { sql: isMeant(wish), values: [] }];
  const find =
    `SELECT seq, name, state, held, last_attempt, started_at, paused_at, unique_key FROM jobs NOT INDEXED ${
      whereAll([{ sql: `seq IN ${THESE}`, values: [] }, ...conditions])
    } ORDER BY seq`;
  const values = valuesOf(conditions);
  const begun = { at: 0, done: 0, changedMeanwhile: 0, held: 0, requested: [] as string[] };
  const { at: _, ...changed } = await inTurns(db, begun, (db, before) => {
    const state = { ...before, requested: [...before.requested] };
    state.at = byHandfuls(seqs, before.at, (some) => {
      const rows = db.all<Row>(find, JSON.stringify(some), ...values);
      const { changed, requested } = changeThese(db, rows, { ...options, verb: wish.verb });
      state.changedMeanwhile += some.length - changed.length;
      state.requested.push(...requested.map(idOf));
      if (wish.verb === "retry") state.held += changed.filter(({ held }) => held === 1).length;
      state.done += changed.length;
    });
    return { state, more: state.at < seqs.length };
  });
  return changed;
}

/** Changes jobs. Returns those that are changed, and of them those of which that could only be asked for. */
function changeThese(
  db: Database,
  rows: readonly Row[],
  options: ChangeOptions & Pick<Wish, "verb">,
): { changed: readonly Row[]; requested: readonly Row[] } {
  const { verb } = options;
  switch (verb) {
    case "delete":
      removeThese(db, rows);
      return { changed: rows, requested: [] };
    case "retry":
      return { changed: retryFree(db, rows, options.now), requested: [] };
    default:
      return {
        changed: rows,
        requested: rows.filter((row) => changeOne(db, row, { ...options, verb }) === "requested"),
      };
  }
}

/** Retries those whose key no other job has. Of several with the same key, the first has it then. */
function retryFree(db: Database, rows: readonly Row[], now: number): readonly Row[] {
  const wish = { now, ignoreNeeds: false };
  const keyed = rows.filter((row) => row.unique_key !== null);
  const barred = new Set(keyed.filter((row) => {
    const isFree = haveKeyBack(db, row, now) === undefined;
    if (isFree) retryThese(db, [row], wish);
    return !isFree;
  }));
  retryThese(db, rows.filter((row) => row.unique_key === null), wish);
  return rows.filter((row) => !barred.has(row));
}

function changeOne(
  db: Database,
  row: Row,
  { verb, now, changes = {} }: ChangeOptions & { verb: Exclude<Wish["verb"], "delete" | "retry"> },
): unknown {
  switch (verb) {
    case "cancel":
      return cancelOne(db, row, now);
    case "edit":
      return editOne(db, row, { changes, now });
    case "pause":
      return pauseOne(db, row, now);
    case "resume":
      return resumeOne(db, row, now);
    case "hold":
    case "release":
      return holdOne(db, row, verb === "hold");
  }
}
