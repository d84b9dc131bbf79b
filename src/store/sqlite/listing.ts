/**
 * @module
 * Pages of jobs. A page begins after a key, never at an offset, so that the thousandth costs what the first
 * does. Where a queue or a state is asked for, every queue and state that has jobs is a *lane* with an index
 * of its own in the order wanted; the first jobs of all lanes together are the page.
 */
import { BadInput } from "../../errors.ts";
import type { State } from "../../job.ts";
import type { JobFilter, JobPage } from "../store.ts";
import type { Database, Value } from "./database.ts";
import { type JobRow, toJob } from "./rows.ts";

type Sort = NonNullable<JobFilter["sort"]>;

/** An order of jobs. */
interface Order {
  by: string;
  compare(a: JobRow, b: JobRow): number;
  /** What a cursor is made of. */
  key(row: JobRow): number[];
  /** What comes after a key: each job that does meets exactly one of these, and an index answers each. */
  after(key: readonly number[]): Condition[];
}

const ORDERS: Readonly<Record<Sort, Order>> = {
  newest: {
    by: "seq DESC",
    compare: (a, b) => b.seq - a.seq,
    key: ({ seq }) => [seq],
    after: (key) => [{ sql: "seq < ?", values: [...key] }],
  },
  oldest: {
    by: "seq",
    compare: (a, b) => a.seq - b.seq,
    key: ({ seq }) => [seq],
    after: (key) => [{ sql: "seq > ?", values: [...key] }],
  },
  priority: {
    by: "priority, seq",
    compare: (a, b) => a.priority - b.priority || a.seq - b.seq,
    key: ({ priority, seq }) => [priority, seq],
    // (priority, seq) > (?, ?) would read every job of the same priority
    after: ([priority, seq]) => [
      { sql: "priority = ? AND seq > ?", values: [priority!, seq!] },
      { sql: "priority > ?", values: [priority!] },
    ],
  },
};

/** A condition and the values in it. */
interface Condition {
  sql: string;
  values: Value[];
}

/** One page of jobs. */
export function list(db: Database, filter: JobFilter): JobPage {
  const sort = filter.sort ?? "newest";
  const order = ORDERS[sort];
  // fewer jobs have the label than are in a queue or a state
  const index = filter.label === undefined ? "" : "INDEXED BY by_label";
  const wanted = filter.limit + 1; // one more tells whether there is another page
  const rows = branches(db, filter, order).flatMap((conditions) => {
    const where = conditions.length > 0 ? `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}` : "";
    return db.all<JobRow>(
      `SELECT * FROM jobs ${index} ${where} ORDER BY ${order.by} LIMIT ?`,
      ...conditions.flatMap(({ values }) => values),
      wanted,
    );
  });
  const page = rows.sort(order.compare).slice(0, filter.limit);
  return {
    jobs: page.map(toJob),
    cursor: rows.length > page.length ? writeCursor(sort, order.key(page.at(-1)!)) : null,
  };
}

/** The conditions of each query that has a part of the page: every lane, with what the whole filter asks. */
function branches(db: Database, filter: JobFilter, order: Order): Condition[][] {
  const everywhere: Condition[] = [];
  if (filter.label !== undefined) everywhere.push({ sql: "label = ?", values: [filter.label] });
  if (filter.search !== undefined) everywhere.push(contains(filter.search));
  if (filter.since !== undefined) everywhere.push({ sql: "created_at >= ?", values: [filter.since] });
  if (filter.until !== undefined) everywhere.push({ sql: "created_at < ?", values: [filter.until] });
  const lanes = lanesFor(db, filter).map((lane) => [...lane, ...everywhere]);
  if (filter.cursor === undefined) return lanes;
  const after = order.after(readCursor(filter.cursor, filter.sort ?? "newest"));
  return lanes.flatMap((lane) => after.map((condition) => [...lane, condition]));
}

function contains(search: string): Condition {
  const pattern = `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return {
    sql: "(command LIKE ? ESCAPE '\\' OR coalesce(name, 'j' || seq) LIKE ? ESCAPE '\\')",
    values: [pattern, pattern],
  };
}

/** The lanes of a filter; a single one without conditions where neither queue nor state is asked for. */
function lanesFor(db: Database, { queue, state, label, sort }: JobFilter): Condition[][] {
  if (queue === undefined && state === undefined) return [[]];
  if (label !== undefined) return [equals({ queue, state })];
  const lanes = db.all<{ queue: string; state: State }>("SELECT queue, state FROM counts WHERE n > 0")
    .filter((lane) => (queue ?? lane.queue) === lane.queue && (state ?? lane.state) === lane.state)
    .map((lane) => equals(lane));
  if (sort !== "priority") return lanes;
  // among the pending ones, held or not is part of the index that has the order
  return lanes.flatMap((lane) => [0, 1].map((held) => [...lane, { sql: "held = ?", values: [held] }]));
}

/** Conditions on queue and state. The state stands in the SQL, for only then do partial indexes apply. */
function equals({ queue, state }: { queue?: string; state?: State }): Condition[] {
  const all: Condition[] = [];
  if (queue !== undefined) all.push({ sql: "queue = ?", values: [queue] });
  if (state !== undefined) all.push({ sql: `state = '${state}'`, values: [] });
  return all;
}

function writeCursor(sort: Sort, key: readonly number[]): string {
  return [sort, ...key].join("_");
}

function readCursor(cursor: string, sort: Sort): number[] {
  const pattern = sort === "priority"
    ? /^priority_(-?\d{1,15})_(\d{1,15})$/
    : /^(?:newest|oldest)_(\d{1,15})$/;
  const match = pattern.exec(cursor);
  if (!match || !cursor.startsWith(sort)) {
    throw new BadInput(`Unknown cursor "${cursor}": take it from a page of the same sort`);
  }
  return match.slice(1).map(Number);
}
