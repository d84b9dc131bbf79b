/**
 * @module
 * Giving workers the first pending jobs of all open lanes, each by one guarded UPDATE and with one new attempt. Lanes
 * are gone through in order, a page at a time, and put right on the way (see `lanes.ts`); so are sub-lanes that are open, or
 * parked at a gate that may have room (see `sublanes.ts`).
 */
import type { ClaimedJob } from "../contract.ts";
import { comparePlaces, type Place, readyAt } from "../rules/jobs.ts";
import { type Claim, ClaimRun, type QueueState, type Take } from "./claim_run.ts";
import { expectJobs, SubLane, type SublaneRow } from "./claim_sublane.ts";
import type { Database } from "./engine/database.ts";
import { readStdin } from "./inputs.ts";
import { type Lane, openLanes, putRight } from "./lanes.ts";
import { readNeeded } from "./needed_outcomes.ts";
import { firstByTurn, openSublanes, parkedSublanes, unparkBehind } from "./open_sublanes.ts";
import { FIELD_COLUMNS, type JobRow, toJob } from "./rows.ts";
import { readCheckpoint } from "./said.ts";
import { firstBehind, layUnlaid } from "./sublanes.ts";
import { layDown, unreadableColumn } from "./unreadable.ts";
import { GIVEN, mayBecome } from "./words.ts";

export interface Claimed {
  /** In order. */
  jobs: ClaimedJob[];
  /** There may be more to be claimed: so many lanes stood wrong that it stopped looking. */
  more: boolean;
}

/** Lanes on a page, at least. */
const PAGE = 32;
/** Lanes to be looked at for one claim, at most, so that very many that stand wrong do not hold up everybody else. */
const MOST_LANES = 1000;
/** Jobs that are moved to their sub-lanes before one claim, at most. */
const MOST_LAID = 500;

/** What is read of a job that is taken: the fewer columns, the cheaper. */
const READ = [
  ...["seq", "name", "attempts", "last_attempt", "created_at", "stdin_size", "policy", "checkpoint_size"],
  ...["snoozed_since", ...FIELD_COLUMNS.map(({ column }) => column)],
].join(", ");
/** The rest is known of every job that was pending. */
const TAKEN = {
  state: "processing",
  cancelRequested: false,
  pausedAt: null,
  skippedFor: null,
  finishedAt: null,
  exitCode: null,
  signal: null,
  error: null,
} as const;

const TAKE = `
  UPDATE jobs SET state = 'processing', attempts = attempts + 1, last_attempt = last_attempt + 1,
    started_at = ?, worker = ?, finished_at = NULL, exit_code = NULL, signal = NULL, error = NULL
  WHERE seq = ? AND held = 0 AND ${mayBecome("processing")}
  RETURNING ${READ}, EXISTS (SELECT 1 FROM needy WHERE job = seq) AS needy`;

const BEGIN_ATTEMPT = `
  INSERT INTO attempts (job, attempt, token, supervisor, worker, host, ready_at, started_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
const NOTE_UNITS = "UPDATE attempts SET units = ? WHERE job = ? AND attempt = ?";

const PLAIN = { slots: 1, units: undefined };

/** Claims the first jobs of all open lanes together. */
export function claim(db: Database, wanted: Claim): Claimed {
  const run = new ClaimRun(db, wanted);
  const take = takeInto(run);
  if (run.limited && layUnlaid(db, MOST_LAID) === MOST_LAID) run.more = true;
  while (run.left > 0 && !run.over) {
    if (run.looked >= MOST_LANES) {
      run.more = true;
      break;
    }
    const page = pageOf(run, take);
    if (page.lanes.length === 0) break;
    run.looked += page.lanes.length;
    takeFirst(run, page);
    run.storeGates();
  }
  return { jobs: run.jobs, more: run.more };
}

function takeInto(run: ClaimRun): Take {
  const { db, wanted: { now, supervisor, host } } = run;
  return (seq, { slots, units }) => {
    const { worker } = run;
    const token = crypto.randomUUID();
    const row = db.get<JobRow & { needy: number }>(TAKE, now, worker, seq)!;
    const stdin = readStdin(db, row);
    const column = unreadableColumn(row) ?? (stdin === undefined ? "stdin" : undefined);
    if (column !== undefined || stdin === undefined) {
      layDown(db, seq, { column: column!, now });
      return false;
    }
    const checkpoint = readCheckpoint(db, row);
    const job = {
      ...toJob(row),
      ...TAKEN,
      startedAt: now,
      worker,
      token,
      ...(stdin && { stdin }),
      ...(checkpoint && { checkpoint }),
      ...(row.needy === 1 && { needed: readNeeded(db, seq) }),
      ...(units && { units }),
    };
    db.run(BEGIN_ATTEMPT, seq, job.lastAttempt, token, supervisor, worker, host, readyAt(job), now);
    if (units) db.run(NOTE_UNITS, JSON.stringify(units), seq, job.lastAttempt);
    run.gave(job, slots);
    return true;
  };
}

/** Some lanes, in order. */
interface Page {
  lanes: (OpenLane | SubLane)[];
  /** What comes after this place may not be next: there are lanes beyond it. */
  until: Place | undefined;
}

function pageOf(run: ClaimRun, take: Take): Page {
  const { db, wanted: { queues } } = run;
  const wanted = run.left;
  const size = Math.max(PAGE, wanted + 1);
  const plain = openLanes(db, queues, size);
  const one = plain.length === 1 ? wanted + 1 : 2; // the one to take, and where the lane stands then
  const lanes: Page["lanes"] = plain.map((lane) => new OpenLane(run, lane, { size: one, take }));
  let until: Place | undefined = plain.length < size ? undefined : plain.at(-1);
  if (!run.limited) return { lanes, until };
  const add = (rows: readonly SublaneRow[]) => {
    const last = rows.length < size ? undefined : rows.at(-1)!;
    if (last && (!until || comparePlaces(last, until) < 0)) until = last;
    for (const row of rows) lanes.push(new SubLane(run, row, take));
  };
  const some = { queues, excluded: run.excluded, limit: size };
  add(openSublanes(db, some));
  for (const gate of run.readyGates(size)) {
    const rows = parkedSublanes(db, gate.id, some);
    if (
      rows.length === 0 &&
      parkedSublanes(db, gate.id, { queues: null, excluded: null, limit: 1 }).length === 0
    ) {
      gate.nobodyWaits();
    }
    add(rows);
  }
  if (lanes.length > plain.length) {
    lanes.sort((a, b) => comparePlaces(a.place, b.place));
    const first = lanes.slice(0, wanted).filter((lane) => lane instanceof SubLane);
    run.expect(first.map(({ id }) => id));
    expectJobs(db, first);
  }
  return { lanes, until };
}

/** Takes the first jobs of all these lanes together, and puts the lanes right that it looked into. */
function takeFirst(run: ClaimRun, { lanes, until }: Page): void {
  const queue = lanes.toReversed();
  const touched = new Set<OpenLane>();
  run.touched.clear();
  run.dirty = false;
  let behind = false;
  while (run.left > 0 && !run.over && !run.dirty) {
    const lane = queue.pop();
    if (!lane || until && comparePlaces(lane.place, until) > 0) break;
    if (behind && !(lane instanceof SubLane && lane.isBehind)) break;
    if (lane instanceof SubLane) run.touched.add(lane);
    else touched.add(lane);
    lane.step();
    // what its queue draws comes before what comes after it; others that stood elsewhere, too, go there at the same time
    behind ||= lane instanceof SubLane && lane.isBehind;
    if (lane.isOpen) insertInOrder(queue, lane);
  }
  run.putSublanesRight();
  for (const lane of touched) lane.putRight(); // who may have to wait for those
}

/** The last one comes first. */
function insertInOrder(lanes: Page["lanes"], lane: OpenLane | SubLane): void {
  let [from, to] = [0, lanes.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (comparePlaces(lanes[middle]!.place, lane.place) > 0) from = middle + 1;
    else to = middle;
  }
  lanes.splice(from, 0, lane);
}

const FIRST = `
  SELECT priority, seq FROM jobs
  WHERE state = 'pending' AND lane = 0 AND queue = ? AND held = 0 ORDER BY priority, seq LIMIT ${GIVEN}`;

/**
 * The lane of a queue while jobs are taken from it. What it says of itself is right once it has been looked into. Behind
 * it stand sub-lanes of its queue: those that wait for room in the queue, and all of them where it is fair.
 */
class OpenLane {
  readonly #run: ClaimRun;
  readonly #name: string;
  readonly #queue: QueueState;
  readonly #take: Take;
  /** The next jobs, read in one go; each time twice as many. */
  #ready: Place[] = [];
  #size: number;
  #mayHaveMore = true;
  /** The first of the sub-lanes behind it; undefined before that was looked up. */
  #behind: Place | null | undefined;
  #closed = false;
  /** No job of it comes before. */
  place: Place;

  constructor(run: ClaimRun, lane: Lane, { size, take }: { size: number; take: Take }) {
    this.#run = run;
    this.#name = lane.queue;
    this.#queue = run.queue(lane);
    this.#take = take;
    this.#size = size;
    this.place = { priority: lane.priority, seq: lane.seq };
    if (!this.#queue.hasSwitches) this.#behind = null;
  }

  /** Whether there may be more to take. */
  get isOpen(): boolean {
    return !this.#closed && this.#queue.room > 0 && !this.#isEmpty;
  }

  get #isEmpty(): boolean {
    return this.#ready.length === 0 && !this.#mayHaveMore && this.#behind === null;
  }

  /** Takes the job at its place, unless it turns out that none is there, or it may not be taken. */
  step(): void {
    if (this.#queue.room <= 0) return;
    if (this.#ready.length === 0 && this.#mayHaveMore) this.#read();
    const plain = this.#ready[0];
    const behind = this.#firstBehind();
    const first = !behind || plain && comparePlaces(plain, behind) < 0 ? plain : behind;
    if (!first) return;
    if (comparePlaces(first, this.place) > 0) {
      this.place = first;
      return;
    }
    // what comes later may be of a label whose turn comes before
    if (plain && (first === plain || this.#queue.isFair) && this.#queue.rule !== "") {
      if (this.#run.layQueue(this.#name)) return this.#reread();
      if (first === plain) this.#closed = true;
    }
    if (this.#closed) return;
    if (first === behind) return this.#takeBehind();
    this.#ready.shift();
    const next = this.#ready[0] ?? { priority: first.priority, seq: first.seq + 1 };
    this.place = behind && comparePlaces(behind, next) < 0 ? behind : next;
    if (this.#take(first.seq, PLAIN)) this.#queue.taken();
  }

  #reread(): void {
    this.#ready = [];
    this.#mayHaveMore = true;
    this.#behind = undefined;
  }

  #takeBehind(): void {
    const { db } = this.#run;
    if (!this.#queue.isFair) {
      unparkBehind(db, this.#name, Math.min(this.#run.left, this.#queue.room, PAGE));
      this.#run.dirty = true;
      this.#behind = undefined;
      return;
    }
    const row = firstByTurn(db, this.#name, this.#run.excluded);
    this.#run.looked += 1;
    if (!row || this.#run.looked > MOST_LANES) {
      this.#run.more ||= row !== undefined;
      this.#closed = true; // all that are left are for others
      return;
    }
    const lane = new SubLane(this.#run, row, this.#take);
    lane.step({ behind: true });
    lane.putRight();
    this.#behind = undefined;
  }

  #firstBehind(): Place | null {
    return this.#behind === undefined
      ? this.#behind = firstBehind(this.#run.db, this.#name) ?? null
      : this.#behind;
  }

  #read(): void {
    const limit = this.#size;
    this.#ready = this.#run.db.all<Place>(FIRST, this.#name, limit);
    this.#mayHaveMore = this.#ready.length === limit;
    this.#size *= 2;
  }

  /** Jobs may have come back to it from sub-lanes by now. */
  #lookAgain(): void {
    this.#ready = this.#run.db.all<Place>(FIRST, this.#name, 1);
    this.#mayHaveMore = false;
    const [first] = this.#ready;
    if (first && comparePlaces(first, this.place) < 0) this.place = first;
  }

  putRight(): void {
    if (this.#queue.hasSwitches) this.#behind = undefined; // others may stand there by now
    if (this.#run.hasLaid) this.#lookAgain();
    const behind = this.#firstBehind();
    const place = behind && comparePlaces(behind, this.place) < 0 ? behind : this.place;
    const { db } = this.#run;
    putRight(db, this.#name, this.#isEmpty ? null : { ...place, closed: this.#queue.room <= 0 });
  }
}
