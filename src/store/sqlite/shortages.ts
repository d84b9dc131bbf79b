/**
 * @module
 * What a pending job waits for besides its turn: found out from what it says and its queue's rules, not from where it
 * stands, which nobody may have found out yet.
 */
import { addUnits, unitsOf } from "../../domain/units.ts";
import type { Shortage } from "../contract.ts";
import { GATE_COLUMNS, type GateRow } from "./claim_gate.ts";
import type { Database } from "./engine/database.ts";
import { boundsOf } from "./gates.ts";
import { get } from "./jobs.ts";
import { beganOf } from "./limits.ts";
import { rulesFor } from "./queue_rules.ts";
import { GIVEN } from "./words.ts";

const GATE = `SELECT ${GATE_COLUMNS} FROM gates g WHERE g.kind = ? AND g.name = ? AND g.label = ?`;
const FIRST_PARKED = `
  SELECT 1 FROM sublanes WHERE parked = ${GIVEN} AND priority IS NOT NULL AND (priority, seq) < (?, ?) LIMIT 1`;

/** Of what there is not enough for a job now. */
export function shortages(db: Database, id: string, now: number): Shortage[] {
  const job = get(db, id);
  if (job?.state !== "pending") return [];
  const { limits: { takes, perLabel, rate } } = rulesFor(db, job.queue);
  const found: (Shortage | undefined)[] = [];
  const gate = (kind: "limit" | "queue" | "label", name: string, label: string): GateRow | undefined =>
    db.get<GateRow>(GATE, kind, name, label);
  const lack = (row: GateRow, shortage: Pick<Shortage, "of" | "name" | "takes">) =>
    lackOf(db, row, { shortage, now, priority: job.priority, seq: job.seq });
  for (const [name, units] of addUnits(unitsOf(takes), unitsOf(job.takes))) {
    const row = gate("limit", name, "") ?? unused(db, name);
    if (row) found.push(lack(row, { of: "limit", name, takes: units }));
    found.push(thingLack(db, { name, units, now, isLimit: row !== undefined && isBound(row) }));
  }
  const ofQueue = rate && gate("queue", job.queue, "");
  if (ofQueue) found.push(lack(ofQueue, { of: "queue", name: job.queue, takes: 1 }));
  const ofLabel = perLabel !== null && gate("label", job.queue, job.label ?? "");
  if (ofLabel) found.push(lack(ofLabel, { of: "label", name: job.label ?? "", takes: 1 }));
  found.push(slotsLack(db, job.slots ?? 1, now));
  return found.filter((one) => one !== undefined);
}

const UNUSED = `
  SELECT -1 AS id, 'limit' AS kind, name, at_once, rate_count, rate_ms, rate_smooth, 0 AS used, 0 AS started,
    NULL AS smooth_at, 0 AS reserved, NULL AS reserved_by, 0 AS waiting, 0 AS ready, NULL AS next_at
  FROM limits WHERE name = ?`;

/** A limit of which nobody has taken yet. */
function unused(db: Database, name: string): GateRow | undefined {
  return db.get<GateRow>(UNUSED, name);
}

function isBound({ at_once, rate_count }: GateRow): boolean {
  return at_once !== null || rate_count !== null;
}

function lackOf(
  db: Database,
  row: GateRow,
  { shortage, now, priority, seq }: {
    shortage: Pick<Shortage, "of" | "name" | "takes">;
    now: number;
    priority: number;
    seq: number;
  },
): Shortage | undefined {
  if (!isBound(row)) return undefined;
  const { atOnce, rate } = boundsOf(row);
  const { takes } = shortage;
  const missing = { ...shortage, rate: null, freeAt: null, others: false };
  if (atOnce !== null && row.used + takes > atOnce) return { ...missing, used: row.used, capacity: atOnce };
  const { started, freeAt } = beganOf(db, row, { bounds: { atOnce, rate }, now, wanted: takes });
  if (rate && (freeAt !== null || takes > rate.count)) {
    return { ...missing, used: started, capacity: null, rate, freeAt: takes > rate.count ? null : freeAt };
  }
  if (row.waiting === 0 || !db.get(FIRST_PARKED, row.id, priority, seq)) return undefined;
  return { ...missing, used: row.used, capacity: atOnce, others: true };
}

const OFFERED = `
  SELECT t.supervisor, t.units FROM things t JOIN supervisors s ON s.id = t.supervisor
  WHERE t.name = ? AND s.lease_until > ?`;
const IN_USE = `
  SELECT ifnull(sum(json_array_length(units, '$."' || ? || '"')), 0) AS n FROM attempts
  WHERE supervisor = ? AND finished_at IS NULL AND units IS NOT NULL`;

function thingLack(
  db: Database,
  { name, units, now, isLimit }: { name: string; units: number; now: number; isLimit: boolean },
): Shortage | undefined {
  const missing = { name, takes: units, rate: null, freeAt: null, others: false };
  const hosts = db.all<{ supervisor: string; units: number }>(OFFERED, name, now).map((host) => ({
    capacity: host.units,
    used: db.get<{ n: number }>(IN_USE, name, host.supervisor)!.n,
  }));
  if (hosts.length === 0) return isLimit ? undefined : { ...missing, of: "unknown", used: 0, capacity: 0 };
  const best = hosts.reduce((a, b) => b.capacity - b.used > a.capacity - a.used ? b : a);
  return best.capacity - best.used >= units ? undefined : { ...missing, of: "thing", ...best };
}

const LARGEST = `
  SELECT max(n) AS n FROM (
    SELECT sum(w.slots) AS n FROM workers w JOIN supervisors s ON s.id = w.supervisor
    WHERE s.lease_until > ? AND w.stopping = 0 GROUP BY w.supervisor)`;

function slotsLack(db: Database, slots: number, now: number): Shortage | undefined {
  if (slots === 1) return undefined;
  const capacity = db.get<{ n: number | null }>(LARGEST, now)!.n;
  if (capacity === null || capacity >= slots) return undefined;
  return { of: "slots", name: "", takes: slots, used: 0, capacity, rate: null, freeAt: null, others: false };
}
