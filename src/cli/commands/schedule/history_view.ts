/**
 * @module
 * What became of slots, for people: as a strip of signs, and in words.
 */
import type { Schedule, ScheduleRun } from "../../../store/contract.ts";
import { zonedTime } from "../../../domain/schedule/zoned.ts";
import { STATE_COLOUR } from "../../show/job_table.ts";
import type { Colour, Print } from "../../show/print.ts";
import { table } from "../../show/table.ts";

/** How a run stands, in a word. */
export function standing({ kind, job }: ScheduleRun): string {
  if (kind === "missed" || kind === "skipped") return kind;
  return job?.state ?? "gone";
}

function colourOf(run: ScheduleRun): Colour {
  if (run.kind === "missed" || run.kind === "skipped") return "yellow";
  return run.job ? STATE_COLOUR[run.job.state] : "grey";
}

const SIGNS: Readonly<Record<string, string>> = {
  completed: "✓",
  dead: "✗",
  failed: "✗",
  processing: "▶",
  cancelled: "⊘",
  missed: "○",
  skipped: "–",
  gone: "·",
};

/** The latest runs, the newest last. */
export function strip(print: Print, runs: readonly ScheduleRun[]): string {
  return runs.toReversed().map((run) => print.paint(colourOf(run), SIGNS[standing(run)] ?? "…")).join("");
}

/** A table of them. */
export function runsTable(print: Print, runs: readonly ScheduleRun[], { zone }: Schedule): string {
  return table<ScheduleRun>(print, {
    rows: runs,
    columns: [
      { title: "SLOT", value: (run) => slotOf(run, zone) },
      { title: "HOW", value: ({ kind }) => kind.replace("_", " ") },
      {
        title: "JOB",
        value: ({ kind, job }) => job === null ? "" : kind === "skipped" ? `${job.id} ran` : job.id,
      },
      { title: "STATE", value: stateOf, paint: (run, cell) => print.paint(colourOf(run), cell) },
      { title: "WHY", value: ({ kind, job }) => kind === "skipped" ? "" : job?.error ?? "" },
    ],
  });
}

function stateOf(run: ScheduleRun): string {
  return run.kind === "missed" || run.kind === "skipped" ? "" : standing(run);
}

function slotOf({ slot, until, count }: ScheduleRun, zone: string): string {
  if (slot === until) return zonedTime(slot, zone);
  return `${count ?? "very many"} from ${zonedTime(slot, zone)} to ${zonedTime(until, zone)}`;
}
