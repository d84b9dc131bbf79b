/**
 * @module
 * `queuectl queue set`: how many jobs of a queue may run at a time, and how long they are kept.
 */
import { formatDuration, parseDuration } from "../../../domain/duration.ts";
import { BadInput } from "../../../domain/errors.ts";
import { LONGEST_MS } from "../../../domain/settings.ts";
import type { QueueSwitches } from "../../../store/contract.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { choice, text, texts, toggle } from "../../line/flags.ts";
import { hintAtUnknownQueues } from "../unknown_names.ts";
import { ONE_QUEUE, queueName } from "./names.ts";
import { readRules, rulesJson, sayRules } from "./rules.ts";

const MOST = 1_000_000;

export const command: Target = defineCommand({
  brief: "Limit how many jobs of a queue run at a time, say who takes turns, or how long they are kept",
  description:
    "Limits hold over all workers of the home, also for what waits already; jobs that are running go on, and are counted. " +
    "What is kept for how long is, unless a queue says otherwise, up to the settings retention and retention_dead.",
  examples: [
    ["queue set mail --concurrency 2", "at most two at a time"],
    ["queue set mail --concurrency none", "as many as there are workers"],
    ["queue set mail --rate 60/1m", "at most sixty begin in any minute"],
    ["queue set mail --per-label 1", "one at a time of each label, such as a customer"],
    ["queue set mail --fair label", "labels take turns, however many jobs each has"],
    ["queue set mail --aging 10m", "ten minutes more of waiting count as much as a step of priority"],
    ["queue set mail --needs smtp", "each of its jobs counts for the limit smtp"],
    [
      "queue set mail --retention 1d --retention-dead 30d",
      "remove ended jobs after a day, dead ones after a month",
    ],
    ["queue set audit --retention 0", "keep them for ever"],
    ["queue set mail --retention default", "keep them as the setting says"],
  ],
  flags: {
    concurrency: text("N|none", `at most so many, from 1 to ${MOST}; none takes the limit away`),
    needs: texts(
      "NAME[=N]|none",
      "what each of its jobs takes beside its own: units of limits and things; may be repeated",
    ),
    perLabel: text(
      "N|none",
      "at most so many with the same label at a time; those without one count together",
    ),
    rate: text("N/TIME|none", "at most so many begin in so much time, such as 60/1m"),
    smooth: toggle("with --rate: spaced evenly"),
    fair: choice(["label", "none"], "within a priority, the label that was served longest ago comes first"),
    aging: text(
      "DURATION|none",
      "a job comes before one whose priority is lower by 1 when it has waited so much longer",
    ),
    retention: text(
      "DURATION|default",
      "how long its completed and cancelled jobs are kept; 0 is for ever, default is as the setting says",
    ),
    retentionDead: text("DURATION|default", "the same of its dead jobs"),
  },
  words: ONE_QUEUE,
  async run(context, { concurrency, retention, retentionDead, ...rules }, [queue]) {
    const name = queueName(queue!);
    const change: Partial<QueueSwitches> = {
      ...(concurrency !== undefined && { concurrency: parseLimit(concurrency) }),
      ...(retention !== undefined && { retentionMs: parseRetention("retention", retention) }),
      ...(retentionDead !== undefined &&
        { retentionDeadMs: parseRetention("retention-dead", retentionDead) }),
      ...readRules(rules),
    };
    if (Object.keys(change).length === 0) {
      throw new BadInput(
        `Cannot set queue "${name}": give --concurrency N, or none, --needs, --per-label, --rate, --fair, --aging, --retention or --retention-dead`,
      );
    }
    await hintAtUnknownQueues(context, [name]);
    await (await context.store()).setQueue(name, change);
    const { retentionMs, retentionDeadMs } = change;
    const inSeconds = (ms: number | null) => ms === null ? null : ms / 1000;
    context.print.result({
      name,
      ...(change.concurrency !== undefined && { concurrency: change.concurrency }),
      ...(retentionMs !== undefined && { retention: inSeconds(retentionMs) }),
      ...(retentionDeadMs !== undefined && { retention_dead: inSeconds(retentionDeadMs) }),
      ...rulesJson(change),
    }, () => said(name, change).join("\n"));
  },
});

function said(name: string, change: Partial<QueueSwitches>): string[] {
  const { concurrency, retentionMs, retentionDeadMs } = change;
  const limit = concurrency === null ? "has no limit" : `runs at most ${concurrency} at a time`;
  return [
    ...(concurrency !== undefined ? [`Queue "${name}" ${limit}`] : []),
    ...(retentionMs !== undefined
      ? [`Queue "${name}" keeps completed and cancelled jobs ${inWords(retentionMs, "retention")}`]
      : []),
    ...(retentionDeadMs !== undefined
      ? [`Queue "${name}" keeps dead jobs ${inWords(retentionDeadMs, "retention_dead")}`]
      : []),
    ...sayRules(name, change),
  ];
}

function inWords(ms: number | null, setting: string): string {
  return ms === null ? `as the setting ${setting} says` : ms === 0 ? "for ever" : `for ${formatDuration(ms)}`;
}

function parseLimit(text: string): number | null {
  if (text === "none") return null;
  const limit = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MOST) return limit;
  throw new BadInput(
    `Cannot use --concurrency "${text}": it takes a whole number from 1 to ${MOST}, or none`,
  );
}

function parseRetention(flag: string, text: string): number | null {
  if (text === "default") return null;
  const ms = parseDuration(text);
  if (ms !== undefined && ms <= LONGEST_MS) return ms;
  throw new BadInput(
    `Cannot use --${flag} "${text}": it takes a duration up to ${
      formatDuration(LONGEST_MS)
    }, 0 for ever, or default`,
  );
}
