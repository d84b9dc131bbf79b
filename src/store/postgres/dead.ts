/**
 * @module
 * Dead jobs, grouped by what they died of: named soon after they die, counted by an index that has nothing but dead jobs.
 */
import type { DeadGroups, DeadPage } from "../contract.ts";
import {
  type BareGroup,
  courseOf,
  type Deaths,
  NAMED_AT_ONCE,
  nameOf,
  TAIL,
  type Unnamed,
} from "../rules/dead_groups.ts";
import type { Database } from "./engine/database.ts";

/** Who names the same ones names others, or none. */
const UNNAMED = `
  SELECT j.seq, j.error, ARRAY (
    SELECT substr(o.bytes, greatest(1, octet_length(o.bytes) - ${TAIL - 1})) FROM queuectl.output o
    WHERE o.job = j.seq AND o.attempt = j.last_attempt AND o.stream = 'stderr' ORDER BY o.piece DESC LIMIT 2) AS pieces
  FROM queuectl.jobs j WHERE j.state = 'dead' AND j.died_of IS NULL ORDER BY j.seq DESC LIMIT $1 FOR UPDATE OF j SKIP LOCKED`;
const NAME = `
  UPDATE queuectl.jobs j SET died_of = d.name FROM unnest($1::bigint[], $2::text[]) d (seq, name)
  WHERE j.seq = d.seq AND j.state = 'dead'`;

/** Names dead jobs. Returns whether more may be left. */
export async function nameDead(db: Database, limit = NAMED_AT_ONCE): Promise<boolean> {
  return await db.transaction(async (tx) => {
    const dead = await tx.all<Unnamed>(UNNAMED, limit);
    if (dead.length === 0) return false;
    await tx.several([{ sql: NAME, values: [dead.map(({ seq }) => seq), dead.map(nameOf)] }]);
    return dead.length === limit;
  });
}

/** Whether any dead job has no name. */
export async function isAnyUnnamed(db: Database): Promise<boolean> {
  const sql = "SELECT 1 FROM queuectl.jobs WHERE state = 'dead' AND died_of IS NULL LIMIT 1";
  return await db.get(sql) !== undefined;
}

const DEAD = "j.state = 'dead' AND j.died_of IS NOT NULL";
const GROUPS = `
  SELECT j.queue, j.died_of AS "diedOf", count(*) AS count, min(j.finished_at) AS first, max(j.finished_at) AS last,
    count(*) OVER () AS groups
  FROM queuectl.jobs j WHERE ${DEAD} AND ($1::text[] IS NULL OR j.queue = ANY($1)) GROUP BY j.queue, j.died_of
  ORDER BY 3 DESC, 5 DESC, 1, 2 LIMIT $2`;
const DEATHS = `
  SELECT g.nth::integer AS nth, ((j.finished_at - $3::bigint) / $4::bigint)::integer AS step, count(*) AS n
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY g (queue, died_of, nth)
  JOIN queuectl.jobs j ON ${DEAD} AND j.queue = g.queue AND j.died_of = g.died_of AND j.finished_at >= $3
  GROUP BY 1, 2`;

/** The largest groups. */
export async function deadGroups(db: Database, { queues, limit, course }: DeadPage): Promise<DeadGroups> {
  const rows = await db.read<BareGroup & { groups: number }>(GROUPS, queues ?? null, limit);
  const deaths = course && rows.length > 0
    ? await db.read<Deaths & { nth: number }>(
      DEATHS,
      ...[rows.map(({ queue }) => queue), rows.map(({ diedOf }) => diedOf), course.from, course.stepMs],
    )
    : [];
  const byGroup = Map.groupBy(deaths, ({ nth }) => nth - 1);
  return {
    of: rows[0]?.groups ?? 0,
    groups: rows.map(({ groups: _, ...group }, nth) => ({
      ...group,
      course: course ? courseOf(byGroup.get(nth) ?? [], course) : [],
    })),
  };
}
