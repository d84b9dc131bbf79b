/**
 * @module
 * What `status` knows, for people.
 */
import { formatDuration } from "../../domain/duration.ts";
import { type State, STATES } from "../../domain/job.ts";
import type { Clock } from "../../system/clock.ts";
import type { QueueJson } from "../../views/queue_json.ts";
import {
  onSeveralHosts,
  type OpenGroup,
  type RunningJob,
  type SchedulesStatus,
  type Status,
  type WorkerStatus,
} from "../../views/status.ts";
import type { Trouble } from "../../views/troubles.ts";
import { STATE_COLOUR, STATE_SHORT } from "./job_table.ts";
import type { Print } from "./print.ts";
import { progressText } from "./job_progress.ts";
import { sayMemory } from "./memory.ts";
import { type Column, table } from "./table.ts";
import { fit, visible } from "./terminal.ts";
import { fromNow, rough } from "./times.ts";

/** States that have no column while no job is in them: most people never need them. */
const RARE: readonly State[] = ["blocked", "skipped"];

/** What `status` knows, as text. */
export function statusText(
  { counts, queues, more_queues: more, groups, more_groups: moreGroups, workers, schedules, troubles }:
    Status,
  { print, clock }: { print: Print; clock: Clock },
): string {
  const all = { name: "all", counts, paused: false, concurrency: null };
  const tail = more > 0 ? `\n… and ${more} more queues; see queue list` : "";
  const wrong = troubles.filter(({ kind }) => !SAID_BELOW.includes(kind)).map((one) =>
    `${troubleText(one, print)}\n`
  );
  const first = wrong.length === 0 ? "" : `${wrong.join("")}\n`;
  const jobs = queues.length === 0 ? "No jobs yet" : table<Row>(print, {
    rows: queues.length > 1 ? [...queues, all] : queues,
    columns: [
      { title: "QUEUE", value: ({ name }) => name },
      ...STATES.filter((state) => !RARE.includes(state) || counts[state] > 0).map((state): Column<Row> => ({
        title: state.toUpperCase(),
        short: STATE_SHORT[state],
        value: ({ counts }) => counts[state],
        align: "right",
        paint: ({ counts }, cell) => counts[state] === 0 ? cell : print.paint(STATE_COLOUR[state], cell),
      })),
      { title: "LIMITS", value: limitsOf },
    ],
  }) + tail + groupsText(groups, moreGroups, print);
  const now = clock.now();
  const ofSchedules = schedules.total === 0 ? "" : `\n\n${schedulesText(schedules, { now, workers })}`;
  if (workers.length === 0) {
    const advice = counts.pending > 0 || isAnyDue(schedules) ? ": start one with queuectl worker start" : "";
    return `${first}${jobs}\n\nNo workers${advice}${ofSchedules}`;
  }
  const rows = workers.flatMap((worker): Run[] =>
    worker.running.length === 0 ? [{ worker }] : worker.running.map((job) => ({ worker, job }))
  );
  const running = table(print, {
    rows,
    columns: [
      ...(onSeveralHosts(workers) ? [{ title: "HOST", value: ({ worker }: Run) => worker.host }] : []),
      { title: "WORKER", value: ({ worker }) => worker.id },
      { title: "STATE", value: ({ worker }) => worker.state },
      { title: "JOB", value: ({ job }) => job?.id ?? "" },
      { title: "FOR", value: ({ job }) => job ? forOf(job, now) : "" },
      { title: "PROGRESS", value: ({ job }) => job ? progressText(job.progress, job.progress_text) : "" },
      {
        title: "CPU",
        value: ({ job }) => job?.cpu_used ? formatDuration(job.cpu_used * 1000) : "",
        align: "right",
      },
      {
        title: "MEMORY",
        value: ({ job }) => job?.memory_used ? sayMemory(job.memory_used) : "",
        align: "right",
      },
      { title: "COMMAND", value: ({ job }) => job?.command ?? "" },
    ],
  });
  return `${first}${jobs}\n\n${running}${ofSchedules}`;
}

/** What is said with the workers and the schedules anyway. */
const SAID_BELOW: readonly Trouble["kind"][] = ["no_worker", "overdue"];

function troubleText({ kind, says, died_of }: Trouble, print: Print): string {
  const text = died_of === null ? says : `${says}: ${visible(died_of)}`;
  return print.paint(STATE_COLOUR[kind === "paused" ? "failed" : "dead"], fit(text, print.columns));
}

/** Whether anybody waits for a schedule. */
function isAnyDue({ total, paused }: SchedulesStatus): boolean {
  return total > paused;
}

/** `3 schedules, 1 paused; the next is due in 5m`. */
function schedulesText(
  { total, paused, overdue, next_at }: SchedulesStatus,
  { now, workers }: { now: number; workers: readonly WorkerStatus[] },
): string {
  const counts = [
    total === 1 ? "1 schedule" : `${total} schedules`,
    ...paused > 0 ? [`${paused} paused`] : [],
    ...overdue > 0 ? [`${overdue} overdue`] : [],
  ].join(", ");
  if (next_at === null) return counts;
  if (!workers.some(({ state }) => state === "working" || state === "idle")) {
    return `${counts}; none is fired while no worker is running`;
  }
  return `${counts}; the next is due ${fromNow(Date.parse(next_at), now)}`;
}

/** How far groups are that have not ended; nothing where there are none. */
function groupsText(groups: readonly OpenGroup[], more: number, print: Print): string {
  if (groups.length === 0) return "";
  const shown = groups.slice(0, MOST_GROUPS);
  const others = more + groups.length - shown.length;
  const text = table<OpenGroup>(print, {
    rows: shown,
    columns: [
      { title: "GROUP", value: ({ name }) => name },
      { title: "DONE", value: ({ total, open }) => `${total - open}/${total}`, align: "right" },
      { title: "RUNNING", short: "RUN", value: ({ running }) => running || "", align: "right" },
      {
        title: "DEAD",
        value: ({ dead }) => dead || "",
        align: "right",
        paint: (_, cell) => print.paint(STATE_COLOUR.dead, cell),
      },
      { title: "SEALED", value: ({ sealed }) => sealed ? "sealed" : "" },
    ],
  });
  return `\n\n${text}${others > 0 ? `\n… and ${others} more groups; see group list --open` : ""}`;
}

/** Groups that are shown to people, at most: workers shall stay in sight. */
const MOST_GROUPS = 5;

/** A worker, and one of the jobs that it runs, if any. */
interface Run {
  worker: WorkerStatus;
  job?: RunningJob;
}

/** How long it has been running, and, where it is paused, for how long it stands still. */
function forOf({ started_at, paused_since }: RunningJob, now: number): string {
  const since = (time: string) => rough(Math.max(0, now - Date.parse(time)));
  return since(started_at) + (paused_since === null ? "" : `, paused for ${since(paused_since)}`);
}

/** A queue, or all of them. */
type Row = Pick<QueueJson, "name" | "counts" | "paused" | "concurrency">;

function limitsOf({ paused, concurrency }: Row): string {
  return [
    ...(paused ? ["paused"] : []),
    ...(concurrency === null ? [] : [`${concurrency} at a time`]),
  ].join(", ");
}
