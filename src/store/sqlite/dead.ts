/**
 * @module
 * Dead jobs, grouped by what they died of: named as they die, counted by an index that has nothing but dead jobs.
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
import { oneOf, valuesOf } from "./conditions.ts";
import type { Database } from "./engine/database.ts";

const UNNAMED = `
  SELECT seq, last_attempt, error FROM jobs WHERE state = 'dead' AND died_of IS NULL ORDER BY seq DESC LIMIT ?`;
/** Two, since the last line may begin in the one before. */
const LAST_PIECES = `
  SELECT substr(bytes, -${TAIL}) AS bytes FROM output
  WHERE job = ? AND attempt = ? AND stream = 'stderr' AND length(bytes) > 0 ORDER BY piece DESC LIMIT 2`;
const NAME = "UPDATE jobs SET died_of = ? WHERE seq = ?";

/** Names dead jobs, the latest first. Returns whether more may be left. To be called in a write transaction. */
export function nameDead(db: Database, limit = NAMED_AT_ONCE): boolean {
  const dead = db.all<Omit<Unnamed, "pieces"> & { last_attempt: number }>(UNNAMED, limit);
  for (const job of dead) {
    const pieces = db.all<{ bytes: Uint8Array }>(LAST_PIECES, job.seq, job.last_attempt)
      .map(({ bytes }) => bytes);
    db.run(NAME, nameOf({ ...job, pieces }), job.seq);
  }
  return dead.length === limit;
}

/** Whether any dead job has no name. */
export function isAnyUnnamed(db: Database): boolean {
  return db.get("SELECT 1 FROM jobs WHERE state = 'dead' AND died_of IS NULL LIMIT 1") !== undefined;
}

const DEAD = "state = 'dead' AND died_of IS NOT NULL";
const GROUPS = (of: string) => `
  SELECT queue, died_of AS diedOf, count(*) AS count, min(finished_at) AS first, max(finished_at) AS last,
    count(*) OVER () AS groups
  FROM jobs INDEXED BY by_death WHERE ${DEAD} ${of} GROUP BY queue, died_of
  ORDER BY count DESC, last DESC, queue, died_of LIMIT ?`;
const DEATHS = `
  SELECT CAST((finished_at - ?) / ? AS INTEGER) AS step, count(*) AS n FROM jobs INDEXED BY by_death
  WHERE ${DEAD} AND queue = ? AND died_of = ? AND finished_at >= ? GROUP BY 1`;

/** The largest groups. */
export function deadGroups(db: Database, { queues, limit, course }: DeadPage): DeadGroups {
  const of = queues ? [oneOf("queue", queues)] : [];
  const sql = GROUPS(of.map((condition) => `AND ${condition.sql}`).join(""));
  const rows = db.all<BareGroup & { groups: number }>(sql, ...valuesOf(of), limit);
  return {
    of: rows[0]?.groups ?? 0,
    groups: rows.map(({ groups: _, ...group }) => ({
      ...group,
      course: course
        ? courseOf(
          db.all<Deaths>(DEATHS, course.from, course.stepMs, group.queue, group.diedOf, course.from),
          course,
        )
        : [],
    })),
  };
}
