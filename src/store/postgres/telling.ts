/**
 * @module
 * Telling jobs how those ended that they need, or that those run again: one look at what is to be told, and what comes of
 * it. When, and how much at a time, is in `working_off.ts`.
 *
 * Invariant: a job that is told, or of which others are told, is locked meanwhile. What ends by that is told in the same
 * transaction, as far as those that need it were locked, too: so a chain takes no round trip for each of its links.
 */
import type { State } from "../../domain/job.ts";
import { ENDED } from "../../domain/job.ts";
import { endOf } from "../../domain/ends.ts";
import { type Decision, decisionOf, type SkipReason, tallyOf, type Wanting } from "../../domain/needs.ts";
import { type Dependent, settleByNeeds, tell } from "../rules/dependents.ts";
import { otherHolder } from "../rules/unique.ts";
import type { Transaction } from "./engine/database.ts";
import { jobsWithKeys, lockKeys } from "./keys.ts";
import { letGo, type LockedJob, lockJobs } from "./locked_jobs.ts";
import { groupStates } from "./group_states.ts";
import {
  keeping,
  lookAnew,
  NEEDY,
  type NeedyRow,
  tellingAgain,
  tellingGroupsAgain,
  toDependent,
} from "./needs.ts";

/** Rows of `ended` that are looked at in one go. */
const MOST_TURNS = 500;

/** A row of `ended`: a job of which others are to be told. */
export interface Turn {
  turn: number;
  job: number;
  state: State | null;
  skipped_for: SkipReason | null;
  again: boolean;
  after: number;
}

/** The first of what is to be told. */
export const TURNS = `
  SELECT turn, job, state, skipped_for, again, after FROM queuectl.ended ORDER BY turn LIMIT ${MOST_TURNS}`;
const GROUP_STATES = `SELECT -s.id AS job, s.state FROM (${groupStates("SELECT unnest($1::bigint[])")}) s`;
/**
 * Those who need a job are found by pairs, which are in the order of one index alone. By `needs = …` the server would look
 * through the whole of another one where it believes, by its statistics, that all need the same job.
 */
const NEEDING = (job: string, { after = "0", to = `< (${job} + 1, 0)` } = {}) =>
  `(n.needs, n.job) > (${job}, ${after}) AND (n.needs, n.job) ${to}`;
const FIRST_EDGES = `
  SELECT e.nth, n.job FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS e (job, after, nth)
  CROSS JOIN LATERAL (
    SELECT n.job FROM queuectl.needs n WHERE ${NEEDING("e.job", { after: "e.after" })}
    ORDER BY n.needs, n.job LIMIT $3::integer) n
  ORDER BY e.nth, n.job LIMIT $3::integer`;
const FURTHER = `
  WITH RECURSIVE reach (job, depth) AS (
    SELECT u.job, 1 FROM unnest($1::bigint[]) AS u (job)
    UNION ALL
    SELECT n.job, r.depth + 1 FROM reach r JOIN queuectl.needs n ON ${
  NEEDING("r.job")
} WHERE r.depth < $2::integer)
  SELECT job, depth FROM reach LIMIT $3::integer`;
const EDGES = `
  SELECT n.job, n.needs, n.wanting, n.decided FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS t (job, after, up_to)
  JOIN queuectl.needs n ON ${NEEDING("t.job", { after: "t.after", to: "<= (t.job, t.up_to)" })}
  ORDER BY n.needs, n.job`;

interface Edge {
  job: number;
  needs: number;
  wanting: Wanting;
  decided: Decision | null;
}

/** What jobs are told of one that has ended, or runs again. */
interface Telling {
  job: number;
  /** How it is, where it is gone or a group. */
  gone: { state: State; skippedFor: SkipReason | null };
  again: boolean;
  /** Only those with a number above this one, and not above that. */
  after: number;
  upTo: number;
}

/** One look at what is to be told, and what comes of it. */
export class Step {
  readonly #tx: Transaction;
  readonly #now: number;
  readonly #room: number;
  readonly #depth: number;
  readonly #locked = new Map<number, LockedJob>();
  readonly #needy = new Map<number, NeedyRow>();
  readonly #jobs = new Map<number, Dependent>();
  readonly #edges = new Map<number, Edge[]>();
  readonly #moved = new Set<number>();
  readonly #reset = new Set<number>();
  readonly #decided = new Map<string, { job: number; needs: number; decided: Decision | null }>();

  constructor(tx: Transaction, { now, room, depth }: { now: number; room: number; depth: number }) {
    this.#tx = tx;
    this.#now = now;
    this.#room = room;
    this.#depth = depth;
  }

  /** Tells some of what there is to be told. Returns what comes next, too. */
  async run(turns: readonly Turn[]): Promise<{ told: number; edges: number; next: Turn[] }> {
    const { tellings, rest, first, edges } = await this.#begin(turns);
    const { within, further } = await this.#reach(first);
    const all = new Set([...tellings.map(({ job }) => job), ...first, ...further]);
    for (const job of await lockJobs(this.#tx, "j.seq = ANY ($1::bigint[])", [...all])) {
      this.#locked.set(job.row.seq, job);
    }
    await this.#look(tellings, within);
    const again = await this.#lookAgain(tellings, within);
    const handled = new Set<number>();
    const untold = new Set<number>();
    const queue = [...tellings];
    for (const telling of queue) { // which grows meanwhile
      for (const edge of this.#edges.get(telling.job) ?? []) {
        if (edge.job <= telling.after || edge.job > telling.upTo) continue;
        const news = this.#tell(telling, edge, again);
        if (news === undefined || !this.#needy.get(edge.job)!.needed) continue;
        if (this.#isWithin(edge.job, within)) {
          handled.add(edge.job);
          queue.push({ job: edge.job, gone: GONE, again: news === "again", after: 0, upTo: Infinity });
        } else if (news === "again") untold.add(edge.job);
      }
    }
    const next = await this.#store({ rest, done: turns.slice(0, tellings.length), handled, untold });
    return { told: this.#jobs.size, edges: edges + further.size + tellings.length, next };
  }

  /** As many of the turns as there is room for the edges of; of the last one perhaps only some. */
  async #begin(turns: readonly Turn[]): Promise<{
    tellings: Telling[];
    rest: { turn: number; after: number } | undefined;
    first: Set<number>;
    edges: number;
  }> {
    const found = await this.#tx.all<{ nth: number; job: number }>(
      FIRST_EDGES,
      turns.map(({ job }) => job),
      turns.map(({ after }) => after),
      this.#room + 1,
    );
    const isAll = found.length <= this.#room;
    const taken = isAll ? found : found.slice(0, this.#room);
    const last = isAll ? turns.length : taken.at(-1)!.nth;
    const groups = await this.#groups(turns);
    const tellings = turns.slice(0, last).map(({ job, state, skipped_for, again, after }) => ({
      job,
      gone: { state: groups.get(job) ?? state ?? "cancelled", skippedFor: skipped_for },
      again,
      after,
      upTo: Infinity,
    }));
    const rest = isAll ? undefined : { turn: turns[last - 1]!.turn, after: taken.at(-1)!.job };
    if (rest) tellings.at(-1)!.upTo = rest.after;
    return { tellings, rest, first: new Set(taken.map(({ job }) => job)), edges: taken.length };
  }

  /** How the groups are that are among them. */
  async #groups(turns: readonly Turn[]): Promise<Map<number, State>> {
    const ids = turns.flatMap(({ job }) => job < 0 ? [-job] : []);
    if (ids.length === 0) return new Map();
    const rows = await this.#tx.all<{ job: number; state: State }>(GROUP_STATES, ids);
    return new Map(rows.map(({ job, state }) => [job, state]));
  }

  /** Those who may be told of the ends that come of this, and the jobs all of whose dependents are among them. */
  async #reach(first: ReadonlySet<number>): Promise<{ within: Set<number>; further: Set<number> }> {
    const none = { within: new Set<number>(), further: new Set<number>() };
    if (this.#depth === 1 || first.size === 0) return none;
    const limit = this.#room + first.size;
    const reached = await this.#tx.all<{ job: number; depth: number }>(
      FURTHER,
      [...first],
      this.#depth,
      limit,
    );
    // of those that are furthest some may be missing: they are for the next look, and those before them its first
    const depth = reached.length < limit ? this.#depth : reached.at(-1)!.depth - 1;
    const upTo = (most: number) => new Set(reached.filter((one) => one.depth <= most).map(({ job }) => job));
    return { within: upTo(depth - 1), further: upTo(depth) };
  }

  /** Once all are locked: nobody changes any more what is read here. */
  async #look(tellings: readonly Telling[], within: ReadonlySet<number>): Promise<void> {
    const seqs = [...this.#locked.keys()];
    const [needy, edges] = await this.#tx.several([
      { sql: NEEDY, values: [seqs] },
      { sql: EDGES, values: rangesOf(tellings, within) },
    ]);
    for (const row of needy!.rows as unknown as NeedyRow[]) {
      this.#needy.set(row.job, row);
      this.#jobs.set(row.job, toDependent(this.#locked.get(row.job)!, row));
    }
    for (const edge of edges!.rows as unknown as Edge[]) {
      const list = this.#edges.get(edge.needs);
      if (list) list.push(edge);
      else this.#edges.set(edge.needs, [edge]);
    }
    await this.#lookAtKeys(tellings.some(({ again }) => again));
    this.#jobs.forEach((job, seq) => this.#before.set(seq, { state: job.state, skippedFor: job.skippedFor }));
  }

  /**
   * Which of those that may be called back have keys that others have now. Whoever gives one a key meanwhile holds its lock
   * and waits for a job that is locked here: then the server has one of the two begin anew.
   */
  async #lookAtKeys(again: boolean): Promise<void> {
    const keyed = new Map<number, string>();
    for (const [seq, job] of this.#jobs) {
      const key = this.#locked.get(seq)!.row.unique_key as string | null;
      const mayRun = job.state === "skipped" || again && ENDED.includes(job.state);
      if (key !== null && mayRun && !job.keyLost) keyed.set(seq, key);
    }
    const keys = [...new Set(keyed.values())];
    await lockKeys(this.#tx, keys);
    const found = await jobsWithKeys(this.#tx, keys);
    for (const [seq, key] of keyed) {
      this.#jobs.get(seq)!.keyLost = otherHolder(found.get(key)!, { seq, now: this.#now }) !== undefined;
    }
  }

  readonly #before = new Map<number, Pick<Dependent, "state" | "skippedFor">>();

  /** The needs of those that may run again, decided anew. */
  async #lookAgain(
    tellings: readonly Telling[],
    within: ReadonlySet<number>,
  ): Promise<ReadonlyMap<number, { needs: number; wanting: Wanting; decided: Decision | null }[]>> {
    if (!tellings.some(({ again }) => again)) return new Map();
    const told = [...tellings.map(({ job }) => job), ...within].flatMap((job) => this.#edges.get(job) ?? []);
    return await lookAnew(this.#tx, [...new Set(told.map(({ job }) => job))]);
  }

  /** All that need it are locked. */
  #isWithin(job: number, within: ReadonlySet<number>): boolean {
    return within.has(job) && (this.#edges.get(job) ?? []).every((edge) => this.#jobs.has(edge.job));
  }

  #stateOf({ job, gone }: Telling): { state: State; skippedFor: SkipReason | null } {
    const locked = this.#locked.get(job);
    if (!locked) return gone;
    return this.#jobs.get(job) ?? { state: locked.state, skippedFor: locked.row.skipped_for };
  }

  /** Says whether the job has ended by that, or goes on after its end; `again` when together with what it needs. */
  #tell(
    telling: Telling,
    edge: Edge,
    again: ReadonlyMap<number, { needs: number; wanting: Wanting; decided: Decision | null }[]>,
  ): "ended" | "again" | undefined {
    const job = this.#jobs.get(edge.job);
    if (!job) return undefined; // it came later, and was decided then
    const before = { ...job };
    const news = tell(job, {
      wanting: edge.wanting,
      decided: edge.decided,
      end: endOf(this.#stateOf(telling)),
      again: telling.again,
      now: this.#now,
    });
    if (news === "same") return undefined;
    this.#moved.add(edge.job);
    if (news === "unbound") {
      job.bound = false;
      return undefined;
    }
    if (news === "again") {
      this.#runAgain(edge.job, job, again.get(edge.job) ?? []);
      return "again";
    }
    edge.decided = news.decided;
    this.#decide(edge);
    const hasEnded = ENDED.includes(job.state);
    const changes = hasEnded !== ENDED.includes(before.state) || job.skippedFor !== before.skippedFor;
    return changes ? "ended" : undefined;
  }

  #runAgain(
    seq: number,
    job: Dependent,
    needs: readonly { needs: number; wanting: Wanting; decided: Decision | null }[],
  ): void {
    const anew = needs.map(({ needs, wanting, decided }) => {
      // what was changed here, nobody else has seen yet
      const changed = this.#jobs.get(needs);
      if (!changed || !this.#moved.has(needs)) return { needs, decided };
      const end = endOf(changed);
      return { needs, decided: end ? decisionOf(end, wanting) : null };
    });
    for (const { needs, decided } of anew) {
      this.#decide({ job: seq, needs, decided });
      const edge = this.#edges.get(needs)?.find((edge) => edge.job === seq);
      if (edge) edge.decided = decided;
    }
    this.#reset.add(seq);
    const tally = tallyOf(anew.map(({ decided }) => decided), job.tally.any);
    Object.assign(job, {
      state: "blocked",
      startedAt: null,
      runAt: null,
      skippedFor: null,
      bound: true,
      tally,
    });
    settleByNeeds(job, this.#now);
  }

  #decide({ job, needs, decided }: { job: number; needs: number; decided: Decision | null }): void {
    this.#decided.set(`${job} ${needs}`, { job, needs, decided });
  }

  async #store({ rest, done, handled, untold }: {
    rest: { turn: number; after: number } | undefined;
    done: readonly Turn[];
    handled: ReadonlySet<number>;
    untold: ReadonlySet<number>;
  }): Promise<Turn[]> {
    const changed = [...this.#moved].map((seq) => {
      const job = this.#jobs.get(seq)!;
      const before = this.#before.get(seq)!;
      const isMoved = job.state !== before.state || job.skippedFor !== before.skippedFor;
      this.#locked.get(seq)!.state = job.state;
      return { seq, job, isMoved };
    });
    const over = done.filter(({ turn }) => turn !== rest?.turn).map(({ turn }) => turn);
    const results = await this.#tx.several([
      { sql: RESET, values: [[...this.#reset]] },
      ...keeping([...this.#decided.values()], changed, this.#now),
      { sql: "DELETE FROM queuectl.ended WHERE turn = ANY ($1::bigint[])", values: [over] },
      { sql: HANDLED, values: [[...handled]] },
      tellingAgain([...untold]),
      tellingGroupsAgain([...this.#reset]),
      ...(rest ? [{ sql: GO_ON, values: [rest.turn, rest.after] }] : []),
      ...letGo([...this.#locked.values()]),
      { sql: TURNS },
    ]);
    return results.at(-1)!.rows as unknown as Turn[];
  }
}

/** Which edges are read: of those from which it may go on, all. */
function rangesOf(tellings: readonly Telling[], within: ReadonlySet<number>): [number[], number[], number[]] {
  const ranges = new Map<number, { after: number; upTo: number }>();
  for (const { job, after, upTo } of tellings) {
    const { after: from, upTo: to } = ranges.get(job) ?? { after, upTo };
    ranges.set(job, { after: Math.min(from, after), upTo: Math.max(to, upTo) });
  }
  for (const job of within) ranges.set(job, { after: 0, upTo: Infinity });
  const all = [...ranges.values()];
  const upTo = all.map(({ upTo }) => Math.min(upTo, Number.MAX_SAFE_INTEGER));
  return [[...ranges.keys()], all.map(({ after }) => after), upTo];
}

/** Of what is in nobody's rows. */
const GONE = { state: "cancelled", skippedFor: null } as const;

const RESET = `
  UPDATE queuectl.jobs SET attempts = 0, started_at = NULL, finished_at = NULL, exit_code = NULL, signal = NULL,
    error = NULL, worker = NULL, run_at = NULL, state = 'blocked' WHERE seq = ANY ($1::bigint[])`;
/** What all that need it were told of already. */
const HANDLED = "DELETE FROM queuectl.ended WHERE job = ANY ($1::bigint[]) AND NOT again AND after = 0";
const GO_ON = "UPDATE queuectl.ended SET after = $2 WHERE turn = $1";
