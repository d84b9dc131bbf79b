/**
 * @module
 * Limits with names, as they are set, and how full they are. What is counted of them stands in their gates (`gates.ts`).
 */
import type { Limit, LimitBounds, LimitPage } from "../contract.ts";
import { changedLimit, freeAt, MOST_COUNTED, noSuchLimit } from "../rules/limits.ts";
import type { Database } from "./engine/database.ts";
import { boundsOf, type BoundsRow, boundValues, setBounds, startsOf } from "./gates.ts";

interface LimitRow extends BoundsRow {
  name: string;
}

const PAGE = "SELECT * FROM limits WHERE name > ? ORDER BY name LIMIT ?";
const ONE = "SELECT * FROM limits WHERE name = ?";

/** Limits by name: all, or a page of them. */
export function limits(db: Database, now: number, { after = "", limit }: Partial<LimitPage> = {}): Limit[] {
  return db.all<LimitRow>(PAGE, after, limit ?? -1).map((row) => toLimit(db, row, now));
}

export function limit(db: Database, name: string, now: number): Limit | undefined {
  const row = db.get<LimitRow>(ONE, name);
  return row && toLimit(db, row, now);
}

const GATE = "SELECT id, used, smooth_at FROM gates WHERE kind = 'limit' AND name = ? AND label = ''";
const WAITING = `
  SELECT count(*) AS n FROM (
    SELECT 1 FROM sublane_gates g CROSS JOIN jobs j ON j.lane = g.lane
    WHERE g.gate = ? AND j.lane <> 0 AND j.state = 'pending' LIMIT ${MOST_COUNTED})`;

/** Those whose lane nobody has found out yet; of very many, the first are looked at. */
const MOST_UNLAID = 10_000;
const WAITING_UNLAID = `
  SELECT count(*) AS n FROM (
    SELECT policy FROM jobs WHERE lane = -1 AND lane <> 0 AND state = 'pending' LIMIT ${MOST_UNLAID})
  WHERE instr(',' || (policy ->> '$.takes'), ',' || ? || '=') > 0`;

function countWaiting(db: Database, name: string, gate: number): number {
  const { n } = db.get<{ n: number }>(WAITING, gate)!;
  return n === MOST_COUNTED ? n : Math.min(MOST_COUNTED, n + db.get<{ n: number }>(WAITING_UNLAID, name)!.n);
}

function toLimit(db: Database, row: LimitRow, now: number): Limit {
  const { name } = row;
  const bounds = boundsOf(row);
  const gate = db.get<{ id: number; used: number; smooth_at: number | null }>(GATE, name);
  if (!gate) {
    return { name, ...bounds, used: 0, started: 0, freeAt: null, waiting: countWaiting(db, name, 0) };
  }
  const waiting = countWaiting(db, name, gate.id);
  const { started, freeAt } = beganOf(db, gate, { bounds, now });
  return { name, ...bounds, used: gate.used, started, freeAt, waiting };
}

/** What began lately, and when the next may; null where that is now. */
export function beganOf(
  db: Database,
  { id, smooth_at }: { id: number; smooth_at: number | null },
  { bounds: { rate }, now, wanted = 1 }: { bounds: LimitBounds; now: number; wanted?: number },
): { started: number; freeAt: number | null } {
  if (!rate) return { started: 0, freeAt: null };
  const { count, perMs } = rate;
  const starts = startsOf(db, id, now - perMs);
  const started = starts.reduce((sum, { units }) => sum + units, 0);
  const at = Math.max(
    freeAt(starts, { now, perMs, room: count - started, wanted }),
    rate.smooth ? Math.ceil((smooth_at ?? 0) / 1000) : 0,
  );
  return { started, freeAt: at > now ? at : null };
}

const STORE = `
  INSERT INTO limits (name, at_once, rate_count, rate_ms, rate_smooth) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET at_once = excluded.at_once, rate_count = excluded.rate_count, rate_ms = excluded.rate_ms,
    rate_smooth = excluded.rate_smooth`;

/** Makes a limit, or changes it. */
export function setLimit(db: Database, name: string, change: Partial<LimitBounds>): void {
  const row = db.get<LimitRow>(ONE, name);
  const bounds = changedLimit(name, row && boundsOf(row), change);
  db.run(STORE, name, ...boundValues(bounds));
  setBounds(db, { kind: "limit", name }, bounds);
}

/** Forgets a limit; its gate goes on counting, for one that may be set later. */
export function removeLimit(db: Database, name: string): void {
  if (db.run("DELETE FROM limits WHERE name = ?", name) === 0) throw noSuchLimit("remove", name);
  setBounds(db, { kind: "limit", name }, { atOnce: null, rate: null });
}
