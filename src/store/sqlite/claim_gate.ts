/**
 * @module
 * A gate while jobs are claimed: whether it has room, for whom it is kept, and what began. All of it is stored at the end
 * of the claim.
 */
import type { Rate } from "../../domain/limit.ts";
import type { Place } from "../rules/jobs.ts";
import { comparePlaces } from "../rules/jobs.ts";
import { freeAt, nextSmooth, type Starts } from "../rules/limits.ts";
import type { Database } from "./engine/database.ts";
import { type BoundsRow, rateOf, startsOf } from "./gates.ts";
import { GIVEN } from "./words.ts";

/** A row of `gates`, as far as it matters here. */
export interface GateRow extends BoundsRow {
  id: number;
  kind: string;
  name: string;
  used: number;
  started: number;
  smooth_at: number | null;
  reserved: number;
  reserved_by: number | null;
  waiting: number;
  ready: number;
  next_at: number | null;
}

/** The columns of such a row. */
export const GATE_COLUMNS =
  "g.id, g.kind, g.name, g.at_once, g.rate_count, g.rate_ms, g.rate_smooth, g.used, g.started, g.smooth_at, g.reserved, " +
  "g.reserved_by, g.waiting, g.ready, g.next_at";

/** Why somebody finds no room. */
export type Lack =
  /** It takes more than there ever is. */
  | { never: true }
  /** Too much is in use, or kept for another one, or others come before. */
  | { taken: true }
  /** Not before this time, in ms since the epoch. */
  | { until: number };

/** Who asks for room. */
export interface Asking extends Place {
  /** The sub-lane. */
  lane: number;
  units: number;
}

const FIRST_PARKED = `
  SELECT priority, seq FROM sublanes WHERE parked = ${GIVEN} AND priority IS NOT NULL ORDER BY priority, seq LIMIT 1`;
const STORE = `
  UPDATE gates SET started = ?, smooth_at = ?, reserved = ?, reserved_by = ?, waiting = ?, ready = ?, next_at = ?
  WHERE id = ?`;
const LEFT_WINDOW = "DELETE FROM gate_starts WHERE gate = ? AND at <= ? RETURNING units";
const FROM_LATER = "DELETE FROM gate_starts WHERE gate = ? AND at > ? RETURNING units";
const BEGIN = `
  INSERT INTO gate_starts (gate, at, units) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET units = units + excluded.units`;

/** Starts so much later than now were noted by a clock that was wrong. */
const MUCH_LATER_MS = 60_000;

export class Gate {
  readonly #db: Database;
  readonly #now: number;
  readonly #row: GateRow;
  readonly #rate: Rate | null;
  #changed = false;
  #begun = 0;
  #windowKnown = false;
  /** Somebody found no room in this claim: neither does anybody whose place is after that one. */
  #shut: { lack: Lack; from: Place } | undefined;
  /** The first that is parked here, as far as is known. */
  #head: Place | null | undefined;

  constructor(db: Database, row: GateRow, now: number) {
    this.#db = db;
    this.#now = now;
    this.#row = row;
    this.#rate = rateOf(row);
    if (row.next_at !== null && row.next_at <= now) this.#change({ ready: row.waiting, next_at: null });
  }

  get id(): number {
    return this.#row.id;
  }

  get kind(): string {
    return this.#row.kind;
  }

  get name(): string {
    return this.#row.name;
  }

  get isRated(): boolean {
    return this.#rate !== null;
  }

  /** It bounds something. */
  get isBound(): boolean {
    return this.#rate !== null || this.#row.at_once !== null;
  }

  /** What keeps somebody from taking of it; undefined when there is room. */
  lackOf(asking: Asking): Lack | undefined {
    const { lane, units } = asking;
    const row = this.#row;
    if (row.at_once !== null && units > row.at_once || this.#rate && units > this.#rate.count) {
      return { never: true };
    }
    if (!this.isBound) return undefined;
    // by turns, who comes first may ask after others
    if (this.#shut && comparePlaces(this.#shut.from, asking) <= 0) return this.#shut.lack;
    const head = row.waiting === 1 && row.ready === 0 ? this.#firstParked() : null;
    if (head && comparePlaces(head, asking) < 0) {
      return row.next_at === null ? { taken: true } : { until: row.next_at };
    }
    const kept = row.reserved_by === null || row.reserved_by === lane ? 0 : row.reserved;
    if (row.at_once !== null && row.used + kept + units > row.at_once) return { taken: true };
    return this.#rate ? this.#lackOfRate(this.#rate, units, kept) : undefined;
  }

  #lackOfRate(rate: Rate, units: number, kept: number): Lack | undefined {
    const row = this.#row;
    const now = this.#now;
    this.#leaveWindow(rate);
    const room = rate.count - row.started - kept;
    const at = Math.max(
      room >= units ? now : freeAt(this.#starts(rate), { now, perMs: rate.perMs, room, wanted: units }),
      rate.smooth ? Math.ceil((row.smooth_at ?? 0) / 1000) : now,
    );
    return at > now ? { until: at } : undefined;
  }

  #starts({ perMs }: Rate): Starts[] {
    return startsOf(this.#db, this.id, this.#now - perMs);
  }

  #leaveWindow({ perMs }: Rate): void {
    if (this.#windowKnown) return;
    this.#windowKnown = true;
    const sum = (rows: { units: number }[]) => rows.reduce((sum, { units }) => sum + units, 0);
    const left = sum(this.#db.all<{ units: number }>(LEFT_WINDOW, this.id, this.#now - perMs));
    if (left > 0) this.#change({ started: this.#row.started - left });
    const later = sum(this.#db.all<{ units: number }>(FROM_LATER, this.id, this.#now + MUCH_LATER_MS));
    if (later > 0) this.#db.run(BEGIN, this.id, this.#now, later);
  }

  #firstParked(): Place | null {
    return this.#head ??= this.#db.get<Place>(FIRST_PARKED, this.id) ?? null;
  }

  /** Somebody waits here, and there may be room. */
  get isReady(): boolean {
    return this.#row.ready === 1;
  }

  /** Somebody is parked here. Returns whether that one is the first. */
  park(lack: Lack, place: Place): boolean {
    if (!this.#shut || comparePlaces(place, this.#shut.from) < 0) this.#shut = { lack, from: place };
    const head = this.#firstParked();
    const isFirst = !head || comparePlaces(place, head) <= 0;
    if (isFirst) this.#head = place;
    if ("until" in lack) this.#change({ waiting: 1, ready: 0, next_at: lack.until });
    else this.#change({ waiting: 1, ready: 0 });
    return isFirst;
  }

  /** Nobody is parked here any more. */
  nobodyWaits(): void {
    this.#change({ waiting: 0, ready: 0, next_at: null });
  }

  /** Keeps units for a sub-lane, unless some are kept already. */
  reserve({ lane, units }: Asking): void {
    if (this.isBound && this.#row.reserved_by === null) this.#change({ reserved: units, reserved_by: lane });
  }

  /** What was kept for a sub-lane may be taken by others. */
  release(lane: number): void {
    if (this.#row.reserved_by !== lane) return;
    this.#shut = undefined;
    this.#change({ reserved: 0, reserved_by: null, ready: this.#row.waiting, next_at: null });
  }

  /** A job of a sub-lane begins. */
  begin({ lane, units }: Asking): void {
    this.release(lane);
    this.#row.used += units;
    this.#begun += units;
    const rate = this.#rate;
    if (!rate) return;
    this.#db.run(BEGIN, this.id, this.#now, units);
    this.#change({ started: this.#row.started + units });
    if (rate.smooth) {
      const at = nextSmooth(rate, { at: (this.#row.smooth_at ?? 0) / 1000, now: this.#now, units });
      this.#change({ smooth_at: Math.round(at * 1000) });
    }
  }

  /** It was not to be after all: the job has ended, and that was counted. */
  unbegin({ units }: Asking): void {
    this.#row.used -= units;
    this.#change({ ready: this.#row.waiting });
  }

  /** The units of what has begun since this was asked last: to be counted. */
  takeBegun(): number {
    const begun = this.#begun;
    this.#begun = 0;
    return begun;
  }

  /** Stores the rest. */
  store(): void {
    if (!this.#changed) return;
    this.#changed = false;
    const { id, started, smooth_at, reserved, reserved_by, waiting, ready, next_at } = this.#row;
    this.#db.run(STORE, started, smooth_at, reserved, reserved_by, waiting, ready, next_at, id);
  }

  #change(change: Partial<GateRow>): void {
    Object.assign(this.#row, change);
    this.#changed = true;
  }
}
