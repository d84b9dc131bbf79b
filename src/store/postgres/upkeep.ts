/**
 * @module
 * Care for the store: counting again, and what there is to know. Removing what is old is in `pruning.ts`. Copies and looking for damage are
 * for the server's own tools.
 */
import { noFigures } from "../../domain/figures.ts";
import type { Outcome } from "../../domain/job.ts";
import type { StoreInfo } from "../contract.ts";
import { compareCounts, compareFigures, type JobCount } from "../rules/recount.ts";
import { SUMS } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { figures } from "./figures.ts";
import { recountGroups } from "./groups.ts";
import { recountKeys } from "./keys.ts";
import { recountNeeds } from "./looking_at_needs.ts";
import type { Version } from "./version.ts";
import { JOBS, STATE } from "./rows.ts";

const COUNTED = `${SUMS} GROUP BY queue, state HAVING sum(n) <> 0 OR sum(held) <> 0`;
const THERE = `
  SELECT j.queue, ${STATE} AS state, count(*) AS n, count(*) FILTER (WHERE j.held) AS held FROM ${JOBS} GROUP BY 1, 2`;
/** One statement, so as of one moment. */
const BOTH =
  `SELECT 'counted' AS what, c.* FROM (${COUNTED}) c UNION ALL SELECT 'there', t.* FROM (${THERE}) t`;

/** Counts, figures and what is ready against a recount. Returns what differs, a sentence each. */
export async function recount(db: Database): Promise<string[]> {
  const rows = await db.read<JobCount & { what: "counted" | "there" }>(BOTH);
  const { counted = [], there = [] } = Object.groupBy(rows, ({ what }) => what);
  return [
    ...compareCounts(counted, there),
    ...await recountReady(db),
    ...await recountNeeds(db),
    ...await recountGroups(db),
    ...await recountKeys(db),
    ...await recountFigures(db),
  ];
}

const WRONG = `
  WITH claimable AS (
    SELECT queue, priority, seq FROM queuectl.jobs j WHERE state = 'pending' AND NOT held
      AND NOT EXISTS (SELECT 1 FROM queuectl.running r WHERE r.job = j.seq)),
  found AS (
    SELECT CASE WHEN r.queue < '0' THEN coalesce(s.queue, j.queue) ELSE r.queue END AS queue, r.priority, r.seq
    FROM queuectl.ready r LEFT JOIN queuectl.sublanes s ON r.queue LIKE '*%' AND r.queue = '*' || s.id
    LEFT JOIN queuectl.jobs j ON r.queue = '' AND j.seq = r.seq
    WHERE NOT (r.queue LIKE '*%' AND s.id IS NULL))
  (SELECT 'missing' AS what, queue, seq FROM (TABLE claimable EXCEPT TABLE found) m LIMIT 20)
  UNION ALL
  (SELECT 'ready', queue, seq FROM (TABLE found EXCEPT TABLE claimable) m LIMIT 20)
  UNION ALL
  (SELECT 'twice', max(queue), seq FROM queuectl.ready GROUP BY seq HAVING count(*) > 1 LIMIT 20)
  UNION ALL
  (SELECT 'behind', s.queue, r.seq FROM queuectl.sublanes s JOIN queuectl.ready r ON r.queue = '*' || s.id
   WHERE (s.priority IS NULL OR (r.priority, r.seq) < (s.priority, s.seq)) AND NOT s.stale LIMIT 20)
  UNION ALL
  (SELECT 'running', r.queue, r.job FROM queuectl.running r LEFT JOIN queuectl.jobs j ON j.seq = r.job
   WHERE j.seq IS NULL OR j.state <> 'pending' OR j.held OR j.last_attempt + 1 <> r.attempt LIMIT 20)`;

async function recountReady(db: Database): Promise<string[]> {
  const wrong = await db.read<{ what: string; queue: string; seq: number }>(WRONG);
  return wrong.map(({ what, queue, seq }) => {
    const job = `Job number ${seq} of queue "${queue}"`;
    if (what === "missing") return `${job} is pending, but cannot be claimed`;
    if (what === "twice") return `${job} can be claimed twice`;
    if (what === "behind") return `${job} waits in a lane that does not know of it`;
    return what === "ready"
      ? `${job} can be claimed, but is not pending`
      : `${job} has an attempt that cannot run`;
  });
}

const ENDED = "SELECT outcome, count(*) AS n FROM queuectl.attempts GROUP BY outcome";

/**
 * Figures against the jobs and attempts that are there. What is counted meanwhile is seen by what is read later, which
 * may be more: so those that have to be the least are read first.
 */
async function recountFigures(db: Database): Promise<string[]> {
  const [there] = await db.read<{ n: number }>("SELECT count(*) AS n FROM queuectl.jobs");
  const ended = await db.read<{ outcome: Outcome; n: number }>(ENDED);
  const queues = await figures(db, { span: "total" });
  const [overall] = await figures(db, { span: "total", queue: null });
  return compareFigures({ overall: overall?.figures ?? noFigures(), queues }, { jobs: there!.n, ended });
}

const INFO = `
  SELECT current_setting('server_version') AS engine, m.version, m.oldest, (
    SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = (
      SELECT relnamespace FROM pg_class WHERE oid = 'queuectl.meta'::regclass)) AS size
  FROM queuectl.meta m`;

/** What there is to know about the store. */
export async function info(db: Database): Promise<StoreInfo> {
  const row = (await db.get<Version & { engine: string; size: number }>(INFO))!;
  return {
    engine: `PostgreSQL ${row.engine.split(" ")[0]}`,
    schemaVersion: row.version,
    size: row.size,
    logSize: 0,
    doubts: [],
  };
}
