/**
 * @module
 * The heart of the store: a supervisor hands in what ended and takes what comes next, in one round trip. Invariant: each
 * exchange that changes something has the next number of its supervisor. So when the connection was lost, the number
 * tells whether it happened; and a later one keeps it out for good, should it still be under way.
 */
import { MOST_NEEDED_RESULTS } from "../../domain/job.ts";
import { systemClock } from "../../system/clock.ts";
import type { Exchange } from "../contract.ts";
import { Aging } from "./aging.ts";
import type { Database } from "./engine/database.ts";
import { Lost, Unreachable } from "./engine/driver.ts";
import { isOutOfTurn } from "./engine/failures.ts";
import { type Answer, type Came, type ClaimedRow, FEW, type Inputs, Request } from "./exchange_call.ts";
import { LowWater } from "./low_water.ts";
import { pastOf, restOf } from "./exchange_past.ts";
import { NEEDED, neededOf, type NeededRow } from "./needed_outcomes.ts";

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
  readonly #aging = new Aging();
  readonly #lowWater = new Map<string, LowWater>();
  /** Of one supervisor, one comes after the other. */
  readonly #latest = new Map<string, Promise<unknown>>();

  readonly #few: number;

  constructor(db: Database, few: number = FEW) {
    this.#db = db;
    this.#few = few;
  }

  /** A supervisor was registered: its first exchange has the number 1. */
  begin(supervisor: string): void {
    this.#numbers.set(supervisor, 0);
  }

  /** A supervisor is gone. */
  forget(supervisor: string): void {
    this.#numbers.delete(supervisor);
    this.#questions.delete(supervisor);
    this.#lowWater.delete(supervisor);
  }

  /** Settles, stores output, wakes due jobs and claims. */
  exchange(wanted: Exchange): Promise<Came> {
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

  async #exchange(wanted: Exchange): Promise<Came> {
    const earlier = await this.#settleQuestion(wanted.supervisor);
    const rest = earlier ? restOf(wanted, earlier.request.wanted, earlier.exchanged) : wanted;
    const came = await this.#ask(new Request(rest));
    if (!earlier) return came;
    const claimed = [...earlier.exchanged.claimed, ...came.exchanged.claimed];
    return { exchanged: { ...came.exchanged, claimed }, changed: true, toBeTold: true, makesRoom: true };
  }

  async #ask(request: Request): Promise<Came> {
    const { supervisor } = request.wanted;
    const lowWater = this.#lowWaterOf(supervisor);
    while (true) {
      const number = this.#numbers.get(supervisor);
      const next = number === undefined ? undefined : number + 1;
      const from = lowWater.from(request.wanted);
      const start = systemClock.monotonicMs();
      try {
        const statement = request.statement({ number: next, few: this.#few, from });
        const results = await this.#db.tryWrite([
          ...request.said,
          ...this.#aging.statements(request.wanted),
          statement,
        ]);
        const { answer: own, ...rest } = results.at(-1)!.rows[0] as
          & { answer: Omit<Answer, "toBeTold" | "needy"> }
          & Pick<Answer, "toBeTold" | "needy">;
        const answer: Answer = { ...own, ...rest };
        const found = { ...answer, claimed: answer.claimed ?? [], tookMs: systemClock.monotonicMs() - start };
        const more = lowWater.found(request.wanted, from, found);
        if (answer.number !== null) this.#numbers.set(supervisor, answer.number);
        if (needsInputs(answer)) {
          this.#questions.set(supervisor, { request, number: answer.number! });
          return (await this.#settleQuestion(supervisor, answer))!;
        }
        return request.answered(answer, { more });
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

  #lowWaterOf(supervisor: string): LowWater {
    let one = this.#lowWater.get(supervisor);
    if (!one) this.#lowWater.set(supervisor, one = new LowWater());
    return one;
  }

  /** What the exchange came to of which nobody knew whether it happened; undefined when it did not, and then it never will. */
  async #settleQuestion(
    supervisor: string,
    known?: Answer,
  ): Promise<Came & { request: Request } | undefined> {
    const question = this.#questions.get(supervisor);
    if (!question) return undefined;
    const { request } = question;
    const answer = known ?? await this.#db.untilAnswered(() => this.#happened(question));
    const inputs = answer && needsInputs(answer) ? await this.#inputsOf(answer) : undefined;
    this.#questions.delete(supervisor);
    return answer && { request, ...request.answered(answer, { inputs }) };
  }

  /**
   * What claimed jobs read on their stdin, their checkpoints, and what has become of those they need. It may be much, so it
   * is not a part of the answer.
   */
  async #inputsOf({ claimed, needy }: Answer): Promise<Inputs> {
    const seqs = claimed!.filter(hasInput).map(({ seq }) => seq);
    const found = await this.#db.untilAnswered(() =>
      this.#db.tryWrite([
        { sql: INPUTS, values: [seqs] },
        { sql: CHECKPOINTS, values: [seqs] },
        ...needy ? [{ sql: NEEDED, values: [needy, MOST_NEEDED_RESULTS] }] : [],
      ])
    );
    const [stdins, checkpoints] = found.slice(0, 2).map(({ rows }) =>
      new Map(
        (rows as { job: number; bytes: Uint8Array }[]).map(({ job, bytes }) => [job, new Uint8Array(bytes)]),
      )
    );
    const needed = neededOf((found[2]?.rows ?? []) as unknown as NeededRow[]);
    return { stdins: stdins!, checkpoints: checkpoints!, needed };
  }

  async #happened({ request: { wanted }, number }: Question): Promise<Answer | undefined> {
    const { supervisor } = wanted;
    const { latest, answer } = await pastOf(this.#db, wanted, number);
    if (latest === undefined) this.#numbers.delete(supervisor); // nothing is its own any more
    else this.#numbers.set(supervisor, latest);
    return answer;
  }
}

const INPUTS = "SELECT job, bytes FROM queuectl.inputs WHERE job = ANY ($1::bigint[])";

const CHECKPOINTS = "SELECT job, bytes FROM queuectl.checkpoints WHERE job = ANY ($1::bigint[])";

function hasInput({ stdin_size, checkpoint_size }: ClaimedRow): boolean {
  return stdin_size !== null || checkpoint_size !== null;
}

function needsInputs({ claimed, needy }: Answer): boolean {
  return needy !== null || (claimed?.some(hasInput) ?? false);
}
