/**
 * @module
 * `queuectl show`: everything about one job, and why it is not running when it waits.
 */
import { formatDuration } from "../../domain/duration.ts";
import { noSuchJob, Refused } from "../../domain/errors.ts";
import { formatSize } from "../../domain/settings.ts";
import { FIELDS, type Kind, STORED_FIELDS, type StoredFields, type StoredName } from "../../domain/fields.ts";
import type { Attempt, Job } from "../../domain/job.ts";
import type { JobNeeds } from "../../store/contract.ts";
import { attemptJson, jobJson } from "../../views/job_json.ts";
import { needsJson, needsOf, whyNotRun } from "../../views/needs.ts";
import { reasonsToWait, runsUnwatched } from "../../views/waiting.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { toggle } from "../line/flags.ts";
import { ONE_ID } from "../line/ids.ts";
import { ZONE_FLAGS } from "../line/zone.ts";
import { STATE_COLOUR, stateOf } from "../show/job_table.ts";
import type { Print } from "../show/print.ts";
import { progressText } from "../show/job_progress.ts";
import { sayMemory } from "../show/memory.ts";
import { type Column, table } from "../show/table.ts";
import { visible } from "../show/terminal.ts";
import { clockTime, fromNow, timeOfDay, type Zone, zoneName } from "../show/times.ts";

export const command: Target = defineCommand({
  brief: "Show all about a job, and why it is not running",
  examples: [
    ["show j1", "one job with its attempts"],
    ["show j1 --json", "as JSON, with why it waits"],
    ["show j1 --stdin", "what it reads"],
  ],
  flags: {
    stdin: toggle("print what it reads on its standard input, byte for byte, and nothing else"),
    ...ZONE_FLAGS,
  },
  words: ONE_ID,
  async run(context, { stdin, ...zone }, [id]) {
    const store = await context.store();
    const now = context.clock.now();
    const job = await store.get(id!);
    if (job === undefined) throw noSuchJob("show", id!);
    if (stdin) return await printStdin(context, job);
    const attempts = await store.attempts(job.id);
    const say = context.json ? undefined : (ms: number) => timeOfDay(ms, zone);
    const reasons = await reasonsToWait(job, { store, now, say });
    const needs = await needsOf(store, job.id);
    const notRun = job.state === "skipped" && needs ? whyNotRun(needs) : [];
    const unwatched = await runsUnwatched(job, { store, now });
    const hosts = store.place === "server";
    context.print.result(
      {
        ...jobJson(job),
        needs: needsJson(needs),
        waits_because: reasons,
        not_run_because: notRun,
        history: attempts.map(attemptJson),
      },
      () =>
        [
          facts(context.print, {
            ...{ job, last: attempts.at(-1), reasons, notRun, needs, unwatched, now, zone, hosts },
          }),
          ...history(context.print, attempts, { zone, hosts }),
        ].join("\n"),
    );
  },
});

async function printStdin(context: Context, { id }: Job): Promise<void> {
  const bytes = await (await context.store()).stdin(id);
  if (bytes === undefined) throw new Refused(`Cannot show the stdin of job "${id}": it has none`);
  if (!context.json) return context.print.bytes(bytes);
  const { stdinJson } = await import("../../views/stdin_json.ts");
  context.print.result({ id, ...stdinJson(bytes) }, () => "");
}

/** The fields that do not simply follow one another at the end. */
const ELSEWHERE: readonly StoredName[] = [
  ...[
    "id",
    "command",
    "queue",
    "group",
    "label",
    "priority",
    "max_retries",
    "timeout",
    "run_at",
    "hold",
  ] as const,
];

const INDENT = " ".repeat(11);

/** What there is to say about the job, a line each; a command of several lines has as many. */
function facts(
  print: Print,
  { job, last, reasons, notRun, needs, unwatched, now, zone, hosts }: {
    job: Job;
    last: Attempt | undefined;
    reasons: readonly string[];
    notRun: readonly string[];
    needs: JobNeeds | null;
    unwatched: boolean;
    now: number;
    zone: Zone;
    /** There may be several, so which one is said. */
    hosts: boolean;
  },
): string {
  const time = (ms: number | null) => ms === null ? "" : `${timeOfDay(ms, zone)} (${fromNow(ms, now)})`;
  const waits = job.runAt !== null && (job.state === "scheduled" || job.state === "failed");
  const field = (name: StoredName): [string, string][] => {
    const { key, title, kind } = FIELDS[name];
    return textsOf(kind, job[key], time).map((text) => [title, visible(text)]);
  };
  const lines: [string, string][] = [
    ["Job", job.id],
    ["State", print.paint(STATE_COLOUR[job.state], stateOf(job))],
    ...reasons.map((reason): [string, string] => ["Waits", visible(reason)]),
    ["Progress", visible(sayProgress(job))],
    ["Uses", sayUsage(job)],
    ...notRun.map((reason): [string, string] => ["Not run", visible(reason)]),
    ["Paused", sayPaused(job, last, time)],
    ["Runs", unwatched ? "without a worker, until one starts on its host and adopts it" : ""],
    ["Command", job.command.replace(/\n$/, "").split("\n").map(visible).join("\n")],
    ...(["queue", "group", "label", "priority"] as const).flatMap(field),
    ["Attempts", `${job.attempts} of at most ${job.maxRetries + 1}`],
    ["Needs", needs ? sayNeeds(needs) : ""],
    ...field("timeout"),
    ...(waits ? field("run_at") : []),
    ["Created", time(job.createdAt)],
    ["Started", time(job.startedAt)],
    ["Finished", time(job.finishedAt)],
    ["Exit code", job.exitCode === null ? "" : String(job.exitCode)],
    ["Signal", job.signal ?? ""],
    ["Error", visible(job.error ?? "")],
    ["Worker", job.worker === null ? "" : hosts && last ? `${job.worker} on ${last.host}` : job.worker],
    ...STORED_FIELDS.filter((name) => !ELSEWHERE.includes(name)).flatMap(field),
    [
      "Input",
      job.stdinSize === null ? "" : `${sayBytes(job.stdinSize)}; see show --stdin`,
    ],
    [
      "Result",
      last?.resultSize === undefined || last.resultSize === null
        ? ""
        : `${sayBytes(last.resultSize)}; see result ${job.id}`,
    ],
    ["Checkpoint", job.checkpointSize === null ? "" : `${sayBytes(job.checkpointSize)} for its next attempt`],
    ["Put off", time(job.snoozedSince) && `by itself, again and again since ${time(job.snoozedSince)}`],
    ["Note", visible(last?.note ?? "")],
  ];
  return lines.filter(([, value]) => value !== "").map(([name, value]) =>
    value.split("\n").map((line, index) => `${index === 0 ? name.padEnd(11) : INDENT}${line}`.trimEnd()).join(
      "\n",
    )
  ).join("\n");
}

function sayBytes(size: number): string {
  return `${size} ${size === 1 ? "byte" : "bytes"}`;
}

/** What it takes now, as far as anybody looked. */
function sayUsage({ usage }: Pick<Job, "usage">): string {
  if (!usage) return "";
  const { memory, peakMemory, cpuMs } = usage;
  const most = peakMemory > memory ? `, ${sayMemory(peakMemory)} at its most` : "";
  return `${sayMemory(memory)} of memory${most}; ${formatDuration(cpuMs)} of CPU time`;
}

function sayProgress({ progress }: Pick<Job, "progress"> | Attempt): string {
  return progress ? progressText(progress.percent, progress.text) : "";
}
/** What it comes after, whatever has become of that. */
function sayNeeds({ any, needs, of }: JobNeeds): string {
  const named = needs.slice(0, MOST_NEEDS).map(({ id, group, wanting }) =>
    `${group === undefined ? "" : "group "}${id}${wanting === "completed" ? "" : ` (${wanting})`}`
  );
  const more = of > named.length ? ` and ${of - named.length} more` : "";
  return `${any && of > 1 ? "any of " : ""}${named.join(", ")}${more}; see needs`;
}

const MOST_NEEDS = 5;

/** Since when it stands still, and whether it does; or for how long its latest attempt did. */
function sayPaused(
  { pausedAt }: Job,
  last: Attempt | undefined,
  time: (ms: number) => string,
): string {
  const before = last !== undefined && last.pausedMs > 0 ? formatDuration(last.pausedMs) : "";
  if (pausedAt === null) return before === "" ? "" : `for ${before} of its latest attempt`;
  const unstopped = last?.unstopped ?? null;
  return [
    `since ${time(pausedAt)}`,
    ...(before === "" ? [] : [`and for ${before} before`]),
    ...(unstopped === null ? ["its processes have yet to be stopped"] : []),
    ...(unstopped ? [`but ${unstopped} of its processes could not be stopped`] : []),
  ].join(", ");
}

/** A value of a field for people, a line each; none for what goes without saying. */
function textsOf(
  { type }: Kind,
  value: StoredFields[keyof StoredFields],
  time: (ms: number) => string,
): string[] {
  if (type === "size" && value === 0) return ["no limit"];
  if (value === null || value === 0 || value === false) return [];
  switch (type) {
    case "time":
    case "delay":
      return [time(value as number)];
    case "size":
      return [formatSize(value as number)];
    case "duration":
      return [formatDuration(value as number)];
    case "variables":
      return Object.entries(value).map(([name, content]) => `${name}=${content}`);
    case "flag":
      return ["yes"];
    case "integer":
    case "text":
    case "line":
    case "word":
    case "ends":
    case "backoff":
    case "path":
    case "input":
    case "jobs":
    case "groups":
    case "units":
      return [String(value)];
  }
}

/** The attempts as a table, after a blank line; nothing when there are none. */
function history(
  print: Print,
  attempts: readonly Attempt[],
  { zone, hosts }: { zone: Zone; hosts: boolean },
): string[] {
  if (attempts.length === 0) return [];
  const zones = new Set(attempts.map(({ startedAt }) => zoneName(startedAt, zone)));
  const [only] = zones.size === 1 ? zones : [];
  const columns: Column<Attempt>[] = [
    { title: "ATTEMPT", value: (attempt) => attempt.attempt, align: "right" },
    { title: "OUTCOME", value: (attempt) => attempt.outcome?.replace("_", " ") ?? "running" },
    {
      title: only === undefined ? "STARTED" : `STARTED ${only}`,
      value: ({ startedAt }) => only === undefined ? timeOfDay(startedAt, zone) : clockTime(startedAt, zone),
    },
    { title: "TOOK", value: ({ startedAt, finishedAt }) => took(startedAt, finishedAt), align: "right" },
    {
      title: "CPU",
      value: ({ cpuMs }: Attempt) => cpuMs === null ? "" : formatDuration(cpuMs),
      align: "right",
    },
    {
      title: "MEMORY",
      value: ({ usage }: Attempt) => usage ? sayMemory(usage.peakMemory) : "",
      align: "right",
    },
    { title: "EXIT", value: (attempt) => attempt.exitCode ?? "", align: "right" },
    { title: "SIGNAL", value: (attempt) => attempt.signal ?? "" },
    { title: "WORKER", value: (attempt) => attempt.worker },
    ...(hosts ? [{ title: "HOST", value: ({ host }: Attempt) => host }] : []),
    { title: "ADOPTED FROM", value: (attempt) => attempt.adoptedFrom ?? "" },
    { title: "PROGRESS", value: sayProgress },
    { title: "ERROR", value: (attempt) => attempt.error ?? "" },
  ];
  return ["", table(print, { columns, rows: attempts })];
}

function took(startedAt: number, finishedAt: number | null): string {
  return finishedAt === null ? "" : formatDuration(Math.max(0, finishedAt - startedAt));
}
