/**
 * @module
 * What is kept for how long, and what may be removed for good. Pure.
 */
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long figures are kept; those for all time stay. */
const FIGURES_KEPT_MS = {
  /** Minutes for a day and some time to look at it; hours for a year and a month. */
  overall: { minute: 25 * HOUR_MS, hour: 400 * DAY_MS },
  /** Enough for the last hour and the last week: there may be very many queues. */
  ofQueue: { minute: 2 * HOUR_MS, hour: 8 * DAY_MS },
};

/** The figures of spans that began before a time may go. */
export interface OldFigures {
  span: "minute" | "hour";
  /** Those of all queues together, in ms since the epoch. */
  overallBefore: number;
  /** Those of single queues, in ms since the epoch. */
  ofQueuesBefore: number;
}

/** Which figures may go. */
export function oldFigures(now: number): OldFigures[] {
  const { overall, ofQueue } = FIGURES_KEPT_MS;
  return (["minute", "hour"] as const).map((span) => ({
    span,
    overallBefore: now - overall[span],
    ofQueuesBefore: now - ofQueue[span],
  }));
}

/** Queues that have had neither jobs nor switches since this time, in ms since the epoch, may go. */
export function emptySince(now: number): number {
  return now - DAY_MS;
}

/** Remembers when there is next something to be forgotten: once a minute, or each time while there is more. */
export class Forgetting {
  #doneUntil = 0;

  /** Whether it is time to look. Also when the clock was set back. */
  isDue(now: number): boolean {
    return now >= this.#doneUntil || now < this.#doneUntil - MINUTE_MS;
  }

  /** It was looked, and there may be `more`. */
  looked(now: number, more: boolean): void {
    this.#doneUntil = more ? 0 : now + MINUTE_MS;
  }
}
