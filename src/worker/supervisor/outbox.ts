/**
 * @module
 * What a supervisor's next exchange brings to the store: how attempts ended, and what they printed. Invariants: nothing
 * leaves it unless the store has taken it, or nothing could be made of it that the store takes; what one attempt brings
 * never keeps that of others from being stored. On a full disk the settlement that needs the least room goes alone: it
 * makes room, since its spool goes after it. Knows neither threads nor files.
 */
import { StoreFull, UserError } from "../../domain/errors.ts";
import type {
  AttemptOutput,
  AttemptSaid,
  ClaimedJob,
  Exchanged,
  OutputPiece,
  Settlement,
  Store,
} from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import { nextTurn } from "../../system/rounds.ts";
import type { AttemptEnd } from "../messages.ts";
import { bring, bringings } from "./exchange_singly.ts";
import { PendingOutput } from "./pending_output.ts";
import { PendingSaid } from "./pending_said.ts";

/** Bytes of output in one exchange, about: while they are stored, neither this thread nor other writers do anything else. */
const MOST_OUTPUT = 512 * 1024;
/** A settlement on its way to the store, with what is needed once it is there. */
export interface Settling extends Required<Pick<AttemptEnd, "witnessed" | "trimmed" | "spoke">> {
  job: ClaimedJob;
  settlement: Settlement;
  /** A file in its spool keeps it from beginning, and has to stay. */
  barred: boolean;
}

/** One that has left the outbox. */
export interface Stored extends Settling {
  /** It was not this supervisor's running attempt any more, so nothing was changed. */
  refused: boolean;
}

/** What an exchange came to. */
export interface Delivery {
  stored: Stored[];
  /** What the store gave in return; undefined when what was brought had to be stored one after the other. */
  exchanged: Exchanged | undefined;
  /** The store could not be used: what was not stored is in the outbox again. */
  failure: UserError | undefined;
}

export interface OutboxOptions {
  /** The supervisor whose attempts these are. */
  id: string;
  store: Pick<Store, "exchange">;
  clock: Clock;
  /** Ends of attempts in one exchange. */
  mostSettlements: number;
  /** Told of what could not be stored as it was. */
  say(what: string, problem: unknown): void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #output = new PendingOutput();
  readonly #said = new PendingSaid();
  #settling: Settling[] = [];
  /** The disk was full at the last exchange. */
  #full = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Whether there is nothing to bring. */
  get isEmpty(): boolean {
    return this.#settling.length === 0 && this.#output.isEmpty && this.#said.isEmpty;
  }

  /** Whether attempts have ended that are not settled. */
  get isSettling(): boolean {
    return this.#settling.length > 0;
  }

  /** Whether attempts have printed what is not stored. */
  get hasOutput(): boolean {
    return !this.#output.isEmpty;
  }

  /** An attempt has printed something. */
  print(token: string, pieces: readonly OutputPiece[]): void {
    if (pieces.length > 0) this.#output.add(token, pieces);
  }

  /** An attempt has said something. */
  say(said: AttemptSaid): void {
    this.#said.add(said);
  }

  /** An attempt has ended; all that it has printed and said was added before. */
  settle(settling: Settling): void {
    this.#settling.push(settling);
  }

  /** Brings what there is, or a part of it, and claims jobs in the same transaction. Throws only what the store throws at empty hands. */
  async exchange(
    wanted: { free: string[]; ahead?: number; queues: readonly string[] | null },
  ): Promise<Delivery> {
    const { id, store, clock } = this.#options;
    const { settling, output, said } = this.#take();
    try {
      const settlements = settling.map(({ settlement }) => settlement);
      const exchanged = await store.exchange({
        supervisor: id,
        now: clock.now(),
        settlements,
        output,
        ...(said.length > 0 ? { said } : {}),
        ...wanted,
      });
      this.#full &&= this.isSettling;
      const refused = new Set(exchanged.refused);
      const stored = settling.map((one) => ({ ...one, refused: refused.has(one.job.token) }));
      return { stored, exchanged, failure: undefined };
    } catch (error) {
      this.#giveBack(settling, output, said);
      this.#full = error instanceof StoreFull;
      if (error instanceof UserError) return { stored: [], exchanged: undefined, failure: error };
      if (settling.length + output.length + said.length === 0) throw error;
      return await this.#exchangeSingly();
    }
  }

  /**
   * Some output, and some ends of those attempts of which none is left for the next time; on a full disk, what needs the
   * least room.
   */
  #take(): { settling: Settling[]; output: AttemptOutput[]; said: AttemptSaid[] } {
    if (this.#full) {
      const settling = this.#smallest();
      this.#settling = this.#settling.filter((one) => !settling.includes(one));
      const token = settling[0]?.job.token;
      return { settling, output: this.#output.take(token), said: this.#said.take(token) };
    }
    const output = this.#output.takeSome(MOST_OUTPUT);
    const said = this.#said.isEmpty ? [] : this.#said.takeSome(MOST_OUTPUT);
    const unfinished = this.#output.tokens;
    for (const token of this.#said.tokens) unfinished.add(token);
    const waiting: Settling[] = [];
    const settling: Settling[] = [];
    for (const one of this.#settling) {
      const waits = settling.length === this.#options.mostSettlements || unfinished.has(one.job.token);
      (waits ? waiting : settling).push(one);
    }
    this.#settling = waiting;
    return { settling, output, said };
  }

  #smallest(): Settling[] {
    const sizes = new Map(
      this.#settling.map((
        one,
      ) => [one, this.#output.sizeOf(one.job.token) + this.#said.sizeOf(one.job.token)]),
    );
    return this.#settling.toSorted((a, b) => sizes.get(a)! - sizes.get(b)!).slice(0, 1);
  }

  #giveBack(
    settling: readonly Settling[],
    output: readonly AttemptOutput[],
    said: readonly AttemptSaid[],
  ): void {
    this.#settling.unshift(...settling);
    this.#output.giveBack(output);
    this.#said.giveBack(said);
  }

  /** Something that was brought cannot be stored: all the rest is, one attempt after the other. */
  async #exchangeSingly(): Promise<Delivery> {
    const { id, store, clock, say } = this.#options;
    const byToken = new Map(this.#settling.map((one) => [one.settlement.token, one]));
    const waiting = bringings({
      settlements: this.#settling.map(({ settlement }) => settlement),
      output: this.#output.take(),
      said: this.#said.take(),
    });
    this.#settling = [];
    const stored: Stored[] = [];
    let failure: UserError | undefined;
    try {
      for (let next = waiting[0]; next; next = waiting[0]) {
        await nextTurn();
        const brought = await bring(next, { store, supervisor: id, now: clock.now() });
        waiting.shift();
        const one = next.settlement && byToken.get(next.settlement.token);
        if (brought.problem !== undefined) {
          say(one ? `the end of ${one.job.id}` : "what a job printed or said", brought.problem);
        }
        if (!one || !brought.settlement) continue;
        stored.push({ ...one, settlement: brought.settlement, refused: brought.refused });
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failure = error;
    } finally {
      for (const { settlement, output, said } of waiting) {
        this.#giveBack(settlement ? [byToken.get(settlement.token)!] : [], output, said);
      }
    }
    return { stored, exchanged: undefined, failure };
  }
}
