/**
 * @module
 * An exchange as a call of the schema's function: what a supervisor brings becomes its values, and what it answers becomes
 * claimed jobs. Knows nothing of connections, nor of whether it happened.
 */
import type { ClaimedJob, Exchange, Exchanged, NeededOutcome, Settlement } from "../contract.ts";
import { answerTo } from "../rules/exchanging.ts";
import { moveOf } from "../rules/settling.ts";
import type { Statement, Value } from "./engine/driver.ts";
import type { From } from "./low_water.ts";
import { type JobRow, toJob } from "./rows.ts";
import { saidStatements } from "./said.ts";

/** A claimed job's row: as it was before, and what the claim gave it. */
export interface ClaimedRow extends JobRow {
  token: string;
  /** Its place among the free ones, from 1 on, the first where it takes several. */
  nth: number;
  /** Of things of its host, the numbers of its units. */
  units?: Readonly<Record<string, readonly number[]>> | null;
  /** Who got it, where its place is not known any more. */
  worker_of_attempt?: string;
}

/** What the function of the schema gives. */
export interface Answer {
  /** Of this exchange; null when it changed nothing, or its supervisor is not registered. */
  number: number | null;
  refused: string[];
  claimed: ClaimedRow[] | null;
  taken: number;
  /** Jobs that could have been taken, had others not been about to. */
  seen: number;
  woken: number;
  due: number | null;
  waits: boolean;
  /** More of what stands apart has ended than was taken, and some waits. */
  room?: boolean;
  /** There is more to be laid, so there may be more to claim. */
  more?: boolean;
  /** Jobs ended, or run again, of which others are to be told. */
  toBeTold: boolean;
  /** The queues that were looked at, where claiming went on after a place. */
  lanes?: string[];
  /** The numbers of the claimed jobs that need others; null is none. */
  needy: number[] | null;
}

/** What an exchange came to, and whether it changed anything that others may wait for. */
export interface Came {
  exchanged: Exchanged;
  changed: boolean;
  /** As in `Answer`. */
  toBeTold: boolean;
  /** Others may have something to claim, because there is more room in limits. */
  makesRoom: boolean;
}

/** What claimed jobs find besides, by their numbers. */
export interface Inputs {
  stdins: ReadonlyMap<number, Uint8Array>;
  checkpoints: ReadonlyMap<number, Uint8Array>;
  needed: ReadonlyMap<number, readonly NeededOutcome[]>;
}

const NO_INPUTS: Inputs = { stdins: new Map(), checkpoints: new Map(), needed: new Map() };

/** Where others are taking the jobs that were seen, it is worth looking again after this long, in ms. */
const BUSY_MS = 10;

/** What a token looks like; whatever looks otherwise names no attempt. */
const TOKEN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const TYPES = [
  ...["text", "bigint", "bigint"],
  ...[
    "uuid[]",
    "bigint[]",
    "bigint[]",
    "text[]",
    "bigint[]",
    "text[]",
    "text[]",
    "text[]",
    "text[]",
    "bigint[]",
  ],
  ...["integer[]", "boolean[]", "bigint[]"],
  ...["uuid[]", "uuid[]", "text[]", "bigint[]", "bytea[]", "bigint[]", "bigint[]", "bigint[]"],
  ...["text[]", "text[]"],
];
const PARAMETERS = TYPES.map((type, at) => `$${at + 1}::${type}`).join(", ");
const EXCHANGE = calling(
  `exchange_15(${PARAMETERS}, $27::integer, $28::integer, $29::bigint, $30::text[], $31::boolean)`,
);

/** What is left to be told is asked for once all is done: `OFFSET 0` keeps the order. */
function calling(exchange: string): string {
  return `SELECT x.answer, queuectl.to_be_told_6() AS "toBeTold", queuectl.needy_among_7(x.answer) AS needy
    FROM (SELECT queuectl.${exchange} AS answer OFFSET 0) x`;
}

/** So many jobs are few: a plan for all of them costs more than what it saves. */
export const FEW = 8;

/** What an answer does not tell. */
interface Rest {
  inputs?: Inputs;
  /** There may be more to claim. */
  more?: boolean;
}

/** What lacks at the end of a list is NULL there: a list of nothing else need not be sent. */
function orNone<T>(list: (T | null)[]): (T | null)[] {
  return list.every((one) => one === null) ? [] : list;
}

/** What a supervisor brings, as the values of the function. */
export class Request {
  /** What can be none of its attempts, or comes twice. */
  readonly #refused: string[] = [];
  readonly #values: Value[];

  constructor(readonly wanted: Exchange) {
    const { settlements, output, free, queues } = wanted;
    const settled = new Map<string, Settlement>();
    for (const settlement of settlements) {
      const { token } = settlement;
      if (!TOKEN.test(token) || settled.has(token)) this.#refused.push(token);
      else settled.set(token, settlement);
    }
    const all = [...settled.values()].map((settlement) => ({ ...settlement, move: moveOf(settlement) }));
    const printed = output.filter(({ token }) => TOKEN.test(token));
    for (const { token } of output) if (!TOKEN.test(token)) this.#refused.push(token);
    const pieces = printed.flatMap(({ token, pieces }) => pieces.map((piece) => ({ token, ...piece })));
    this.#values = [
      all.map(({ token }) => token),
      orNone(all.map(({ startedAt }) => startedAt)),
      all.map(({ finishedAt }) => finishedAt),
      all.map(({ outcome }) => outcome),
      orNone(all.map(({ exitCode }) => exitCode)),
      orNone(all.map(({ signal }) => signal)),
      orNone(all.map(({ error }) => error)),
      all.map(({ move }) => move.state),
      all.map(({ move }) => move.stateIfCalledOff),
      orNone(all.map(({ move }) => move.runAt)),
      all.map(({ move }) => move.uncounted),
      all.map(({ move }) => move.heldIfPaused),
      orNone(all.map(({ cpuMs }) => cpuMs ?? null)),
      printed.map(({ token }) => token),
      pieces.map(({ token }) => token),
      pieces.map(({ stream }) => stream),
      pieces.map(({ start }) => start),
      pieces.map(({ bytes }) => bytes),
      orNone(pieces.map(({ seenAt }) => seenAt ?? null)),
      orNone(pieces.map(({ drop }) => drop?.from ?? null)),
      orNone(pieces.map(({ drop }) => drop?.to ?? null)),
      free,
      queues,
    ];
  }

  /** What comes before the call, in the same transaction: once its attempts are settled, nobody hears of them. */
  get said(): Statement[] {
    const { supervisor, said = [] } = this.wanted;
    return saidStatements(supervisor, said.filter(({ token }) => TOKEN.test(token)));
  }

  /**
   * The call; without a number, it takes the next one. Up to `few` jobs are dealt with one by one; `from` is where claiming
   * goes on.
   */
  statement({ number, few, from }: { number: number | undefined; few: number; from?: From }): Statement {
    const { supervisor, now, settlements, output, free, ahead = 0 } = this.wanted;
    const fewAre = Math.max(settlements.length, output.length, free.length) <= few;
    const place = from && !fewAre ? [from.after.priority, from.after.seq, from.lanes] : [null, null, null];
    const values = [supervisor, number ?? null, now, ...this.#values, ahead, ...place, fewAre];
    return { sql: EXCHANGE, values, kept: true };
  }

  answered(
    { claimed, taken, seen, woken, due, waits, refused, toBeTold, room = false, more: unlaid = false }:
      Answer,
    { inputs, more = false }: Rest = {},
  ): Came {
    const { free, now } = this.wanted;
    const others = taken < free.length && seen > taken;
    const answer = answerTo(this.wanted, {
      claimed: (claimed ?? []).map((row) => this.#job(row, inputs ?? NO_INPUTS)),
      more: more || unlaid,
      refused: [...this.#refused, ...refused],
      woken,
      dueAt: others ? Math.min(due ?? Infinity, now + BUSY_MS) : due,
      anyWaits: waits,
    });
    return { ...answer, toBeTold, makesRoom: room };
  }

  /** What a claim makes of a job is in no row but that of its attempt. */
  #job(row: ClaimedRow, { stdins, checkpoints, needed: allNeeded }: Inputs): ClaimedJob {
    const stdin = stdins.get(row.seq);
    const needed = allNeeded.get(row.seq);
    const checkpoint = checkpoints.get(row.seq);
    const worker = row.worker_of_attempt ?? this.wanted.free[row.nth - 1]!;
    const job = toJob({
      ...row,
      state: "processing",
      started_at: this.wanted.now,
      finished_at: null,
      exit_code: null,
      signal: null,
      error: null,
      worker,
      cancel_requested: false,
      paused_at: null,
      progress: null,
    });
    return {
      ...job,
      attempts: row.attempts + 1,
      lastAttempt: row.last_attempt + 1,
      worker,
      token: row.token,
      ...(stdin && { stdin }),
      ...(checkpoint && { checkpoint }),
      ...(needed && { needed }),
      ...(row.units && { units: row.units }),
    };
  }
}
