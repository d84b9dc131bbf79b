/**
 * @module
 * A sub-lane while jobs are taken from it. It moves to where it waits: to a gate without room, to the lane of its queue, or
 * to no place when it has no jobs.
 */
import { comparePlaces, type Place } from "../rules/jobs.ts";
import type { Lack } from "./claim_gate.ts";
import type { ClaimRun, Moved, QueueState, Take, Taking } from "./claim_run.ts";
import type { Database } from "./engine/database.ts";
import { CLAIMABLE_IN_LANE, noteBehind } from "./sublanes.ts";
import { GIVEN } from "./words.ts";

/** A row of `sublanes`, as far as it matters here. */
export interface SublaneRow {
  id: number;
  queue: string;
  rule: string;
  takes: string;
  slots: number;
  priority: number;
  seq: number;
  parked: number;
  served: number;
}

/** The columns of such a row, of `sublanes s`. */
export const SUBLANE_COLUMNS =
  "s.id, s.queue, s.rule, s.takes, s.slots, s.priority, s.seq, s.parked, s.served";

/** What those have in common that a supervisor can serve, or not. */
export const KIND_SQL = "(s.rule || ';' || s.takes || ';' || s.slots)";

const FIRST = `
  SELECT priority, seq FROM jobs WHERE lane = ${GIVEN} AND ${CLAIMABLE_IN_LANE}
  ORDER BY priority, seq LIMIT ${GIVEN}`;
const OF_LANE = `FROM jobs WHERE lane = s.id AND ${CLAIMABLE_IN_LANE}`;
/** Those at the priority at which sub-lanes stand; none comes before. */
const FIRST_TWO = `
  SELECT (SELECT seq ${OF_LANE} AND priority = s.priority ORDER BY seq LIMIT 1) AS first,
    (SELECT seq ${OF_LANE} AND priority = s.priority ORDER BY seq LIMIT 1 OFFSET 1) AS second,
    EXISTS (SELECT 1 ${OF_LANE} AND priority > s.priority) AS more
  FROM json_each(?) l CROSS JOIN sublanes s ON s.id = l.value`;
const STORE = "UPDATE sublanes SET priority = ?, seq = ?, parked = ? WHERE id = ?";
const STORE_SERVED =
  "UPDATE sublanes SET priority = ?, seq = ?, parked = ?, served = max(served, ?) WHERE id = ?";

/** Where there are no turns, it only matters whether a sub-lane was served of late; and to note it costs an index. */
const OF_LATE_MS = 60_000;

/** With its queue. */
const BEHIND = -1;
/** Until a limit is changed. */
const NEVER = -2;

interface FirstTwo {
  first: number | null;
  second: number | null;
  more: number;
}

/** Has sub-lanes that will be asked know of their first jobs: of many at once, they cost half. */
export function expectJobs(db: Database, lanes: readonly SubLane[]): void {
  if (lanes.length === 0) return;
  const rows = db.all<FirstTwo>(FIRST_TWO, JSON.stringify(lanes.map(({ id }) => id)));
  for (const [at, lane] of lanes.entries()) lane.expect(rows[at]!);
}

export class SubLane {
  readonly #run: ClaimRun;
  readonly #row: SublaneRow;
  readonly #queue: QueueState;
  readonly #take: Take;
  #gates: Taking[] | undefined;
  #ready: Place[] = [];
  #size = 2;
  #mayHaveMore = true;
  #closed = false;
  #parked: number;
  #served = 0;
  #changed = false;
  /** No job of it comes before. */
  place: Place;

  constructor(run: ClaimRun, row: SublaneRow, take: Take) {
    this.#run = run;
    this.#row = row;
    this.#queue = run.queueNamed(row.queue);
    this.#take = take;
    this.#parked = row.parked;
    this.place = { priority: row.priority, seq: row.seq };
  }

  get id(): number {
    return this.#row.id;
  }

  get isOpen(): boolean {
    return !this.#closed && !this.#isEmpty;
  }

  /** Its queue draws it, once that has its turn. */
  get isBehind(): boolean {
    return this.#queue.isFair && this.#queue.room > 0 && this.#row.rule === this.#queue.rule;
  }

  get #isEmpty(): boolean {
    return this.#ready.length === 0 && !this.#mayHaveMore;
  }

  /** Takes the job at its place, if it may be taken, or moves to where it waits. `behind`: its queue has its turn. */
  step({ behind }: { behind: boolean } = { behind: false }): void {
    const { rule, id } = this.#row;
    if (rule !== this.#queue.rule) {
      this.#letGo();
      this.#moveTo(0);
      this.#run.laySublane(id);
      this.#ready = [];
      this.#read();
      this.place = this.#ready[0] ?? this.place;
      this.#changed = true;
      this.#closed = true; // for this look at it
      return;
    }
    if (this.#queue.room <= 0 || this.#queue.isFair && !behind) {
      this.#letGo();
      return this.#leaveTo(BEHIND);
    }
    const gates = this.#gates ??= this.#run.gatesOf(id);
    const things = this.#run.thingsFor(this.#queue.takes, this.#row.takes, gates);
    if (!things) return this.#exclude();
    if (this.#ready.length === 0) this.#read();
    const first = this.#ready[0];
    if (!first) {
      this.#letGo();
      this.#changed = true;
      return;
    }
    if (comparePlaces(first, this.place) > 0) {
      this.place = first;
      this.#changed = true;
      return;
    }
    const { slots } = this.#row;
    if (slots > this.#run.places) return this.#exclude();
    const lack = this.#lacking(gates);
    if (lack) return this.#parkAt(lack, gates);
    if (this.#isRestricted ? this.#run.leftAtOnce < slots : this.#run.left < slots) {
      this.#run.over = true;
      return;
    }
    this.#moveTo(this.#queue.isFair ? BEHIND : 0);
    this.#ready.shift();
    this.#changed = true;
    this.place = this.#ready[0] ?? { priority: first.priority, seq: first.seq + 1 };
    for (const taking of gates) taking.gate.begin(this.#asking(taking));
    if (!this.#take(first.seq, { slots, units: this.#run.takeThings(things) })) {
      for (const taking of gates) taking.gate.unbegin(this.#asking(taking));
      return;
    }
    this.#queue.taken();
    if (this.#queue.isFair || !this.#wasServedOfLate) this.#served = this.#run.nextTurn();
  }

  get #wasServedOfLate(): boolean {
    return this.#row.served >= (this.#run.wanted.now - OF_LATE_MS) * 1000;
  }

  /** It takes something of which there may not be enough: it is not to wait behind others. */
  get #isRestricted(): boolean {
    const { rule, takes, slots } = this.#row;
    return takes !== "" || slots > 1 || rule !== "" && rule !== "by label";
  }

  #asking({ units }: { units: number }) {
    const { priority, seq } = this.place;
    return { lane: this.#row.id, units, priority, seq };
  }

  #lacking(gates: readonly Taking[]): { at: number; lack: Lack } | undefined {
    for (const [at, taking] of gates.entries()) {
      const lack = taking.gate.lackOf(this.#asking(taking));
      if (lack) return { at, lack };
    }
    return undefined;
  }

  #parkAt({ at, lack }: { at: number; lack: Lack }, gates: readonly Taking[]): void {
    const { gate } = gates[at]!;
    if ("never" in lack) {
      this.#letGo();
      return this.#leaveTo(NEVER);
    }
    const isFirst = gate.park(lack, this.place);
    if ("until" in lack) this.#letGo();
    else this.#keep(isFirst ? gates.slice(0, at) : [], gates);
    this.#leaveTo(gate.id);
  }

  /** Keeps units of some of its gates, and of no other one: least of all where it waits for others that come before. */
  #keep(kept: readonly Taking[], gates: readonly Taking[]): void {
    const { id } = this.#row;
    for (const taking of gates) {
      if (kept.includes(taking)) taking.gate.reserve({ lane: id, ...this.place, units: taking.units });
      else taking.gate.release(id);
    }
  }

  /** What others may serve is not to stand in anybody's way. */
  #exclude(): void {
    const { rule, takes, slots } = this.#row;
    this.#run.exclude(`${rule};${takes};${slots}`);
    this.#letGo();
    this.#closed = true;
    if (this.#parked > 0) this.#moveTo(this.#queue.isFair ? BEHIND : 0);
  }

  #letGo(): void {
    if (this.#row.parked > 0) this.#run.release(this.#row.id);
  }

  #leaveTo(at: number): void {
    this.#closed = true;
    this.#moveTo(at);
  }

  #moveTo(at: number): void {
    if (this.#parked === at) return;
    this.#parked = at;
    this.#changed = true;
  }

  /** What `expectJobs` has found. */
  expect({ first, second, more }: FirstTwo): void {
    if (first === null) return; // it stands too early: it will read
    const { priority } = this.place;
    this.#ready = [first, ...second === null ? [] : [second]].map((seq) => ({ priority, seq }));
    this.#mayHaveMore = second !== null || more === 1;
    this.#size *= 2;
  }

  #read(): void {
    const limit = this.#size;
    this.#ready = this.#run.db.all<Place>(FIRST, this.#row.id, limit);
    this.#mayHaveMore = this.#ready.length === limit;
    this.#size *= 2;
  }

  /** Notes where it stands now; in `moved`, to be stored with others, where it can. */
  putRight(moved?: Moved): void {
    if (!this.#changed) return;
    this.#changed = false;
    const was = this.#row;
    const { id, queue } = was;
    const place = this.#isEmpty ? null : this.place;
    const parked = place ? this.#parked : this.#queue.isFair ? BEHIND : 0;
    const asWas = parked === was.parked && (place ?? was).priority === was.priority && this.#served === 0;
    if (moved && asWas && parked !== BEHIND) {
      moved.set(id, place?.seq ?? null);
      return;
    }
    const values = [place?.priority ?? null, place?.seq ?? null, parked];
    if (this.#served > 0) this.#run.db.run(STORE_SERVED, ...values, this.#served, id);
    else this.#run.db.run(STORE, ...values, id);
    if (place && parked === BEHIND) noteBehind(this.#run.db, queue, place, this.#queue.room <= 0);
  }
}
