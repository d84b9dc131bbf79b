/**
 * @module
 * What a pending job waits for besides its turn. Only reads; what it tells may be otherwise a moment later.
 */
import type { Job } from "../../domain/job.ts";
import type { Rate } from "../../domain/limit.ts";
import { addUnits, unitsOf } from "../../domain/units.ts";
import type { Shortage } from "../contract.ts";
import type { Database } from "./engine/database.ts";
import { get } from "./jobs.ts";
import { beganOf, type GateName, rateOf, type RateRow } from "./limits.ts";
import { SERVER_NOW } from "./server_time.ts";

interface QueueRow extends RateRow {
  takes: string | null;
  per_label: number | null;
}

const QUEUE =
  "SELECT takes, per_label, rate_count, rate_ms, rate_smooth FROM queuectl.queues WHERE name = $1";

/** Of what there is not enough for a job now. */
export async function shortages(db: Database, id: string, now: number): Promise<Shortage[]> {
  const job = await get(db, id);
  if (job?.state !== "pending") return [];
  const queue = await db.get<QueueRow>(QUEUE, job.queue);
  return [
    ...await ofUnits(db, job, queue?.takes ?? null, now),
    ...queue ? await ofQueue(db, job, queue, now) : [],
    ...await ofSlots(db, job),
  ];
}

interface NameRow extends RateRow {
  /** Null where it is no limit. */
  of_limit: string | null;
  at_once: number | null;
  used: number;
  /** On the host of a living worker that has most free. */
  has: number | null;
  in_use: number | null;
  others: boolean;
}

/** Numbers of units of a thing that a supervisor's attempts have. */
const IN_USE = `(
  SELECT coalesce(sum(json_array_length(r.units::json -> t.name)), 0)::bigint FROM queuectl.running r
  WHERE r.supervisor = t.supervisor AND r.units IS NOT NULL)`;
/** What comes before it waits for more than there is room for. */
const OTHERS = `EXISTS (
  SELECT 1 FROM queuectl.sublanes s CROSS JOIN LATERAL unnest(s.names, s.units) AS t (name, units)
  WHERE (s.priority, s.seq) < ($2::integer, $3::bigint) AND NOT s.stale AND t.name = $1
    AND t.units BETWEEN l.at_once - coalesce(u.units, 0) + 1 AND l.at_once
    AND NOT EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = s.queue AND q.paused))`;
const NAME = `
  SELECT l.name AS of_limit, l.at_once, l.rate_count, l.rate_ms, l.rate_smooth, coalesce(u.units, 0) AS used,
    f.has, f.in_use, ${OTHERS} AS others
  FROM (SELECT 1) one LEFT JOIN queuectl.limits l ON l.name = $1 LEFT JOIN queuectl.used_13() u ON u.name = $1
  LEFT JOIN LATERAL (
    SELECT t.units AS has, ${IN_USE} AS in_use FROM queuectl.things t JOIN queuectl.supervisors s ON s.id = t.supervisor
    WHERE t.name = $1 AND s.lease_until > ${SERVER_NOW} ORDER BY t.units - ${IN_USE} DESC LIMIT 1) f ON true`;

async function ofUnits(
  db: Database,
  { priority, seq, takes: own }: Job,
  ofQueue: string | null,
  now: number,
): Promise<Shortage[]> {
  const all: Shortage[] = [];
  for (const [name, takes] of [...addUnits(unitsOf(own), unitsOf(ofQueue))].sort()) {
    const row = (await db.get<NameRow>(NAME, name, priority, seq))!;
    if (row.of_limit !== null) {
      const found = await ofLimit(db, { name, takes, row, now });
      if (found) all.push(found);
    }
    const { has, in_use: used } = row;
    if (has !== null && has - used! < takes) {
      all.push({ ...NOTHING, of: "thing", name, takes, used: used!, capacity: has });
    } else if (has === null && row.of_limit === null) {
      all.push({ ...NOTHING, of: "unknown", name, takes, used: 0, capacity: 0 });
    }
  }
  return all;
}

const NOTHING = { rate: null, freeAt: null, others: false };

async function ofLimit(
  db: Database,
  { name, takes, row, now }: { name: string; takes: number; row: NameRow; now: number },
): Promise<Shortage | undefined> {
  const { at_once: capacity, used, others } = row;
  if (capacity !== null && used + takes > capacity) {
    return { ...NOTHING, of: "limit", name, takes, used, capacity };
  }
  const late = await ofRate(db, { kind: "limit", name }, { rate: rateOf(row), takes, now });
  if (late) return late;
  return others ? { ...NOTHING, of: "limit", name, takes, used, capacity, others } : undefined;
}

async function ofRate(
  db: Database,
  gate: GateName,
  { rate, takes, now }: { rate: Rate | null; takes: number; now: number },
): Promise<Shortage | undefined> {
  const { freeAt, started: used } = await beganOf(db, gate, { rate, now, wanted: takes });
  if (freeAt === null) return undefined;
  const { kind: of, name } = gate;
  // more than ever begins is never free
  return {
    ...NOTHING,
    of,
    name,
    takes,
    used,
    capacity: null,
    rate,
    freeAt: takes > rate!.count ? null : freeAt,
  };
}

const RUNNING = `
  SELECT count(*) AS n FROM queuectl.running r JOIN queuectl.jobs j ON j.seq = r.job
  WHERE r.queue = $1 AND coalesce(j.label, '') = $2`;

async function ofQueue(db: Database, job: Job, queue: QueueRow, now: number): Promise<Shortage[]> {
  const rate = rateOf(queue);
  const { per_label: capacity } = queue;
  if (rate === null && capacity === null) return [];
  const name = job.label ?? "";
  const used = capacity === null ? 0 : (await db.get<{ n: number }>(RUNNING, job.queue, name))!.n;
  const late = await ofRate(db, { kind: "queue", name: job.queue }, { rate, takes: 1, now });
  return [
    ...late ? [late] : [],
    ...capacity !== null && used >= capacity
      ? [{ ...NOTHING, of: "label" as const, name, takes: 1, used, capacity }]
      : [],
  ];
}

const MOST_SLOTS = `
  SELECT max(n) AS n FROM (
    SELECT sum(w.slots)::bigint AS n FROM queuectl.workers w JOIN queuectl.supervisors s ON s.id = w.supervisor
    WHERE s.lease_until > ${SERVER_NOW} AND NOT w.stopping GROUP BY s.id) m`;

async function ofSlots(db: Database, { slots }: Job): Promise<Shortage[]> {
  if (slots === null || slots <= 1) return [];
  const { n: capacity } = (await db.get<{ n: number | null }>(MOST_SLOTS))!;
  return capacity === null || capacity >= slots
    ? []
    : [{ ...NOTHING, of: "slots", name: "", takes: slots, used: 0, capacity }];
}
