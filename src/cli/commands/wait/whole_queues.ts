/**
 * @module
 * `wait --queue` and `wait --all`: until queues have nothing left to do. What ended is taken from what the store has
 * counted of all time, which nothing takes back: a job that was dead and then retried or deleted is not missed. The same
 * cost for a million jobs.
 */
import { NoSuch } from "../../../domain/errors.ts";
import type { Figures } from "../../../domain/figures.ts";
import type { State } from "../../../domain/job.ts";
import type { Store } from "../../../store/contract.ts";
import type { Obstacle } from "../../../views/standstill.ts";
import type { Context } from "../../line/context.ts";
import { say } from "./say.ts";

/** All that some queues, or every queue, have to do. */
export class WholeQueues {
  readonly #context: Context;
  readonly #queues: readonly string[] | undefined;
  readonly #watched: readonly Watched[];

  constructor(context: Context, queues: readonly string[] | undefined) {
    this.#context = context;
    this.#queues = queues;
    this.#watched = (queues ?? [undefined]).map((queue) => new Watched(queue));
  }

  /** Looks once; says how many jobs are left. */
  async look(store: Store): Promise<number> {
    const left = await this.#leftIn(store);
    // a job of one queue may have queued another in one that was looked at before
    return left === 0 && this.#watched.length > 1 ? await this.#leftIn(store) : left;
  }

  async #leftIn(store: Store): Promise<number> {
    let left = 0;
    for (const queue of this.#watched) left += await queue.look(store);
    return left;
  }

  /** What keeps them from starting. */
  async whyItStands(): Promise<Obstacle[]> {
    const { whyWholeQueuesStand } = await import("../say_standstill.ts");
    return await whyWholeQueuesStand(this.#context, this.#queues);
  }

  /** Whether all that ended meanwhile did as it should; prints how much it was. */
  conclude(): boolean {
    const ended = this.#watched.map((queue) => queue.ended());
    const sum = (end: keyof Ended) => ended.reduce((all, one) => all + one[end], 0);
    const [completed, dead, cancelled, skipped] = [
      sum("completed"),
      sum("dead"),
      sum("cancelled"),
      sum("skipped"),
    ];
    say(() =>
      this.#context.print.result(
        { completed, dead, cancelled, skipped },
        () =>
          `Nothing left: ${completed} completed, ${dead} dead, ${cancelled} cancelled${
            skipped > 0 ? `, ${skipped} skipped` : ""
          } meanwhile`,
      )
    );
    return dead === 0 && cancelled === 0 && skipped === 0;
  }
}

/** A queue, or all of them together. */
class Watched {
  readonly #queue: string | undefined;
  #first: Ends | undefined;
  #last: Ends | undefined;
  /** Jobs that were seen to be cancelled, since those that had not begun are in no figures. */
  #cancelled = { before: 0, more: 0 };
  /** The same of those that were skipped, which are in no figures at all. */
  #skipped = { before: 0, more: 0 };

  constructor(queue: string | undefined) {
    this.#queue = queue;
  }

  /** Looks once; says how many jobs are left. @throws {NoSuch} at the first look, where there is no such queue */
  async look(store: Store): Promise<number> {
    // First the figures to compare with, then the jobs; at the last look the jobs, then the figures. So what ends
    // between two questions is counted.
    const begins = this.#first === undefined;
    this.#first ??= await this.#ends(store);
    const counts = await this.#counts(store);
    if (begins && counts === undefined) {
      const { queueNames, withOthers } = await import("../unknown_names.ts");
      const error = new NoSuch(`Cannot wait for queue "${this.#queue}": no such queue`);
      throw withOthers(error, this.#queue!, await queueNames(store));
    }
    const { blocked = 0, pending = 0, scheduled = 0, failed = 0, processing = 0 } = counts ?? {};
    const { cancelled = 0, skipped = 0 } = counts ?? {};
    this.#cancelled = moreOf(cancelled, this.#cancelled, begins);
    this.#skipped = moreOf(skipped, this.#skipped, begins);
    this.#last = await this.#ends(store);
    return blocked + pending + scheduled + failed + processing;
  }

  /** How many ended since the first look. */
  ended(): Ended {
    const more = (end: keyof Ends) => Math.max(0, this.#last![end] - this.#first![end]);
    return {
      completed: more("completed"),
      dead: more("dead"),
      cancelled: Math.max(more("cancelled"), this.#cancelled.more),
      skipped: this.#skipped.more,
    };
  }

  async #counts(store: Store): Promise<Record<State, number> | undefined> {
    if (this.#queue === undefined) return (await store.summary(0)).counts;
    return (await store.queue(this.#queue))?.counts;
  }

  async #ends(store: Store): Promise<Ends> {
    const [row] = await store.figures({ span: "total", queue: this.#queue ?? null });
    const { completed = 0, dead = 0, cancelled = 0 } = row?.figures ?? {};
    return { completed, dead, cancelled };
  }
}

/** How many more there are than at the look before, added to what was seen. */
function moreOf(
  now: number,
  { before, more }: { before: number; more: number },
  begins: boolean,
): { before: number; more: number } {
  return { before: now, more: begins ? 0 : more + Math.max(0, now - before) };
}

/** How often jobs ended in which way. */
type Ends = Pick<Figures, "completed" | "dead" | "cancelled">;
type Ended = Ends & { skipped: number };
