/**
 * @module
 * `queuectl metrics`: what was done, how fast, how reliably, over all time and lately.
 */
import { formatDuration } from "../../domain/duration.ts";
import { BadInput } from "../../domain/errors.ts";
import type { Summary, Times } from "../../views/metrics.ts";
import { type Metrics, metricsJson, metricsNow } from "../../views/metrics_json.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { toggle } from "../line/flags.ts";
import type { Print } from "../show/print.ts";
import { type Column, table } from "../show/table.ts";

export const command: Target = defineCommand({
  brief: "Show throughput, success rate, waiting and running times",
  examples: [
    ["metrics", "all time, the last minute, hour and day, and each queue"],
    ["metrics --prometheus", "in the text format that Prometheus reads"],
  ],
  flags: { prometheus: toggle("print in the text format that Prometheus reads") },
  async run(context, flags) {
    if (flags.prometheus && context.json) {
      throw new BadInput("Cannot use --prometheus with --json: each is a format");
    }
    const store = await context.store();
    if (flags.prometheus) {
      const { prometheusText, whatToExpose } = await import("../../views/prometheus.ts");
      return context.print.line(prometheusText(await whatToExpose(store, context.clock.now())).trimEnd());
    }
    const metrics = await metricsNow(store, context.clock.now());
    context.print.result(metricsJson(metrics), () => asText(metrics, context));
  },
});

/** Stands for a figure of nothing. */
const NONE = "–";

/** What is said of a summary, line by line. */
const LINES: readonly { name: string; of: (summary: Summary) => string | number }[] = [
  { name: "jobs enqueued", of: ({ enqueued }) => enqueued },
  { name: "attempts started", of: ({ started }) => started },
  { name: "  completed", of: ({ completed }) => completed },
  { name: "  failed", of: ({ failed }) => failed },
  { name: "  timed out", of: ({ timedOut }) => timedOut },
  { name: "  lost", of: ({ lost }) => lost },
  { name: "  cancelled", of: ({ cancelled }) => cancelled },
  { name: "  snoozed", of: ({ snoozed }) => snoozed },
  { name: "retries", of: ({ retried }) => retried },
  { name: "jobs dead", of: ({ dead }) => dead },
  {
    name: "success rate",
    of: ({ successRate: rate }) => rate === null ? NONE : `${(100 * rate).toFixed(1)}%`,
  },
  { name: "attempts per second", of: ({ perSecond: rate }) => rate === null ? NONE : rate.toFixed(2) },
  { name: "CPU time", of: ({ cpuMs }) => cpuMs === 0 ? NONE : formatDuration(cpuMs) },
  ...timeLines("waited", ({ waitMs }) => waitMs),
  ...timeLines("ran", ({ runMs }) => runMs),
];

function timeLines(name: string, of: (summary: Summary) => Times): typeof LINES {
  return (["mean", "p50", "p95", "p99"] as const).map((which) => ({
    name: `${name}, ${which}`,
    of(summary) {
      const ms = of(summary)[which];
      return ms === null ? NONE : formatDuration(ms);
    },
  }));
}

function asText(
  { overall: { total, minute, hour, day }, queues, moreQueues, openGroups }: Metrics,
  { print }: Context,
): string {
  const figures = summaryTable(print, [["ALL TIME", total], ["1 MIN", minute], ["1 H", hour], ["24 H", day]]);
  const all = openGroups === 0 ? figures : `${figures}\n\nGroups that have not ended: ${openGroups}`;
  if (queues.length < 2) return all;
  const ofQueues = inGroups(queues, print.columns).map((group) =>
    summaryTable(print, group.map((summary) => [summary.queue, summary]))
  );
  return `${[all, ...ofQueues].join("\n\n")}${moreQueues > 0 ? `\n… and ${moreQueues} more queues` : ""}`;
}

/** What is said of a summary takes so many columns of the terminal. */
const NAME_COLUMNS = Math.max(...LINES.map(({ name }) => name.length));
/** And a summary so many: less of a queue's name would not do, and more is not needed. */
const SUMMARY_COLUMNS = { least: 12, most: 24, gap: 2 };

/** Queues that stand beside one another in so many columns of a terminal. */
function inGroups<Q extends { queue: string }>(queues: readonly Q[], columns: number): Q[][] {
  const { least, most, gap } = SUMMARY_COLUMNS;
  const groups: Q[][] = [];
  let room = 0;
  for (const queue of queues) {
    const width = gap + Math.min(most, Math.max(least, queue.queue.length));
    if (groups.length === 0 || room < width) {
      groups.push([]);
      room = columns - NAME_COLUMNS;
    }
    groups.at(-1)!.push(queue);
    room -= width;
  }
  return groups;
}

/** A column for each summary, and the lines that say something of any of them. */
function summaryTable(print: Print, summaries: readonly (readonly [title: string, Summary])[]): string {
  return table(print, {
    rows: LINES.filter(({ of }) => summaries.some(([, summary]) => of(summary) !== NONE)),
    columns: [
      { title: "", value: ({ name }) => name },
      ...summaries.map(([title, summary]): Column<typeof LINES[number]> => ({
        title,
        value: ({ of }) => of(summary),
        align: "right",
      })),
    ],
  });
}
