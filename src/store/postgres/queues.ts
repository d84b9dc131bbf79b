/**
 * @module
 * Named queues: their switches and their counts. A queue has a row in `queues` only once a switch was set.
 */
import { type State, STATES, WAITING } from "../../domain/job.ts";
import type { QueueInfo, QueuePage, QueueSummary, QueueSwitches } from "../contract.ts";
import { queueInfo, type StateCount, type Switches, worthShowing } from "../rules/queue_infos.ts";
import { SUMS } from "./counts.ts";
import { KNOWN } from "./emptied.ts";
import type { Database } from "./engine/database.ts";
import type { Statement, Value } from "./engine/driver.ts";
import { LOCK_CLAIMS, rateChanged, rateOf, type RateRow, rateValues } from "./limits.ts";

/** A queue with its switches and its counts, as `{"pending": 3}`. */
interface QueueRow extends Omit<Switches, "rate">, RateRow {
  name: string;
  counts: Partial<Record<State, number>>;
}

/** The queues whose names are the rows of `names`. */
function infosOf(names: string): string {
  return `
    SELECT known AS name, q.paused, q.concurrency, q.retention_ms AS "retentionMs",
      q.retention_dead_ms AS "retentionDeadMs", q.takes, q.per_label AS "perLabel", q.rate_count, q.rate_ms, q.rate_smooth,
      q.fair, q.aging_ms AS "agingMs", (
      SELECT coalesce(json_object_agg(c.state, c.n), '{}') FROM (${SUMS} WHERE queue = known GROUP BY queue, state) c
    ) AS counts
    FROM (${names}) k LEFT JOIN queuectl.queues q ON q.name = known ORDER BY known`;
}

/** The first names after one, in any order, and of twice as many at most: of each table no more than that is read. */
const FIRST = (after: string, limit: string) => `
  (SELECT DISTINCT queue AS known FROM queuectl.counts WHERE queue > ${after} ORDER BY queue LIMIT ${limit})
  UNION (SELECT name FROM queuectl.queues WHERE name > ${after} ORDER BY name LIMIT ${limit})`;

const EVERY = infosOf(KNOWN);
const PAGE = infosOf(`
  SELECT known FROM (${FIRST("$1", "$2")}) k ORDER BY known LIMIT $2`);
const SOME = infosOf(`SELECT known FROM (${KNOWN}) known_ones WHERE known = ANY ($1::text[])`);

/** Queues by name, with their counts by state: all, or a page of them. */
export async function queues(db: Database, page?: QueuePage): Promise<QueueInfo[]> {
  const rows = page
    ? await db.readFew<QueueRow>(PAGE, page.after ?? "", page.limit)
    : await db.readFew<QueueRow>(EVERY);
  return rows.map(toInfo);
}

function toInfo({ name, counts, rate_count, rate_ms, rate_smooth, ...others }: QueueRow): QueueInfo {
  const switches: Switches = { ...others, rate: rateOf({ rate_count, rate_ms, rate_smooth }) };
  const counted = Object.entries(counts).map(([state, n]): StateCount => ({ state: state as State, n }));
  return queueInfo(name, switches, counted);
}

export async function queue(db: Database, name: string): Promise<QueueInfo | undefined> {
  return (await db.readFew<QueueRow>(SOME, [name])).map(toInfo)[0];
}

/** What is distinct is not counted by several processes at once: to start those would take longer. */
const TOTALS = `
  SELECT ${
  STATES.map((state) => `coalesce(sum(n) FILTER (WHERE state = '${state}'), 0)::bigint AS ${state}`)
},
    count(DISTINCT queue) + (
      SELECT count(*) FROM queuectl.queues q WHERE NOT EXISTS (SELECT FROM queuectl.counts c WHERE c.queue = q.name)
    ) AS of
  FROM queuectl.counts`;

/** So many jobs are looked at that are next; only where they are of too few queues, every queue is asked for its first. */
const NEXT = 2000;

/** Queues that run something, those whose jobs are next, and the first by name. */
const WORTH = `
  WITH next AS MATERIALIZED (
    SELECT DISTINCT ON (r.queue) r.queue, r.priority, r.seq
    FROM (SELECT queue, priority, seq FROM queuectl.ready ORDER BY priority, seq LIMIT ${NEXT}) r
    LEFT JOIN queuectl.queues q ON q.name = r.queue WHERE r.queue <> '' AND NOT coalesce(q.paused, false)
    ORDER BY r.queue, r.priority, r.seq),
  -- to plan, too, it would be called as a function that gives rows
  lanes AS MATERIALIZED (SELECT queuectl.lanes_13() AS queues WHERE (SELECT count(*) FROM next) < $1)
  SELECT known FROM (
    (SELECT DISTINCT r.queue AS known, 0 AS rank, 0 AS priority, 0::bigint AS seq FROM queuectl.running r LIMIT $1)
    UNION ALL
    (SELECT n.queue, 1, n.priority, n.seq FROM next n ORDER BY n.priority, n.seq LIMIT $1)
    UNION ALL
    (SELECT l.queue, CASE WHEN q.paused THEN 2 ELSE 1 END, f.priority, f.seq
     FROM lanes, unnest(lanes.queues) AS l (queue)
     LEFT JOIN queuectl.queues q ON q.name = l.queue, LATERAL (
       SELECT priority, seq FROM queuectl.ready r WHERE r.queue = l.queue ORDER BY priority, seq LIMIT 1) f
     WHERE l.queue <> ''
     ORDER BY 2, 3, 4 LIMIT $1)
    UNION ALL
    (SELECT s.queue, CASE WHEN q.paused THEN 2 ELSE 1 END, s.priority, s.seq
     FROM queuectl.sublanes s LEFT JOIN queuectl.queues q ON q.name = s.queue
     WHERE s.priority IS NOT NULL AND NOT s.stale ORDER BY s.priority, s.seq LIMIT $1)
    UNION ALL
    (SELECT j.queue, 1, r.priority, r.seq FROM queuectl.ready r JOIN queuectl.jobs j ON j.seq = r.seq
     WHERE r.queue = '' ORDER BY r.priority, r.seq LIMIT $1)
    UNION ALL
    (SELECT known, 3, 0, 0 FROM (${FIRST("''", "$1")}) k ORDER BY known LIMIT $1)) worth
  ORDER BY rank, priority, seq, known`;

/** How many jobs there are, and the queues that are worth showing. */
export async function summary(db: Database, most: number): Promise<QueueSummary> {
  const [[totals], worth] = await Promise.all([
    db.readFew<Record<State | "of", number>>(TOTALS),
    most === 0 ? [] : db.readFew<{ known: string }>(WORTH, most),
  ]);
  const { of, ...counts } = totals!;
  const candidates = worth.map(({ known }) => known);
  const shown = new Set(worthShowing(most, candidates));
  const infos = shown.size === 0 ? [] : await db.readFew<QueueRow>(SOME, [...shown]);
  return { counts, queues: infos.map(toInfo), of };
}

const STANDING = `
  SELECT known FROM (
    SELECT c.queue AS known, sum(c.n) AS n FROM queuectl.counts c JOIN queuectl.queues q ON q.name = c.queue AND q.paused
    WHERE c.state = ANY ($1::text[]) GROUP BY 1 HAVING sum(c.n) > 0
    UNION ALL
    SELECT c.queue, sum(c.n) FROM queuectl.counts c
    WHERE $2::text[] IS NOT NULL AND c.state = 'pending' AND c.queue <> ALL ($2) GROUP BY 1 HAVING sum(c.n) > 0) s
  GROUP BY known ORDER BY max(n) DESC, known LIMIT $3`;

/** Queues in which jobs wait that nobody takes. */
export async function standing(
  db: Database,
  { served, limit }: { served: readonly string[] | null; limit: number },
): Promise<QueueInfo[]> {
  const names = (await db.readFew<{ known: string }>(STANDING, WAITING, served, limit)).map(({ known }) =>
    known
  );
  const infos = names.length === 0 ? [] : (await db.readFew<QueueRow>(SOME, names)).map(toInfo);
  return names.flatMap((name) => infos.filter((info) => info.name === name));
}

/** The columns of what can be set, but for the rate, which has three. */
const COLUMNS = {
  paused: "paused",
  concurrency: "concurrency",
  retentionMs: "retention_ms",
  retentionDeadMs: "retention_dead_ms",
  takes: "takes",
  perLabel: "per_label",
  fair: "fair",
  agingMs: "aging_ms",
} as const satisfies Record<Exclude<keyof QueueSwitches, "rate">, string>;

/** Jobs in sub-lanes of another rule are laid again. */
const STALE = `
  UPDATE queuectl.sublanes s SET stale = s.rule <> queuectl.rule_13(q) FROM queuectl.queues q
  WHERE q.name = $1 AND s.queue = q.name AND s.stale <> (s.rule <> queuectl.rule_13(q))`;

/** Changes a queue's switches, creating it if need be. */
export async function setQueue(
  db: Database,
  name: string,
  { rate, ...others }: Partial<QueueSwitches>,
): Promise<void> {
  const set = new Map<string, Value>([["name", name]]);
  for (const [key, value] of Object.entries(others)) {
    if (value !== undefined) set.set(COLUMNS[key as keyof typeof COLUMNS], value);
  }
  const [count, ms, smooth] = rateValues(rate ?? null);
  if (rate !== undefined) set.set("rate_count", count).set("rate_ms", ms).set("rate_smooth", smooth);
  const columns = [...set.keys()];
  const anew = columns.slice(1).map((column) => `${column} = excluded.${column}`).join(", ");
  const store: Statement = {
    sql: `
    INSERT INTO queuectl.queues (${columns.join(", ")})
    VALUES (${columns.map((_, at) => `$${at + 1}`).join(", ")})
    ON CONFLICT (name) DO ${anew === "" ? "NOTHING" : `UPDATE SET ${anew}`}`,
    values: [...set.values()],
  };
  await db.writeAgain([
    { sql: LOCK_CLAIMS },
    store,
    { sql: STALE, values: [name] },
    ...rate === undefined ? [] : rateChanged({ kind: "queue", name }, rate),
  ]);
}
