/**
 * @module
 * Counts and figures.
 */
import type { Figures } from "../../domain/figures.ts";

/** Counts and figures: the same cost at 10 jobs and at 10 million. */
export interface FigureStore {
  /**
   * Figures in steps of a minute, an hour, or all time as one, in [from, to): of every queue that has any, unless the
   * range says otherwise. Those of single queues are kept for shorter: minutes for an hour, hours for a week.
   */
  figures(range: FigureRange): Promise<FigureRow[]>;
}

/** Which figures. `total` is all time and needs no range. */
export interface FigureRange {
  /** How much time a row stands for. */
  span: "minute" | "hour" | "total";
  /** ms since the epoch. */
  from?: number;
  /** In ms since the epoch, exclusive; left out is for ever. */
  to?: number;
  /** Only of this queue; null is all queues together, those that are gone included. */
  queue?: string | null;
  /** Only of so many queues, those with the most jobs enqueued. Goes with `total`. */
  most?: number;
}

/** The figures of one queue in one span of time. */
export interface FigureRow {
  /** Whose figures; empty for all queues together. */
  queue: string;
  /** Start of the span in ms since the epoch; 0 for `total`. */
  start: number;
  /** What was counted. */
  figures: Figures;
}
