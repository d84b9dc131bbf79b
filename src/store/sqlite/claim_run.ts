/**
 * @module
 * What one claim knows while it goes on: what is left to be given, queues, gates, and things of the host, each looked up
 * once; and which sub-lanes it has found to be not for this supervisor.
 */
import { addUnits, type Units, unitsOf } from "../../domain/units.ts";
import type { ClaimedJob } from "../contract.ts";
import { Gate, GATE_COLUMNS, type GateRow } from "./claim_gate.ts";
import type { Database } from "./engine/database.ts";
import { countBegun } from "./gates.ts";
import { NO_RULES, RULES, type Rules, rulesOf, type RulesRow } from "./queue_rules.ts";
import { layOfQueue, layOfSublane } from "./sublanes.ts";
import { GIVEN } from "./words.ts";

/** Who claims, for whom, and from where. */
export interface Claim {
  supervisor: string;
  host: string;
  /** In ms since the epoch. */
  now: number;
  /** One worker for every place for a job. */
  free: readonly string[];
  /** So many of the last places would not begin their job at once. */
  ahead: number;
  /** Take jobs from these queues only; null is all. */
  queues: readonly string[] | null;
  /** There are sub-lanes, or jobs that wait for theirs. */
  limited: boolean;
}

/** What must be known of a queue before jobs are taken from it. */
export interface QueueRow extends RulesRow {
  queue: string;
  /** Nobody may take jobs from it; null where the queue has no switches. */
  paused: number | null;
  /** How many of its jobs may run at a time; null is no limit. */
  concurrency: number | null;
}

const QUEUE = `SELECT q.name AS queue, q.paused, q.concurrency, ${RULES} FROM queues q WHERE q.name = ?`;
const COUNTED = "SELECT n FROM counts WHERE queue = ? AND state = 'processing'";
const THERE = "SELECT count(*) AS n FROM jobs WHERE queue = ? AND state = 'processing'";

/** A queue while jobs are taken from it. */
export class QueueState {
  readonly #db: Database;
  readonly #row: QueueRow;
  #rules: Rules | undefined;
  #room: number | undefined;

  constructor(db: Database, row: QueueRow) {
    this.#db = db;
    this.#row = row;
  }

  /** Something was set of it. */
  get hasSwitches(): boolean {
    return this.#row.paused !== null;
  }

  get rule(): string {
    return this.hasSwitches ? (this.#rules ??= rulesOf(this.#row)).rule : "";
  }

  get isFair(): boolean {
    return this.#row.fair === 1;
  }

  /** What all of its jobs take. */
  get takes(): string | null {
    return this.#row.takes;
  }

  /** How many jobs may still start. */
  get room(): number {
    if (this.#room !== undefined) return this.#room;
    const { queue, paused, concurrency } = this.#row;
    return this.#room = paused === 1
      ? 0
      : concurrency === null
      ? Infinity
      : concurrency - running(this.#db, queue);
  }

  taken(): void {
    this.#room = this.room - 1;
  }
}

function running(db: Database, queue: string): number {
  const n = db.get<{ n: unknown }>(COUNTED, queue)?.n ?? 0;
  return typeof n === "number" && n >= 0 ? n : db.get<{ n: number }>(THERE, queue)!.n; // unreadable
}

/** Jobs that one claim moves to their sub-lanes, at most. */
const MOST_LAID = 1000;
/** And in one go. */
const LAID = 250;

const READY_GATES = `SELECT ${GATE_COLUMNS} FROM gates g WHERE g.ready = 1 LIMIT ${GIVEN}`;
const GATES_IN_TIME = `
  SELECT ${GATE_COLUMNS} FROM gates g INDEXED BY gates_next WHERE g.next_at <= ? AND g.ready = 0 LIMIT ${GIVEN}`;
const GATES_OF = `
  SELECT ${GATE_COLUMNS}, s.lane, s.units
  FROM json_each(?) l CROSS JOIN sublane_gates s ON s.lane = l.value JOIN gates g ON g.id = s.gate`;
const RESERVED_FOR = `SELECT ${GATE_COLUMNS} FROM gates g WHERE g.reserved_by = ?`;
const SERVED = "SELECT max(served) AS last FROM sublanes";
const STORE_PLACES = `
  UPDATE sublanes SET priority = CASE WHEN place.value IS NULL THEN NULL ELSE priority END, seq = place.value
  FROM json_each(?) place WHERE sublanes.id = CAST(place.key AS INTEGER)`;
const THINGS = `
  SELECT t.name, t.units, t.supervisor = ? AS own FROM things t JOIN supervisors s ON s.id = t.supervisor
  WHERE s.lease_until > ? OR s.id = ?`;
const UNITS_IN_USE = `
  SELECT units FROM attempts WHERE supervisor = ? AND finished_at IS NULL AND units IS NOT NULL`;
const PLACES = "SELECT ifnull(sum(slots), 0) AS n FROM workers WHERE supervisor = ? AND stopping = 0";

/** Starts a job. False when it turned out that it cannot be run. */
export type Take = (
  seq: number,
  how: { slots: number; units: Record<string, number[]> | undefined },
) => boolean;

/** Which sub-lane takes of a gate, and how much. */
interface Of {
  lane: number;
  units: number;
}

/** A gate, and how much of it is taken. */
export interface Taking {
  gate: Gate;
  units: number;
}

/** Where sub-lanes stand now that have moved at the same priority, by their numbers; null where no job is left. */
export type Moved = Map<number, number | null>;

export class ClaimRun {
  readonly jobs: ClaimedJob[] = [];
  readonly db: Database;
  readonly wanted: Claim;
  /** As in `Claim`. */
  limited: boolean;
  /** Lanes that were looked at. */
  looked = 0;
  /** It stopped before all was looked at. */
  more = false;
  /** Nothing after what was found last may be taken. */
  over = false;
  /** Lanes have moved: what is next is to be read again. */
  dirty = false;
  #given = 0;
  #laid = 0;
  /** Sub-lanes that were looked into, and may have to be put right. */
  readonly touched = new Set<{ putRight(moved?: Moved): void }>();
  readonly #gates = new Map<number, Gate>();
  /** What sub-lanes take of them. */
  readonly #takings = new Map<number, Taking[]>();
  readonly #queues = new Map<string, QueueState>();
  readonly #excluded = new Set<string>();
  /** Things of which somebody found too few: who comes later takes none of them. */
  readonly #short = new Set<string>();
  #things: { offered: Set<string>; own: Map<string, number>; free: Map<string, number[]> } | undefined;
  #places: number | undefined;
  #served: number | undefined;

  constructor(db: Database, wanted: Claim) {
    this.db = db;
    this.wanted = wanted;
    this.limited = wanted.limited;
  }

  /** How many places are left. */
  get left(): number {
    return this.wanted.free.length - this.#given;
  }

  /** Places that begin their job at once. */
  get leftAtOnce(): number {
    return this.left - this.wanted.ahead;
  }

  /** The worker that gets the next job. */
  get worker(): string {
    return this.wanted.free[this.#given]!;
  }

  gave(job: ClaimedJob, slots: number): void {
    this.jobs.push(job);
    this.#given += slots;
  }

  /** How many places the supervisor has in all. */
  get places(): number {
    return this.#places ??= this.db.get<{ n: number }>(PLACES, this.wanted.supervisor)!.n;
  }

  queue(row: QueueRow): QueueState {
    let state = this.#queues.get(row.queue);
    if (!state) this.#queues.set(row.queue, state = new QueueState(this.db, row));
    return state;
  }

  queueNamed(queue: string): QueueState {
    return this.#queues.get(queue) ??
      this.queue(
        this.db.get<QueueRow>(QUEUE, queue) ?? { queue, paused: null, concurrency: null, ...NO_RULES },
      );
  }

  /** Grows with every job of a sub-lane. */
  nextTurn(): number {
    this.#served ??= this.db.get<{ last: number | null }>(SERVED)!.last ?? 0;
    return this.#served = Math.max(this.#served + 1, this.wanted.now * 1000);
  }

  // Gates

  /** Those at which somebody waits and that may have room. */
  readyGates(most: number): Gate[] {
    const { db, wanted: { now } } = this;
    return [...db.all<GateRow>(READY_GATES, most), ...db.all<GateRow>(GATES_IN_TIME, now, most)]
      .map((row) => this.#gate(row)).filter((gate) => gate.isReady);
  }

  /** What a sub-lane takes of gates, in the order in which they are asked: those that may take their time come first. */
  gatesOf(lane: number): Taking[] {
    if (!this.#takings.has(lane)) this.expect([lane]);
    return this.#takings.get(lane)!
      .sort((a, b) => Number(b.gate.isRated) - Number(a.gate.isRated) || a.gate.id - b.gate.id);
  }

  /** Looks up the gates of sub-lanes that will be asked for: of many at once, they cost a third. */
  expect(lanes: readonly number[]): void {
    const unknown = lanes.filter((lane) => !this.#takings.has(lane));
    if (unknown.length === 0) return;
    for (const lane of unknown) this.#takings.set(lane, []);
    for (const row of this.db.all<GateRow & Of>(GATES_OF, JSON.stringify(unknown))) {
      this.#takings.get(row.lane)!.push({ gate: this.#gate(row), units: row.units });
    }
  }

  #gate(row: GateRow): Gate {
    let gate = this.#gates.get(row.id);
    if (!gate) this.#gates.set(row.id, gate = new Gate(this.db, row, this.wanted.now));
    return gate;
  }

  /** Lets go of what is kept for a sub-lane. */
  release(lane: number): void {
    for (const row of this.db.all<GateRow>(RESERVED_FOR, lane)) this.#gate(row);
    for (const gate of this.#gates.values()) gate.release(lane);
  }

  storeGates(): void {
    const begun = new Map<number, number>();
    for (const gate of this.#gates.values()) {
      const units = gate.takeBegun();
      if (units > 0) begun.set(gate.id, units);
      gate.store();
    }
    countBegun(this.db, begun);
  }

  // Sub-lanes

  /** Notes where those stand that were looked into. */
  putSublanesRight(): void {
    const moved: Moved | undefined = this.touched.size > 1 ? new Map() : undefined;
    for (const lane of this.touched) lane.putRight(moved);
    if (moved && moved.size > 0) this.db.run(STORE_PLACES, JSON.stringify(Object.fromEntries(moved)));
  }

  /** Moves jobs of a queue that goes by rules to their sub-lanes. False when enough were moved for now. */
  layQueue(queue: string): boolean {
    return this.#lay((most) => layOfQueue(this.db, queue, most));
  }

  /** Moves jobs of a sub-lane that was made by other rules. */
  laySublane(lane: number): boolean {
    return this.#lay((most) => layOfSublane(this.db, lane, most));
  }

  /** Jobs may have been moved, from sub-lanes too. */
  get hasLaid(): boolean {
    return this.#laid > 0;
  }

  #lay(some: (most: number) => number): boolean {
    if (this.#laid >= MOST_LAID) {
      this.more = true;
      return false;
    }
    // what is moved changes where sub-lanes stand, and may make gates ready
    this.putSublanesRight();
    this.storeGates();
    this.#gates.clear();
    this.#takings.clear();
    this.limited = true;
    this.#laid += some(LAID);
    this.dirty = true;
    return true;
  }

  /** Sub-lanes of a kind are not for this supervisor now. */
  exclude(kind: string): void {
    this.#excluded.add(kind);
  }

  /** The kinds of those that are not, as JSON; null where all are. */
  get excluded(): string | null {
    return this.#excluded.size === 0 ? null : JSON.stringify([...this.#excluded]);
  }

  // Things

  /** What of a job's takings are things, of which this supervisor has enough free; undefined when something is missing. */
  thingsFor(rules: string | null, takes: string, gates: readonly Taking[]): Units | undefined {
    const things = new Map<string, number>();
    if (takes === "" && rules === null) return things;
    const { offered, own, free } = this.#things ??= this.#findThings();
    if (offered.size === 0) {
      // a name is a gate, so none has to be looked at by its name
      return gates.every(({ gate }) => gate.kind !== "limit" || gate.isBound) ? things : undefined;
    }
    for (const [name, units] of addUnits(unitsOf(rules), unitsOf(takes))) {
      if (!offered.has(name)) {
        if (gates.some(({ gate }) => gate.kind === "limit" && gate.name === name && gate.isBound)) continue;
        return undefined;
      }
      if (this.#short.has(name) || units > (own.get(name) ?? 0)) return undefined;
      if (units > free.get(name)!.length) {
        this.#short.add(name);
        return undefined;
      }
      things.set(name, units);
    }
    return things;
  }

  #findThings() {
    const { supervisor, now } = this.wanted;
    const rows = this.db.all<{ name: string; units: number; own: number }>(
      THINGS,
      supervisor,
      now,
      supervisor,
    );
    const own = new Map(rows.filter(({ own }) => own === 1).map(({ name, units }) => [name, units]));
    const free = new Map(
      [...own].map(([name, units]): [string, number[]] => [name, Array.from({ length: units }, (_, n) => n)]),
    );
    for (const { units } of own.size === 0 ? [] : this.db.all<{ units: string }>(UNITS_IN_USE, supervisor)) {
      for (const [name, numbers] of Object.entries(JSON.parse(units) as Record<string, number[]>)) {
        free.set(name, (free.get(name) ?? []).filter((n) => !numbers.includes(n)));
      }
    }
    return { offered: new Set(rows.map(({ name }) => name)), own, free };
  }

  /** Takes units of things, by number. */
  takeThings(things: Units): Record<string, number[]> | undefined {
    if (things.size === 0) return undefined;
    return Object.fromEntries(
      [...things].map(([name, units]) => [name, this.#things!.free.get(name)!.splice(0, units)]),
    );
  }
}
