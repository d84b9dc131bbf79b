/**
 * @module
 * Pages of jobs, of which the thousandth costs what the first does (see `rules/pages.ts`). Where a queue or a state is
 * asked for, every queue and state that has jobs is a *section* with an index of its own in the order wanted; the first
 * jobs of all sections together are the page. Of very many sections, those with the first jobs are found by one
 * statement.
 */
import { type Job, type State, STATES } from "../../domain/job.ts";
import { systemClock } from "../../system/clock.ts";
import type { JobFilter, JobPage } from "../contract.ts";
import { DEFAULT_SORT, firstOf, keyIn, lookedFor, pageOf, type Sort } from "../rules/pages.ts";
import {
  type Condition,
  isIndexed,
  narrowIndex,
  ofOthers,
  ofSection,
  valuesOf,
  whereAll,
} from "./conditions.ts";
import { type Section, sectionsOf } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { queuesOfFirst } from "./first_lanes.ts";
import { type JobRow, toJob } from "./rows.ts";
import { withSaid } from "./said.ts";

/** An order of jobs, as SQL. */
interface Order {
  by: string;
  /** What comes after a key: each job that does meets exactly one of these, and an index answers each. */
  after(key: readonly number[]): Condition[];
}

const ORDERS: Readonly<Record<Sort, Order>> = {
  newest: { by: "seq DESC", after: (key) => [{ sql: "seq < ?", values: [...key] }] },
  oldest: { by: "seq", after: (key) => [{ sql: "seq > ?", values: [...key] }] },
  priority: {
    by: "priority, seq",
    // (priority, seq) > (?, ?) would read every job of the same priority
    after: ([priority, seq]) => [
      { sql: "priority = ? AND seq > ?", values: [priority!, seq!] },
      { sql: "priority > ?", values: [priority!] },
    ],
  },
};

/** Jobs with numbers from one up to, but without, another. */
interface Slice {
  from: number;
  to: number;
}

/** As many numbers of jobs are gone through at a time: that takes milliseconds. */
const SLICE = 4_000;
/** So many sections are asked for their part of a slice; to go through all of it costs less than to ask more. */
const MOST_IN_SLICE = 10;

/** One page of jobs. What no index knows is looked for slice by slice, and between two others have their turn. */
export async function list(db: Database, filter: JobFilter): Promise<JobPage> {
  const wanted = lookedFor(filter);
  const rows = isIndexed(filter) || filter.sort === "priority"
    ? await db.read((db) => nearby(db, filter, wanted) ?? rowsOf(db, filter, { wanted }))
    : await searched(db, filter, wanted);
  const { jobs, cursor } = pageOf(rows, filter);
  const found = jobs.map(toJob);
  return {
    jobs: found.some(runs) ? await db.read((db) => found.map((job) => withSaid(db, job))) : found,
    cursor,
  };
}

function runs({ state }: Job): boolean {
  return state === "processing";
}

async function searched(db: Database, filter: JobFilter, wanted: number): Promise<JobRow[]> {
  const { sort = DEFAULT_SORT, cursor, ...rest } = filter;
  const ends = await db.read((db) => db.get<{ first: number | null; last: number }>(ENDS)!);
  if (ends.first === null) return [];
  const after = cursor === undefined ? undefined : keyIn(cursor, sort)[0]!;
  const rows: JobRow[] = [];
  const look = async (slice: Slice) => {
    await systemClock.sleep(0); // others have their turn, in this process too
    return await db.read((db) => rowsOf(db, { ...rest, sort }, { wanted: wanted - rows.length, slice }));
  };
  if (sort === "oldest") {
    for (let from = (after ?? 0) + 1; from <= ends.last && rows.length < wanted; from += SLICE) {
      rows.push(...await look({ from, to: from + SLICE }));
    }
  } else {
    for (let to = after ?? ends.last + 1; to > ends.first && rows.length < wanted; to -= SLICE) {
      rows.push(...await look({ from: to - SLICE, to }));
    }
  }
  return rows;
}

/**
 * The page, where very many queues have jobs of a state and it is full of those that stand next to where it begins: to
 * look there costs less than to ask every queue for its first. Undefined where it is not so.
 */
function nearby(db: Database, filter: JobFilter, wanted: number): JobRow[] | undefined {
  const { state, states, queue, queues, sort = DEFAULT_SORT, cursor } = filter;
  if (
    (state ?? states) === undefined || (queue ?? queues) !== undefined || sort === "priority" ||
    narrowIndex(filter)
  ) {
    return undefined;
  }
  if (sectionsOf(db, filter, MOST_SECTIONS + 1).length <= MOST_SECTIONS) return undefined;
  const { first, last } = db.get<{ first: number; last: number }>(ENDS)!;
  const after = cursor === undefined ? undefined : keyIn(cursor, sort)[0]!;
  const [from, to] = sort === "newest"
    ? [(after ?? last + 1) - SLICE, after ?? last + 1]
    : [(after ?? first - 1) + 1, (after ?? first - 1) + 1 + SLICE];
  const rows = db.all<JobRow>(
    `SELECT * FROM jobs NOT INDEXED WHERE seq >= ? AND seq < ? AND ${ofSection({ state, states })[0]!.sql}
     ORDER BY ${ORDERS[sort].by} LIMIT ?`,
    from,
    to,
    wanted,
  );
  return rows.length === wanted ? rows : undefined;
}

const ENDS = "SELECT (SELECT min(seq) FROM jobs) AS first, (SELECT max(seq) FROM jobs) AS last";

function rowsOf(
  db: Database,
  filter: JobFilter,
  { wanted, slice }: { wanted: number; slice?: Slice },
): JobRow[] {
  const { sort = DEFAULT_SORT } = filter;
  const { labels, states, ...others } = filter;
  // of each an index has the order
  const each: JobFilter[] | undefined = labels?.map((label) => ({ ...others, states, label })) ??
    (narrowIndex(filter) ? undefined : states?.map((state) => ({ ...others, state })));
  if (each !== undefined) {
    const rows = each.flatMap((one) => rowsOf(db, one, { wanted, slice }));
    return firstOf(rows, { sort, limit: wanted });
  }
  const order = ORDERS[sort];
  const within = slice ? [{ sql: "seq >= ? AND seq < ?", values: [slice.from, slice.to] }] : [];
  const sections = sectionsFor(db, filter, wanted);
  const scanned = slice !== undefined && sections.length > MOST_IN_SLICE;
  const narrow = narrowIndex(filter);
  const index = narrow ? `INDEXED BY ${narrow}` : scanned ? "NOT INDEXED" : "";
  const rows = branches(filter, order, scanned ? [ofSection(filter)] : sections).flatMap((conditions) => {
    const all = [...conditions, ...within];
    return db.all<JobRow>(
      `SELECT * FROM jobs ${index} ${whereAll(all)} ORDER BY ${order.by} LIMIT ?`,
      ...valuesOf(all),
      wanted,
    );
  });
  return firstOf(rows, { sort, limit: wanted });
}

/** The conditions of each query that has a part of the page: every section, with what the whole filter asks. */
function branches(filter: JobFilter, order: Order, ofSections: readonly Condition[][]): Condition[][] {
  const everywhere = ofOthers(filter);
  const sections = ofSections.map((section) => [...section, ...everywhere]);
  if (filter.cursor === undefined) return sections;
  const after = order.after(keyIn(filter.cursor, filter.sort ?? DEFAULT_SORT));
  return sections.flatMap((section) => after.map((condition) => [...section, condition]));
}

/** The sections of a filter; a single one without conditions where neither queue nor state is asked for. */
function sectionsFor(db: Database, filter: JobFilter, wanted: number): Condition[][] {
  const { queue, queues, state, states, sort } = filter;
  if ((queue ?? queues ?? state ?? states) === undefined) return [[]];
  if (narrowIndex(filter)) return [ofSection({ queue, queues, state, states })];
  const there = sectionsOf(db, filter, isIndexed(filter) ? MOST_SECTIONS + 1 : -1);
  if (!isIndexed(filter) || there.length <= MOST_SECTIONS) {
    return there.flatMap((section) =>
      partsOf(db, section.state, sort).map(({ conditions }) => [...ofSection(section), ...conditions])
    );
  }
  return (state ? [state] : STATES).flatMap((state) =>
    partsOf(db, state, sort).flatMap((part) =>
      sectionsByLanes(db, filter, { part, wanted }) ??
        firstSections(db, { ...filter, state }, { part, wanted })
    )
  );
}

/** A part of the jobs of sections. */
interface Part {
  conditions: Condition[];
  /** Whether a section has any, by its counts. */
  any: string;
}

const WHOLE: Part = { conditions: [], any: "c.n > 0" };

/** Of the pending ones, two indexes have the order, of which held or not is a part: those in sub-lanes stand apart. */
const [IN_LANES, IN_SUBLANES] = ["lane = 0", "lane <> 0"].map((sql) =>
  ["c.n > c.held", "c.held > 0"].map((any, held): Part => ({
    conditions: [{ sql, values: [] }, { sql: "held = ?", values: [held] }],
    any,
  }))
) as [Part[], Part[]];

const [READY] = IN_LANES;
const ANY_IN_SUBLANES = "SELECT 1 FROM jobs WHERE state = 'pending' AND lane <> 0 LIMIT 1";

function partsOf(db: Database, state: State, sort: Sort | undefined): Part[] {
  if (state !== "pending" || sort !== "priority") return [WHOLE];
  return db.get(ANY_IN_SUBLANES) ? [...IN_LANES, ...IN_SUBLANES] : IN_LANES;
}

/** So many sections are read one by one. */
const MOST_SECTIONS = 100;

/** The same of what is ready, for a first page; undefined where lanes say too little. */
function sectionsByLanes(
  db: Database,
  { queue, queues, cursor }: JobFilter,
  { part, wanted }: { part: Part; wanted: number },
): Condition[][] | undefined {
  if (part !== READY || cursor !== undefined || (queue ?? queues) !== undefined) return undefined;
  return queuesOfFirst(db, { count: wanted, most: MOST_SECTIONS })
    ?.map((queue) => [...ofSection({ queue, state: "pending" }), ...part.conditions]);
}

/** Of very many sections of one state, those that can have a part of the page, each with what is asked of it. */
function firstSections(
  db: Database,
  filter: JobFilter & { state: State },
  { part: { conditions, any }, wanted }: { part: Part; wanted: number },
): Condition[][] {
  const { queue, queues, state, sort = DEFAULT_SORT, cursor } = filter;
  const order = ORDERS[sort];
  const starts = cursor === undefined ? [] : order.after(keyIn(cursor, sort));
  // the first job of a section after the cursor meets the first condition that any does
  const firsts = (starts.length === 0 ? [conditions] : starts.map((start) => [...conditions, start])).map((
    all,
  ) => ({
    sql: `(SELECT seq FROM jobs WHERE queue = c.queue AND state = '${state}'
      ${all.map(({ sql }) => `AND ${sql}`).join(" ")} ORDER BY ${order.by} LIMIT 1)`,
    values: all.flatMap(({ values }) => values),
  }));
  const first = firsts.length === 1 ? firsts[0]!.sql : `coalesce(${firsts.map(({ sql }) => sql).join(", ")})`;
  const asked = ofSection({ queue, queues, state });
  const sections = db.all<Section>(
    `SELECT j.queue, j.state FROM (SELECT * FROM counts ${
      whereAll(asked)
    }) c CROSS JOIN jobs j ON j.seq = ${first}
     WHERE ${any} ORDER BY ${order.by.replaceAll(/priority|seq/g, "j.$&")} LIMIT ?`,
    ...valuesOf(asked),
    ...firsts.flatMap(({ values }) => values),
    wanted,
  );
  return sections.map((section) => [...ofSection(section), ...conditions]);
}
