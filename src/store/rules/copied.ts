/**
 * @module
 * What is copied from one store to another, in which order and by which keys; what each kind of store offers for it.
 * What can be found out again from the jobs (counts, what is ready, empty queues) is not copied but made anew.
 */
import type { FigureRow } from "../contract.ts";

/** A value as both kinds of stores have it: truth is 0 or 1, JSON is text. */
export type Plain = number | string | Uint8Array | null;

/** A row by its columns. */
export type Row = Record<string, Plain>;

/** A table that is copied. */
export interface CopiedTable {
  name: string;
  /** What it holds, in the plural. */
  what: string;
  /** The columns of its key: rows are copied in its order, so the last key that is there says how far it came. */
  key: readonly string[];
  /** Rows that are copied at a time. */
  atOnce: number;
  /** Columns that only running jobs have, that only one kind of store needs, or that are found out anew. */
  left: readonly string[];
}

/** All of them; what refers to others comes after those. */
export const COPIED: readonly CopiedTable[] = [
  {
    name: "jobs",
    what: "jobs",
    key: ["seq"],
    atOnce: 1000,
    left: ["cancel_requested", "paused_at", "died_of", "lane"],
  },
  { name: "inputs", what: "inputs", key: ["job"], atOnce: 8, left: [] },
  {
    name: "attempts",
    what: "attempts",
    key: ["job", "attempt"],
    atOnce: 2000,
    left: ["started_by", "unstopped", "units"],
  },
  { name: "checkpoints", what: "checkpoints", key: ["job"], atOnce: 100, left: [] },
  { name: "said", what: "words of attempts", key: ["job", "attempt"], atOnce: 1000, left: [] },
  { name: "results", what: "results", key: ["job", "attempt"], atOnce: 100, left: [] },
  { name: "output", what: "pieces of output", key: ["piece"], atOnce: 100, left: [] },
  { name: "queues", what: "queues with switches", key: ["name"], atOnce: 1000, left: [] },
  { name: "limits", what: "limits", key: ["name"], atOnce: 1000, left: [] },
  { name: "requests", what: "request keys", key: ["key"], atOnce: 200, left: [] },
  { name: "settings", what: "settings", key: ["key"], atOnce: 1000, left: [] },
  { name: "groups", what: "groups", key: ["id"], atOnce: 1000, left: ["ended"] },
  { name: "schedules", what: "schedules", key: ["name"], atOnce: 200, left: [] },
  { name: "schedule_runs", what: "runs of schedules", key: ["schedule", "nth"], atOnce: 1000, left: [] },
  { name: "needy", what: "jobs that need others", key: ["job"], atOnce: 1000, left: [] },
  { name: "needs", what: "needs of jobs", key: ["job", "needs"], atOnce: 2000, left: [] },
];

/** Tables that are not copied, in either kind of store: made anew, of running workers, or of what is under way. */
export const NOT_COPIED: readonly string[] = [
  ...["meta", "counts", "ready", "lanes", "emptied", "figures", "overall_figures", "tallies", "ended"],
  "group_changes",
  ...["gates", "sublanes", "sublane_gates", "gate_starts", "gate_returns", "things"],
  ...[
    "supervisors",
    "workers",
    "running",
    "exchanges",
    "batches",
    "staged",
    "staged_names",
    "staged_keys",
    "sqlite_sequence",
  ],
];

/** The setting under which a store notes that it is being copied to; never copied. */
export const MARK = "!copy";

/** The version that a store shows while it is being copied to, so that no program uses half of it. */
export const BEING_COPIED = 1_000_000;

/** What a store that is being copied to notes of that. */
export interface CopyMark {
  /** The store it comes from, without a password. */
  from: string;
  /** Who copies: another one takes over. */
  run: string;
  /** What came does not agree with its source any more: the next copy begins anew. */
  stale: boolean;
}

/** How far the numbers of a store have come. */
export interface Numbers {
  jobs: number;
  output: number;
  groups: number;
}

/** What is copied from. */
export interface Copyable {
  /** Its columns that are copied. */
  columns(table: CopiedTable): Promise<string[]>;
  /** The next rows after a key, in its order. */
  rows(table: CopiedTable, after: readonly Plain[] | undefined): Promise<Row[]>;
  /** How many rows a table has. */
  count(table: CopiedTable): Promise<number>;
  numbers(): Promise<Numbers>;
  close(): void;
}

/** What is copied to. */
export interface CopyTarget extends Copyable {
  /** What it notes of a copy to it; undefined where there is none. */
  mark(): Promise<CopyMark | undefined>;
  /** Whether it holds nothing at all. */
  isEmpty(): Promise<boolean>;
  /** Notes the copy, and keeps everybody else out from then on. */
  setMark(mark: CopyMark): Promise<void>;
  /** Removes everything that came. */
  wipe(mark: CopyMark): Promise<void>;
  /** The last key that is there. */
  lastKey(table: CopiedTable): Promise<Plain[] | undefined>;
  /** Stores rows. @throws {Refused} when another one copies now */
  put(table: CopiedTable, rows: readonly Row[], mark: CopyMark): Promise<void>;
  /** Makes what is not copied, and lets everybody in; all of it in one transaction. */
  finish(figures: CopiedFigures, numbers: Numbers, mark: CopyMark): Promise<void>;
}

/** All figures, by their spans. */
export type CopiedFigures = readonly {
  span: "minute" | "hour" | "total";
  overall: FigureRow[];
  queues: FigureRow[];
}[];
