/**
 * @module
 * Jobs as a table, and the colour of a state.
 */
import { DEFAULT_QUEUE } from "../../domain/fields.ts";
import { ENDED, type Job, type State } from "../../domain/job.ts";
import { progressText } from "./job_progress.ts";
import type { Colour, Print } from "./print.ts";
import { type Column, table } from "./table.ts";
import { fromNow, rough } from "./times.ts";

export const STATE_COLOUR: Readonly<Record<State, Colour>> = {
  blocked: "blue",
  pending: "yellow",
  scheduled: "blue",
  processing: "cyan",
  completed: "green",
  failed: "red",
  dead: "red",
  cancelled: "grey",
  skipped: "grey",
};

/** The names of states where there is little room. */
export const STATE_SHORT: Readonly<Record<State, string>> = {
  blocked: "BLOCK",
  pending: "PEND",
  scheduled: "SCHED",
  processing: "PROC",
  completed: "COMPL",
  failed: "FAIL",
  dead: "DEAD",
  cancelled: "CANC",
  skipped: "SKIP",
};

/** `after` says what blocked jobs come after, by their ids. */
export function jobTable(
  print: Print,
  { jobs, now, after = new Map() }: {
    jobs: readonly Job[];
    now: number;
    after?: ReadonlyMap<string, string>;
  },
): string {
  const columns: Column<Job>[] = [
    { title: "ID", value: (job) => job.id },
    {
      title: "STATE",
      least: 10,
      value: stateOf,
      paint: (job, cell) => print.paint(STATE_COLOUR[job.state], cell),
    },
    { title: "WHEN", least: 9, value: (job) => after.get(job.id) ?? whenOf(job, now) },
    { title: "QUEUE", value: (job) => job.queue === DEFAULT_QUEUE ? "" : job.queue },
    { title: "PRIORITY", short: "PRIO", value: (job) => job.priority || "", align: "right" },
    {
      title: "TRIES",
      value: (job) => job.attempts > 0 ? `${job.attempts}/${job.maxRetries + 1}` : "",
      align: "right",
    },
    {
      title: "PROGRESS",
      value: ({ progress }) => progress ? progressText(progress.percent, progress.text) : "",
    },
    { title: "LABEL", value: (job) => job.label ?? "" },
    { title: "ERROR", value: (job) => job.error ?? "" },
    { title: "COMMAND", value: (job) => job.command },
  ];
  return table(print, { columns, rows: jobs });
}

/** Its state, and what keeps it where it is. */
export function stateOf({ state, held, pausedAt }: Job): string {
  return state + (held ? ", held" : pausedAt !== null ? ", paused" : "");
}

/** When a job starts, how long it has been running, or when it ended. */
function whenOf(job: Job, now: number): string {
  if (job.state === "processing" && job.startedAt !== null) {
    return `for ${rough(Math.max(0, now - job.startedAt))}`;
  }
  if ((job.state === "scheduled" || job.state === "failed") && job.runAt !== null) {
    return fromNow(job.runAt, now);
  }
  return fromNow(ENDED.includes(job.state) && job.finishedAt !== null ? job.finishedAt : job.createdAt, now);
}
