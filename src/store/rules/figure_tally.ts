/**
 * @module
 * The figures of one transaction, and the rows they are added to: of all queues together and of every queue, one a
 * minute, one an hour, and one for all time. Pure.
 */
import { addFigures, type Figures, noFigures } from "../../domain/figures.ts";
import type { FigureRange } from "../contract.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A stretch of time that a row of figures stands for. */
export interface Span {
  /** How long it is. */
  span: FigureRange["span"];
  /** Its start in ms since the epoch; 0 for `total`. */
  start: number;
}

/** All time. */
export const TOTAL: Span = { span: "total", start: 0 };

/** The spans in which something counts that happens now. */
export function spansAt(now: number): Span[] {
  return [
    { span: "minute", start: now - now % MINUTE_MS },
    { span: "hour", start: now - now % HOUR_MS },
    TOTAL,
  ];
}

/** What one transaction counts, by queue; to be added to the stored figures at its end. */
export class FigureTally {
  readonly #queues = new Map<string, Figures>();

  /** The figures of a queue, to be added to. */
  of(queue: string): Figures {
    let figures = this.#queues.get(queue);
    if (!figures) this.#queues.set(queue, figures = noFigures());
    return figures;
  }

  /** Nothing was counted. */
  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** Of each queue. */
  queues(): Iterable<[queue: string, figures: Figures]> {
    return this.#queues;
  }

  /** Of all queues together, then of each. */
  *figures(): Iterable<{ queue?: string; figures: Figures }> {
    if (this.isEmpty) return;
    yield { figures: this.#sum() };
    for (const [queue, figures] of this.#queues) yield { queue, figures };
  }

  #sum(): Figures {
    if (this.#queues.size === 1) return this.#queues.values().next().value!;
    const sum = noFigures();
    for (const figures of this.#queues.values()) addFigures(sum, figures);
    return sum;
  }
}
