/**
 * @module
 * Sub-lanes: the jobs of a queue that take the same stand in one, and so do those of one label where the queue goes by
 * labels. A job learns of its sub-lane only when it could be claimed, in order, some at a time; until then it is in the
 * lane of its queue (0), or in none (-1) where what it says itself tells that it has one. So whatever changes a job, or the
 * rules of its queue, need not know of sub-lanes.
 */
import { policyOf } from "../../domain/policy.ts";
import { addUnits, unitsOf } from "../../domain/units.ts";
import type { QueueLimits } from "../contract.ts";
import type { Place } from "../rules/jobs.ts";
import { goesByLabel } from "../rules/limits.ts";
import type { Database } from "./engine/database.ts";
import { boundsOf, type BoundsRow, gateOf } from "./gates.ts";
import { type Rules, rulesFor } from "./queue_rules.ts";
import { GIVEN } from "./words.ts";

/** Where a new or edited job stands, of its row: in the lane of its queue, or where is to be found out. */
export const FIRST_LANE =
  "CASE WHEN policy ->> '$.takes' IS NULL AND ifnull(policy ->> '$.slots', 1) = 1 THEN 0 ELSE -1 END";

/** Of the jobs of a lane, or of those that have none yet, those that could be claimed: as their index has it. */
export const CLAIMABLE_IN_LANE = "state = 'pending' AND lane <> 0 AND held = 0";

interface Unlaid {
  seq: number;
  queue: string;
  label: string | null;
  policy: string | null;
}

const COLUMNS = "seq, queue, label, policy";
const UNLAID = `
  SELECT ${COLUMNS} FROM jobs WHERE lane = -1 AND ${CLAIMABLE_IN_LANE} ORDER BY priority, seq LIMIT ${GIVEN}`;
const RUNNING_UNLAID = `
  SELECT ${COLUMNS} FROM jobs WHERE queue = ? AND state = 'processing' AND lane = -1 LIMIT ${GIVEN}`;
const IN_QUEUE_LANE = `
  SELECT ${COLUMNS} FROM jobs WHERE state = 'pending' AND lane = 0 AND queue = ? AND held = 0
  ORDER BY priority, seq LIMIT ${GIVEN}`;
const IN_SUBLANE = `
  SELECT ${COLUMNS} FROM jobs WHERE lane = ${GIVEN} AND ${CLAIMABLE_IN_LANE}
  ORDER BY priority, seq LIMIT ${GIVEN}`;

/** As SQL, whether pending jobs wait for their sub-lane. */
export const ANY_UNLAID = `EXISTS (SELECT 1 FROM jobs WHERE lane = -1 AND ${CLAIMABLE_IN_LANE})`;

/** Whether pending jobs wait for their sub-lane. */
export function anyUnlaid(db: Database): boolean {
  return db.get<{ any: number }>(`SELECT ${ANY_UNLAID} AS any`)!.any === 1;
}

/** Finds out the sub-lanes of jobs that have none yet. Returns how many. */
export function layUnlaid(db: Database, most: number): number {
  return lay(db, db.all<Unlaid>(UNLAID, most));
}

/** Finds out the sub-lanes of what runs of a queue, where that is to be found out. */
function layRunning(db: Database, queue: string): void {
  while (lay(db, db.all<Unlaid>(RUNNING_UNLAID, queue, MOST_RUNNING)) > 0);
}

/** Moves jobs from the lane of a queue that goes by rules. */
export function layOfQueue(db: Database, queue: string, most: number): number {
  return lay(db, db.all<Unlaid>(IN_QUEUE_LANE, queue, most));
}

/** Moves jobs from a sub-lane of another rule. */
export function layOfSublane(db: Database, lane: number, most: number): number {
  return lay(db, db.all<Unlaid>(IN_SUBLANE, lane, most));
}

const MOST_RUNNING = 1000;
const RUNNING_QUEUES = "SELECT DISTINCT queue FROM jobs WHERE state = 'processing' AND lane = -1";

const MOVE = "UPDATE jobs SET lane = ? WHERE seq = ?";

function lay(db: Database, jobs: readonly Unlaid[]): number {
  const rules = new Map<string, Rules>();
  const lanes = new Map<string, number>();
  for (const { seq, queue, label, policy } of jobs) {
    let known = rules.get(queue);
    if (!known) rules.set(queue, known = rulesFor(db, queue));
    const { takes, slots } = policyOf(policy) ?? policyOf(null)!;
    const kind = {
      queue,
      label: goesByLabel(known.limits) ? label ?? "" : "",
      takes: takes ?? "",
      slots: slots ?? 1,
    };
    const key = JSON.stringify(kind);
    let lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, lane = sublaneOf(db, kind, known));
    db.run(MOVE, lane, seq);
  }
  return jobs.length;
}

/** What the jobs of a sub-lane have in common. */
interface Kind {
  queue: string;
  label: string;
  takes: string;
  slots: number;
}

const FIND = "SELECT id FROM sublanes WHERE queue = ? AND rule = ? AND label = ? AND takes = ? AND slots = ?";
const MAKE = "INSERT INTO sublanes (queue, rule, label, takes, slots, parked) VALUES (?, ?, ?, ?, ?, ?)";

/** The number of a sub-lane, which is made unless it is there; 0 where its jobs need none. */
function sublaneOf(db: Database, { queue, label, takes, slots }: Kind, { limits, rule }: Rules): number {
  if (rule === "" && takes === "" && slots === 1) return 0;
  const known = db.get<{ id: number }>(FIND, queue, rule, label, takes, slots);
  if (known) return known.id;
  const id = db.insert(MAKE, queue, rule, label, takes, slots, limits.fair ? -1 : 0);
  addGates(db, id, { kind: { queue, label, takes, slots }, limits });
  return id;
}

const ADD_GATE = "INSERT INTO sublane_gates (lane, gate, units) VALUES (?, ?, ?)";
const LIMIT = "SELECT at_once, rate_count, rate_ms, rate_smooth FROM limits WHERE name = ?";
const UNBOUND = { atOnce: null, rate: null };

function addGates(db: Database, lane: number, { kind, limits }: { kind: Kind; limits: QueueLimits }): void {
  const { queue, label, takes } = kind;
  const { rate, perLabel } = limits;
  const add = (gate: number, units: number) => db.run(ADD_GATE, lane, gate, units);
  if (rate) add(gateOf(db, { kind: "queue", name: queue }, () => ({ atOnce: null, rate })), 1);
  if (perLabel !== null) {
    add(gateOf(db, { kind: "label", name: queue, label }, () => ({ atOnce: perLabel, rate: null })), 1);
  }
  for (const [name, units] of addUnits(unitsOf(limits.takes), unitsOf(takes))) {
    const bounds = () => {
      const row = db.get<BoundsRow>(LIMIT, name);
      return row ? boundsOf(row) : UNBOUND;
    };
    add(gateOf(db, { kind: "limit", name }, bounds), units);
  }
}

/** Notes in the lane of its queue that a sub-lane stands there; closed where the queue lets nothing start, and had none. */
export function noteBehind(db: Database, queue: string, { priority, seq }: Place, closed: boolean): void {
  db.run(NOTE, queue, priority, seq, closed ? 1 : 0);
}

const NOTE = `
  INSERT INTO lanes (queue, priority, seq, closed) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET priority = excluded.priority, seq = excluded.seq
  WHERE (excluded.priority, excluded.seq) < (priority, seq)`;

const TO_BE_LAID = "UPDATE jobs SET lane = -1 WHERE queue = ? AND state = 'processing' AND lane <> -1";
const RELEASE = `
  UPDATE gates SET reserved_by = NULL, reserved = 0, ready = waiting
  WHERE reserved_by IN (SELECT id FROM sublanes WHERE queue = ?)`;
/** Whoever is first at a gate keeps others from what is too little for it: without it, they may have that. */
const LET_HEAR = `
  UPDATE gates SET ready = waiting WHERE id IN (SELECT parked FROM sublanes WHERE queue = ? AND parked > 0)`;
const UNPARK = "UPDATE sublanes SET parked = 0 WHERE queue = ? AND parked NOT IN (0, -1)";
const BEHIND = "UPDATE sublanes SET parked = -1 WHERE queue = ? AND parked = 0";
const FIRST_BEHIND = `
  SELECT priority, seq FROM sublanes WHERE queue = ? AND parked = -1 AND priority IS NOT NULL
  ORDER BY priority, seq LIMIT 1`;

/**
 * What follows for its lanes when a queue's rules have changed: what runs is counted by the new ones at once, what waits
 * is moved by those who claim.
 */
export function followRules(db: Database, queue: string, before: Rules): void {
  const { limits, rule } = rulesFor(db, queue);
  if (rule !== before.rule) {
    db.run(RELEASE, queue);
    db.run(LET_HEAR, queue);
    db.run(UNPARK, queue);
    db.run(TO_BE_LAID, queue);
    layRunning(db, queue);
  }
  if (limits.fair && !before.limits.fair) {
    db.run(BEHIND, queue);
    const first = firstBehind(db, queue);
    if (first) noteBehind(db, queue, first, false);
  }
}

/** The place of the first sub-lane that goes with the lane of its queue. */
export function firstBehind(db: Database, queue: string): Place | undefined {
  return db.get<Place>(FIRST_BEHIND, queue);
}

/** All sub-lanes anew, and what is used of gates: for a store whose jobs came from elsewhere. */
export function rebuildSublanes(db: Database): void {
  db.exec(`
    UPDATE jobs SET lane = 0 WHERE lane <> 0;
    DELETE FROM sublanes;
    DELETE FROM gates WHERE id NOT IN (SELECT gate FROM gate_starts);
    UPDATE gates SET used = 0, waiting = 0, ready = 0, next_at = NULL, reserved = 0, reserved_by = NULL;
    UPDATE jobs SET lane = -1 WHERE ${FIRST_LANE} <> 0;
    UPDATE jobs SET lane = -1 WHERE state = 'processing' AND queue IN (SELECT name FROM queues);`);
  for (const { queue } of db.all<{ queue: string }>(RUNNING_QUEUES)) layRunning(db, queue);
}

const IDLE_MS = 3_600_000;
const MOST_FORGOTTEN = 1000;
const FORGET = `
  DELETE FROM sublanes WHERE id IN (
    SELECT id FROM sublanes WHERE priority IS NULL AND served < ? ORDER BY served LIMIT ${MOST_FORGOTTEN})
  AND NOT EXISTS (SELECT 1 FROM jobs WHERE lane = sublanes.id AND state = 'pending' AND lane <> 0)
  AND id NOT IN (SELECT lane FROM jobs WHERE seq IN (SELECT job FROM attempts WHERE finished_at IS NULL))`;
const FORGET_GATES = `
  DELETE FROM gates WHERE used = 0 AND kind <> 'queue' AND NOT EXISTS (SELECT 1 FROM sublane_gates WHERE gate = gates.id)
    AND (kind = 'label' OR name NOT IN (SELECT name FROM limits))`;

/** Forgets sub-lanes in which no job is, and that were not served for long; and gates that nobody takes of. */
export function forgetSublanes(db: Database, now: number): void {
  if (db.run(FORGET, (now - IDLE_MS) * 1000) > 0) db.run(FORGET_GATES);
}
