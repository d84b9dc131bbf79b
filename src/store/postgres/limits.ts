/**
 * @module
 * Limits with names, as they are set, and how full they are. What is used is counted from what runs (`used_13`), and what
 * began is a row each (`gate_starts`); sub-lanes, which are claimed from, are the business of the schema's functions.
 */
import type { Rate } from "../../domain/limit.ts";
import type { Limit, LimitBounds, LimitPage } from "../contract.ts";
import { changedLimit, freeAt, MOST_COUNTED, noSuchLimit, type Starts } from "../rules/limits.ts";
import type { Database } from "./engine/database.ts";
import type { Statement } from "./engine/driver.ts";

/** Waits for claims that are under way, and lets none begin: after it, nobody claims by the old switches or limits. */
export const LOCK_CLAIMS =
  "SELECT pg_advisory_xact_lock(1363366988, 'queuectl.queues'::regclass::oid::integer)";

/** Sub-lanes that waited for something of these names, or for a time when there is more of it, are looked at again. */
export const LOOK_AGAIN =
  "UPDATE queuectl.sublanes SET until = NULL WHERE until IS NOT NULL AND names && $1::text[]";

/** A rate, in its columns. */
export interface RateRow {
  rate_count: number | null;
  rate_ms: number | null;
  rate_smooth: boolean | null;
}

/** A rate from its columns. */
export function rateOf({ rate_count, rate_ms, rate_smooth }: RateRow): Rate | null {
  if (rate_count === null || rate_ms === null) return null;
  return { count: rate_count, perMs: rate_ms, smooth: rate_smooth === true };
}

/** The values of the columns of a rate, in their order. */
export function rateValues(rate: Rate | null): [count: number | null, ms: number | null, smooth: boolean] {
  return [rate?.count ?? null, rate?.perMs ?? null, rate?.smooth ?? false];
}

interface LimitRow extends RateRow {
  name: string;
  at_once: number | null;
}

interface LookRow extends LimitRow {
  used: number;
  waiting: number;
}

function boundsOf(row: LimitRow): LimitBounds {
  return { atOnce: row.at_once, rate: rateOf(row) };
}

/** How many jobs that could be claimed take of a limit: in their sub-lanes, and those that are to be laid. */
const WAITING = `
  SELECT count(*) FROM (
    SELECT 1 FROM queuectl.sublanes s JOIN queuectl.ready r ON r.queue = '*' || s.id WHERE l.name = ANY (s.names)
    UNION ALL
    SELECT 1 FROM queuectl.ready r JOIN queuectl.jobs j ON j.seq = r.seq LEFT JOIN queuectl.queues q ON q.name = j.queue
    WHERE r.queue = '' AND l.name IN (
      SELECT u.name FROM queuectl.units_13(j.policy::json ->> 'takes') u UNION SELECT u.name FROM queuectl.units_13(q.takes) u)
    UNION ALL
    SELECT 1 FROM queuectl.queues q JOIN queuectl.ready r ON r.queue = q.name
    WHERE q.takes IS NOT NULL AND l.name IN (SELECT u.name FROM queuectl.units_13(q.takes) u)
    LIMIT ${MOST_COUNTED}) w`;

function looking(which: string): string {
  return `
    SELECT l.*, coalesce(u.units, 0) AS used, (${WAITING}) AS waiting
    FROM (SELECT * FROM queuectl.limits ${which}) l LEFT JOIN queuectl.used_13() u ON u.name = l.name ORDER BY l.name`;
}

const PAGE = looking("WHERE name > $1 ORDER BY name LIMIT $2");
const ONE = looking("WHERE name = $1");

/** Limits by name: all, or a page of them. */
export async function limits(
  db: Database,
  now: number,
  { after = "", limit }: Partial<LimitPage> = {},
): Promise<Limit[]> {
  const rows = await db.read<LookRow>(PAGE, after, limit ?? null);
  return await Promise.all(rows.map((row) => toLimit(db, row, now)));
}

export async function limit(db: Database, name: string, now: number): Promise<Limit | undefined> {
  const row = await db.get<LookRow>(ONE, name);
  return row && await toLimit(db, row, now);
}

async function toLimit(db: Database, row: LookRow, now: number): Promise<Limit> {
  const { name, used, waiting } = row;
  const bounds = boundsOf(row);
  const began = await beganOf(db, { kind: "limit", name }, { rate: bounds.rate, now });
  return { name, ...bounds, used, ...began, waiting };
}

/** What has a rate. */
export interface GateName {
  kind: "limit" | "queue";
  name: string;
}

const STARTS = `
  SELECT at, sum(units)::bigint AS units FROM queuectl.gate_starts WHERE kind = $1 AND name = $2 AND at > $3
  GROUP BY at ORDER BY at`;
const SMOOTH = "SELECT ceil(smooth_at)::bigint AS at FROM queuectl.gates WHERE kind = $1 AND name = $2";

/** What began lately, and when so many more may; null where that is now. */
export async function beganOf(
  db: Database,
  { kind, name }: GateName,
  { rate, now, wanted = 1 }: { rate: Rate | null; now: number; wanted?: number },
): Promise<{ started: number; freeAt: number | null }> {
  if (!rate) return { started: 0, freeAt: null };
  const { count, perMs, smooth } = rate;
  const [starts, [even]] = await Promise.all([
    db.read<Starts>(STARTS, kind, name, now - perMs),
    smooth ? db.read<{ at: number }>(SMOOTH, kind, name) : [],
  ]);
  const started = starts.reduce((sum, { units }) => sum + units, 0);
  const at = Math.max(freeAt(starts, { now, perMs, room: count - started, wanted }), even?.at ?? 0);
  return { started, freeAt: at > now ? at : null };
}

const BOUNDS = "SELECT * FROM queuectl.limits WHERE name = $1";
const STORE = `
  INSERT INTO queuectl.limits (name, at_once, rate_count, rate_ms, rate_smooth) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (name) DO UPDATE SET at_once = excluded.at_once, rate_count = excluded.rate_count,
    rate_ms = excluded.rate_ms, rate_smooth = excluded.rate_smooth`;

/** Makes a limit, or changes it. */
export async function setLimit(db: Database, name: string, change: Partial<LimitBounds>): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.all(LOCK_CLAIMS);
    const [row] = await tx.all<LimitRow>(BOUNDS, name);
    const { atOnce, rate } = changedLimit(name, row && boundsOf(row), change);
    await tx.several([
      { sql: STORE, values: [name, atOnce, ...rateValues(rate)] },
      { sql: LOOK_AGAIN, values: [[name]] },
      ...change.rate === undefined ? [] : rateChanged({ kind: "limit", name }, rate),
    ]);
  });
}

/** What is left of an old rate, once it is another. */
export function rateChanged({ kind, name }: GateName, rate: Rate | null): Statement[] {
  return [
    { sql: "DELETE FROM queuectl.gates WHERE kind = $1 AND name = $2", values: [kind, name] },
    ...rate ? [] : [{
      sql: "DELETE FROM queuectl.gate_starts WHERE kind = $1 AND name = $2",
      values: [kind, name],
    }],
  ];
}

/** Forgets a limit. @throws {Refused} when there is none */
export async function removeLimit(db: Database, name: string): Promise<void> {
  const [, removed] = await db.writeAgain([
    { sql: LOCK_CLAIMS },
    { sql: "DELETE FROM queuectl.limits WHERE name = $1", values: [name] },
    { sql: LOOK_AGAIN, values: [[name]] },
    ...rateChanged({ kind: "limit", name }, null),
  ]);
  if (removed!.count === 0) throw noSuchLimit("remove", name);
}
