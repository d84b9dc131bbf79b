/**
 * @module
 * Finding the sub-lanes that may have their turn, in the order of all jobs.
 */
import type { Place } from "../rules/jobs.ts";
import { KIND_SQL, SUBLANE_COLUMNS, type SublaneRow } from "./claim_sublane.ts";
import type { Database } from "./engine/database.ts";
import { CLAIMABLE_IN_LANE } from "./sublanes.ts";
import { GIVEN } from "./words.ts";

/** Which sub-lanes are wanted. */
export interface Wanted {
  /** Only of these queues; null is all. */
  queues: readonly string[] | null;
  /** Not of these kinds, as JSON; null leaves none out. */
  excluded: string | null;
  limit: number;
}

const AT = `
  SELECT ${SUBLANE_COLUMNS} FROM sublanes s INDEXED BY sublanes_in_order
  WHERE s.parked = ${GIVEN} AND s.priority IS NOT NULL`;
const OF_QUEUES = "AND s.queue IN (SELECT value FROM json_each(?))";
const BUT = `AND ${KIND_SQL} NOT IN (SELECT value FROM json_each(?))`;
const IN_ORDER = `ORDER BY s.priority, s.seq LIMIT ${GIVEN}`;

/** Those that are open. */
export function openSublanes(db: Database, wanted: Wanted): SublaneRow[] {
  return parkedSublanes(db, 0, wanted);
}

/** Those that are parked at a gate. */
export function parkedSublanes(db: Database, at: number, { queues, excluded, limit }: Wanted): SublaneRow[] {
  const sql = [AT, queues === null ? "" : OF_QUEUES, excluded === null ? "" : BUT, IN_ORDER].join("\n");
  const values = [...queues === null ? [] : [JSON.stringify(queues)], ...excluded === null ? [] : [excluded]];
  return db.all<SublaneRow>(sql, at, ...values, limit);
}

const BY_TURN = `
  SELECT ${SUBLANE_COLUMNS} FROM sublanes s INDEXED BY sublanes_by_turn
  WHERE s.queue = ? AND s.priority IS NOT NULL AND s.parked = -1`;
const FIRST_TURN = "ORDER BY s.priority, s.served, s.seq LIMIT 1";

/** Of a fair queue, the one that was served longest ago, of those with the lowest priority. */
export function firstByTurn(db: Database, queue: string, excluded: string | null): SublaneRow | undefined {
  return excluded === null
    ? db.get<SublaneRow>(`${BY_TURN} ${FIRST_TURN}`, queue)
    : db.get<SublaneRow>(`${BY_TURN} ${BUT} ${FIRST_TURN}`, queue, excluded);
}

const UNPARK = `
  UPDATE sublanes SET parked = 0 WHERE id IN (
    SELECT id FROM sublanes WHERE queue = ? AND parked = -1 AND priority IS NOT NULL ORDER BY priority, seq LIMIT ${GIVEN})`;

/** Opens the first of those that waited for room in their queue. */
export function unparkBehind(db: Database, queue: string, most: number): void {
  db.run(UNPARK, queue, most);
}

const READY = "SELECT 1 FROM gates WHERE ready = 1 LIMIT 1";
const IN_TIME = "SELECT 1 FROM gates WHERE next_at <= ? LIMIT 1";

/** Whether a sub-lane may have its turn. */
export function anySublane(db: Database, queues: readonly string[] | null, now: number): boolean {
  return db.get(READY) !== undefined || db.get(IN_TIME, now) !== undefined ||
    openSublanes(db, { queues, excluded: null, limit: 1 }).length > 0;
}

const NOT_PAUSED = "NOT EXISTS (SELECT 1 FROM queues q WHERE q.name = s.queue AND q.paused = 1)";
const ANY_JOB = `EXISTS (
  SELECT 1 FROM jobs WHERE lane = s.id AND ${CLAIMABLE_IN_LANE})`;
const WAITING =
  `SELECT 1 FROM sublanes s WHERE s.priority IS NOT NULL AND ${NOT_PAUSED} AND ${ANY_JOB} LIMIT 1`;

/** Whether pending jobs stand in sub-lanes of queues that are not paused. */
export function anyWaitingInSublanes(db: Database): boolean {
  return db.get(WAITING) !== undefined;
}

const BEFORE = `
  SELECT DISTINCT queue FROM sublanes s WHERE s.priority IS NOT NULL AND (s.priority, s.seq) < (?, ?) AND ${NOT_PAUSED}
  UNION SELECT DISTINCT queue FROM jobs s WHERE lane = -1 AND ${CLAIMABLE_IN_LANE} AND (s.priority, s.seq) < (?, ?) AND ${NOT_PAUSED}`;

/** The queues of sub-lanes that stand before a place. */
export function queuesBefore(db: Database, { priority, seq }: Place): string[] {
  return db.all<{ queue: string }>(BEFORE, priority, seq, priority, seq).map(({ queue }) => queue);
}
