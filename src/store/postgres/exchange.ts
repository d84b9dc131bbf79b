/**
 * @module
 * The heart of the store: a supervisor hands in what ended and takes what comes next, in one round trip. Invariant: each
 * exchange that changes something has the next number of its supervisor. So when the connection was lost, the number
 * tells whether it happened; and a later one keeps it out for good, should it still be under way.
 */
import type { ClaimedJob, Exchange, Exchanged, Settlement } from "../contract.ts";
import { answerTo } from "../rules/exchanging.ts";
import { moveOf } from "../rules/settling.ts";
import type { Database } from "./engine/database.ts";
import { Lost, type Statement, Unreachable, type Value } from "./engine/driver.ts";
import { isOutOfTurn } from "./engine/failures.ts";
import { type JobRow, toJob } from "./rows.ts";
import { saidStatements } from "./said.ts";

/** A claimed job's row: as it was before, and what the claim gave it. */
interface ClaimedRow extends JobRow {
  token: string;
  nth: number;
}

/** What the function of the schema gives. */
interface Answer {
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
}

/** Where others are taking the jobs that were seen, it is worth looking again after this long, in ms. */
const BUSY_MS = 10;

/** Who asks what has happened asks again after this long, in ms, over another connection. */
const ASK_LIMIT_MS = 5000;

/** An exchange of which nobody knows whether it happened. */
interface Question {
  request: Request;
  number: number;
}

/** The exchanges of the supervisors of one process. */
export class Exchanges {
  readonly #db: Database;
  /** The number of the latest exchange of each supervisor. */
  readonly #numbers = new Map<string, number>();
  /** Of supervisors whose latest exchange may have happened. */
  readonly #questions = new Map<string, Question>();
  /** Of one supervisor, one comes after the other. */
  readonly #latest = new Map<string, Promise<unknown>>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** A supervisor was registered: its first exchange has the number 1. */
  begin(supervisor: string): void {
    this.#numbers.set(supervisor, 0);
  }

  /** A supervisor is gone. */
  forget(supervisor: string): void {
    this.#numbers.delete(supervisor);
    this.#questions.delete(supervisor);
  }

  /** Settles, stores output, wakes due jobs and claims. */
  exchange(wanted: Exchange): Promise<{ exchanged: Exchanged; changed: boolean }> {
    const { supervisor } = wanted;
    const before = this.#latest.get(supervisor) ?? Promise.resolve();
    const now = before.catch(() => {}).then(() => this.#exchange(wanted)).catch((error) => {
      throw this.#db.explain(error);
    });
    this.#latest.set(supervisor, now);
    const forget = () => {
      if (this.#latest.get(supervisor) === now) this.#latest.delete(supervisor);
    };
    now.then(forget, forget);
    return now;
  }

  async #exchange(wanted: Exchange): Promise<{ exchanged: Exchanged; changed: boolean }> {
    const earlier = await this.#settleQuestion(wanted.supervisor);
    const rest = earlier ? restOf(wanted, earlier.request.wanted, earlier.exchanged) : wanted;
    const { exchanged, changed } = await this.#ask(new Request(rest));
    if (!earlier) return { exchanged, changed };
    const claimed = [...earlier.exchanged.claimed, ...exchanged.claimed];
    return { exchanged: { ...exchanged, claimed }, changed: true };
  }

  async #ask(request: Request): Promise<{ exchanged: Exchanged; changed: boolean }> {
    const { supervisor } = request.wanted;
    while (true) {
      const number = this.#numbers.get(supervisor);
      const next = number === undefined ? undefined : number + 1;
      try {
        const results = await this.#db.tryWrite([...request.said, request.statement(next)]);
        const { answer } = results.at(-1)!.rows[0] as { answer: Answer };
        if (answer.number !== null) this.#numbers.set(supervisor, answer.number);
        if (needsInputs(answer)) {
          this.#questions.set(supervisor, { request, number: answer.number! });
          return (await this.#settleQuestion(supervisor, answer))!;
        }
        return request.answered(answer);
      } catch (error) {
        if (isOutOfTurn(error)) this.#numbers.delete(supervisor); // it works elsewhere, too: the server tells the number
        else if (!(error instanceof Lost) || error instanceof Unreachable || next === undefined) throw error;
        else {
          this.#questions.set(supervisor, { request, number: next });
          const happened = await this.#settleQuestion(supervisor);
          if (happened) return happened;
        }
      }
    }
  }

  /** What the exchange came to of which nobody knew whether it happened; undefined when it did not, and then it never will. */
  async #settleQuestion(
    supervisor: string,
    known?: Answer,
  ): Promise<{ request: Request; exchanged: Exchanged; changed: boolean } | undefined> {
    const question = this.#questions.get(supervisor);
    if (!question) return undefined;
    const { request } = question;
    const answer = known ?? await this.#db.untilAnswered(() => this.#happened(question));
    const inputs = answer && needsInputs(answer) ? await this.#inputsOf(answer) : undefined;
    this.#questions.delete(supervisor);
    return answer && { request, ...request.answered(answer, inputs) };
  }

  /** What claimed jobs read on their stdin, and their checkpoints. It may be much, so it is not a part of the answer. */
  async #inputsOf({ claimed }: Answer): Promise<Inputs> {
    const seqs = claimed!.filter(hasInput).map(({ seq }) => seq);
    const found = await this.#db.untilAnswered(() =>
      this.#db.tryWrite([{ sql: INPUTS, values: [seqs] }, { sql: CHECKPOINTS, values: [seqs] }])
    );
    const [stdins, checkpoints] = found.map(({ rows }) =>
      new Map(
        (rows as { job: number; bytes: Uint8Array }[]).map(({ job, bytes }) => [job, new Uint8Array(bytes)]),
      )
    );
    return { stdins: stdins!, checkpoints: checkpoints! };
  }

  async #happened({ request: { wanted }, number }: Question): Promise<Answer | undefined> {
    const { supervisor } = wanted;
    const [before, claimed, rest] = await this.#db.tryWrite([
      { sql: RAISE, values: [supervisor, number] },
      { sql: CLAIMED, values: [supervisor, number] },
      { sql: REST, values: [wanted.queues] },
    ], { limitMs: ASK_LIMIT_MS });
    const [row] = before!.rows as { n: number; refused: string[] | null }[];
    const happened = row?.n === number;
    if (row) this.#numbers.set(supervisor, happened ? number : number + 1);
    else this.#numbers.delete(supervisor); // nothing is its own any more
    if (!happened) return undefined;
    const rows = claimed!.rows as unknown as ClaimedRow[];
    return {
      number,
      refused: row.refused ?? [],
      claimed: rows.map((one, nth) => ({ ...one, nth: nth + 1 })),
      taken: rows.length,
      seen: rows.length,
      woken: 1,
      ...rest!.rows[0] as { due: number | null; waits: boolean },
    };
  }
}

const INPUTS = "SELECT job, bytes FROM queuectl.inputs WHERE job = ANY ($1::bigint[])";

const CHECKPOINTS = "SELECT job, bytes FROM queuectl.checkpoints WHERE job = ANY ($1::bigint[])";

/** By the numbers of jobs. */
interface Inputs {
  stdins: ReadonlyMap<number, Uint8Array>;
  checkpoints: ReadonlyMap<number, Uint8Array>;
}

const NO_INPUTS: Inputs = { stdins: new Map(), checkpoints: new Map() };

function hasInput({ stdin_size, checkpoint_size }: ClaimedRow): boolean {
  return stdin_size !== null || checkpoint_size !== null;
}

function needsInputs({ claimed }: Answer): boolean {
  return claimed?.some(hasInput) ?? false;
}

/** What is left of an exchange that brings once more what an earlier one has brought, which turned out to have happened. */
function restOf(wanted: Exchange, earlier: Exchange, { claimed, refused }: Exchanged): Exchange {
  const taken = (token: string) => !refused.includes(token);
  const settled = new Set(earlier.settlements.map(({ token }) => token).filter(taken));
  const stored = new Map<string, number>();
  for (const { token, pieces } of earlier.output.filter(({ token }) => taken(token))) {
    for (const { stream, start } of pieces) {
      stored.set(`${token} ${stream}`, Math.max(start, stored.get(`${token} ${stream}`) ?? 0));
    }
  }
  const free = [...wanted.free];
  for (const { worker } of claimed) {
    const at = free.indexOf(worker);
    if (at >= 0) free.splice(at, 1);
  }
  return {
    ...wanted,
    free,
    settlements: wanted.settlements.filter(({ token }) => !settled.has(token)),
    output: wanted.output
      .map(({ token, pieces }) => ({
        token,
        pieces: pieces.filter(({ stream, start }) => start > (stored.get(`${token} ${stream}`) ?? -1)),
      }))
      .filter(({ token, pieces }) => pieces.length > 0 && !settled.has(token)),
  };
}

/** The number that an exchange had found, or has left. Where it did not happen, the next one is taken: then it never will. */
const RAISE = `
  WITH before AS MATERIALIZED (SELECT n, refused FROM queuectl.exchanges WHERE supervisor = $1 FOR UPDATE),
  raised AS (
    UPDATE queuectl.exchanges e SET n = $2::bigint + 1, refused = NULL
    FROM before WHERE e.supervisor = $1 AND before.n = $2::bigint - 1)
  SELECT n, refused FROM before`;
const CLAIMED = `
  SELECT j.*, r.token FROM queuectl.running r JOIN queuectl.jobs j ON j.seq = r.job
  WHERE r.supervisor = $1 AND r.exchange = $2 ORDER BY j.priority, j.seq`;
const REST = `
  WITH due AS MATERIALIZED (
    SELECT min(run_at) AS at FROM queuectl.jobs WHERE state IN ('scheduled', 'failed') AND NOT held)
  SELECT due.at AS due, queuectl.waits_1($1::text[], coalesce($1::text[], queuectl.lanes_1()), due.at) AS waits FROM due`;

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
  ...["integer[]", "boolean[]"],
  ...["uuid[]", "uuid[]", "text[]", "bigint[]", "bytea[]", "bigint[]", "bigint[]", "bigint[]"],
  ...["text[]", "text[]"],
];
const EXCHANGE = `SELECT queuectl.exchange_1(${
  TYPES.map((type, at) => `$${at + 1}::${type}`).join(", ")
}) AS answer`;

/** What a supervisor brings, as the values of the function. */
class Request {
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
      all.map(({ startedAt }) => startedAt),
      all.map(({ finishedAt }) => finishedAt),
      all.map(({ outcome }) => outcome),
      all.map(({ exitCode }) => exitCode),
      all.map(({ signal }) => signal),
      all.map(({ error }) => error),
      all.map(({ move }) => move.state),
      all.map(({ move }) => move.stateIfCalledOff),
      all.map(({ move }) => move.runAt),
      all.map(({ move }) => move.uncounted),
      all.map(({ move }) => move.heldIfPaused),
      printed.map(({ token }) => token),
      pieces.map(({ token }) => token),
      pieces.map(({ stream }) => stream),
      pieces.map(({ start }) => start),
      pieces.map(({ bytes }) => bytes),
      pieces.map(({ seenAt }) => seenAt ?? null),
      pieces.map(({ drop }) => drop?.from ?? null),
      pieces.map(({ drop }) => drop?.to ?? null),
      free,
      queues,
    ];
  }

  /** What comes before the call, in the same transaction: once its attempts are settled, nobody hears of them. */
  get said(): Statement[] {
    const { supervisor, said = [] } = this.wanted;
    return saidStatements(supervisor, said.filter(({ token }) => TOKEN.test(token)));
  }

  /** The call; without a number, it takes the next one. */
  statement(number: number | undefined): Statement {
    const { supervisor, now } = this.wanted;
    return { sql: EXCHANGE, values: [supervisor, number ?? null, now, ...this.#values] };
  }

  answered(
    { claimed, taken, seen, woken, due, waits, refused }: Answer,
    inputs: Inputs = NO_INPUTS,
  ): {
    exchanged: Exchanged;
    changed: boolean;
  } {
    const { free, now } = this.wanted;
    const others = taken < free.length && seen > taken;
    return answerTo(this.wanted, {
      claimed: (claimed ?? []).map((row) => this.#job(row, inputs)),
      more: false,
      refused: [...this.#refused, ...refused],
      woken,
      dueAt: others ? Math.min(due ?? Infinity, now + BUSY_MS) : due,
      anyWaits: waits,
    });
  }

  /** What a claim makes of a job is in no row but that of its attempt. */
  #job(row: ClaimedRow, { stdins, checkpoints }: Inputs): ClaimedJob {
    const stdin = stdins.get(row.seq);
    const checkpoint = checkpoints.get(row.seq);
    const worker = this.wanted.free[row.nth - 1]!;
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
    };
  }
}
