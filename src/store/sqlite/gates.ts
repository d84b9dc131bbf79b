/**
 * @module
 * Gates: what jobs take units of. One for each name that any job takes (whether a limit of it is set or not), for the rate
 * of each queue that has one, and for each label of queues that bound them. Invariants: what is used is what runs, which
 * claims and settlements see to, and triggers where a job enters or leaves that otherwise; as long as a gate has room and
 * sub-lanes are parked at it, it is ready, or says when it will be.
 */
import type { Rate } from "../../domain/limit.ts";
import type { LimitBounds } from "../contract.ts";
import type { Starts } from "../rules/limits.ts";
import type { Database, Value } from "./engine/database.ts";

/** Bounds, as they are stored. */
export interface BoundsRow {
  at_once: number | null;
  rate_count: number | null;
  rate_ms: number | null;
  rate_smooth: number;
}

/** A rate from its columns. */
export function rateOf({ rate_count, rate_ms, rate_smooth }: Omit<BoundsRow, "at_once">): Rate | null {
  if (rate_count === null || rate_ms === null) return null;
  return { count: rate_count, perMs: rate_ms, smooth: rate_smooth === 1 };
}

/** The columns of a rate, in their order. */
export function rateValues(rate: Rate | null): [count: Value, ms: Value, smooth: Value] {
  return [rate?.count ?? null, rate?.perMs ?? null, rate?.smooth ? 1 : 0];
}

export function boundsOf(row: BoundsRow): LimitBounds {
  return { atOnce: row.at_once, rate: rateOf(row) };
}

/** The columns of bounds, in their order. */
export function boundValues({ atOnce, rate }: LimitBounds): Value[] {
  return [atOnce, ...rateValues(rate)];
}

/** Which gate. */
export interface GateName {
  kind: "limit" | "queue" | "label";
  /** Of the limit, or the queue. */
  name: string;
  /** Left out is all labels of the queue, or none. */
  label?: string;
}

const SET = `
  UPDATE gates SET at_once = ?, rate_count = ?, rate_ms = ?, rate_smooth = ?, ready = waiting, next_at = NULL,
    smooth_at = NULL WHERE kind = ? AND name = ?`;
/** Those that found that what they take is more than there ever is. */
const UNPARK_ALL = "UPDATE sublanes SET parked = 0 WHERE parked = -2";

/** Changes what gates let through. */
export function setBounds(db: Database, { kind, name }: GateName, bounds: LimitBounds): void {
  db.run(SET, ...boundValues(bounds), kind, name);
  db.run(UNPARK_ALL);
}

const FIND = "SELECT id FROM gates WHERE kind = ? AND name = ? AND label = ?";
const MAKE = `
  INSERT INTO gates (kind, name, label, at_once, rate_count, rate_ms, rate_smooth) VALUES (?, ?, ?, ?, ?, ?, ?)`;

/** The number of a gate, which is made unless it is there. */
export function gateOf(
  db: Database,
  { kind, name, label = "" }: GateName,
  bounds: () => LimitBounds,
): number {
  return db.get<{ id: number }>(FIND, kind, name, label)?.id ??
    db.insert(MAKE, kind, name, label, ...boundValues(bounds()));
}

/** No UPDATE: several sub-lanes may take of one gate. */
const GIVE_BACK_UNITS = `
  INSERT INTO gates (id, kind, name, label, rate_smooth, used)
    SELECT g.gate, 'limit', '', '', 0, g.units * l.value FROM json_each(?) l CROSS JOIN sublane_gates g
    WHERE g.lane = CAST(l.key AS INTEGER)
    ON CONFLICT (id) DO UPDATE SET used = used - excluded.used, ready = waiting`;

/** Gives back what jobs took that left their sub-lanes: so many of each. */
export function giveBackUnits(db: Database, left: ReadonlyMap<number, number>): void {
  if (left.size > 0) db.run(GIVE_BACK_UNITS, JSON.stringify(Object.fromEntries(left)));
}

const COUNT_BEGUN = `
  UPDATE gates SET used = used + begun.value FROM json_each(?) begun WHERE gates.id = CAST(begun.key AS INTEGER)`;

/** Counts units that are taken, by the numbers of gates. */
export function countBegun(db: Database, units: ReadonlyMap<number, number>): void {
  if (units.size > 0) db.run(COUNT_BEGUN, JSON.stringify(Object.fromEntries(units)));
}

const STARTS = "SELECT at, units FROM gate_starts WHERE gate = ? AND at > ? ORDER BY at";

/** What began after a time, oldest first. */
export function startsOf(db: Database, gate: number, after: number): Starts[] {
  return db.all<Starts>(STARTS, gate, after);
}

const RATED = `
  SELECT g.gate, g.units FROM sublane_gates g JOIN gates ON gates.id = g.gate
  WHERE g.lane = ? AND gates.rate_count IS NOT NULL`;
const UNBEGIN = "UPDATE gate_starts SET units = units - ? WHERE gate = ? AND at = ? AND units >= ?";
const COUNT_UNBEGUN = "UPDATE gates SET started = started - ?, ready = waiting, next_at = NULL WHERE id = ?";

/** Gives a start back that never came about: of a job of a sub-lane, claimed at a time. */
export function giveBack(db: Database, lane: number, at: number): void {
  for (const { gate, units } of db.all<{ gate: number; units: number }>(RATED, lane)) {
    if (db.run(UNBEGIN, units, gate, at, units) > 0) db.run(COUNT_UNBEGUN, units, gate);
  }
}

/** See `earliestRoom`. */
export const EARLIEST_ROOM = "SELECT min(next_at) AS at FROM gates WHERE next_at IS NOT NULL";

/** When a gate at which somebody waits for its rate may have room; null when none says. */
export function earliestRoom(db: Database): number | null {
  return db.get<{ at: number | null }>(EARLIEST_ROOM)!.at;
}
