/**
 * @module
 * `queuectl queue list`: every queue with its switches and counts.
 */
import { formatDuration } from "../../../domain/duration.ts";
import { sayRate } from "../../../domain/limit.ts";
import { STATES } from "../../../domain/job.ts";
import type { QueueInfo } from "../../../store/contract.ts";
import { queueJson } from "../../../views/queue_json.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { STATE_COLOUR, STATE_SHORT } from "../../show/job_table.ts";
import type { Print } from "../../show/print.ts";
import { type Column, table } from "../../show/table.ts";

export const command: Target = defineCommand({
  brief: "List queues with their jobs by state",
  examples: [["queue list", "every queue"], ["queue list --json", "as JSON"]],
  async run(context) {
    const queues = await (await context.store()).queues();
    context.print.result(
      { queues: queues.map(queueJson) },
      () => queues.length === 0 ? "No queues" : queueTable(context.print, queues),
    );
  },
});

function queueTable(print: Print, queues: readonly QueueInfo[]): string {
  const columns: Column<QueueInfo>[] = [
    { title: "QUEUE", value: (queue) => queue.name },
    { title: "PAUSED", value: (queue) => queue.paused ? "paused" : "" },
    { title: "AT MOST", short: "MAX", value: (queue) => queue.concurrency ?? "", align: "right" },
    ...someColumns(queues),
    ...STATES.map((state): Column<QueueInfo> => ({
      title: state.toUpperCase(),
      short: STATE_SHORT[state],
      value: (queue) => queue.counts[state] || "",
      align: "right",
      paint: (_queue, cell) => print.paint(STATE_COLOUR[state], cell),
    })),
  ];
  return table(print, { columns, rows: queues });
}

/** What is set of some queues only: limits, and how long ended jobs are kept. */
function someColumns(queues: readonly QueueInfo[]): Column<QueueInfo>[] {
  const said = (ms: number | null) => ms === null ? "" : ms === 0 ? "for ever" : formatDuration(ms);
  const columns = [
    { title: "NEEDS", value: ({ takes }: QueueInfo) => takes ?? "" },
    { title: "PER LABEL", value: ({ perLabel }: QueueInfo) => perLabel === null ? "" : String(perLabel) },
    { title: "RATE", value: ({ rate }: QueueInfo) => rate ? sayRate(rate) : "" },
    { title: "FAIR", value: ({ fair }: QueueInfo) => fair ? "label" : "" },
    { title: "AGING", value: ({ agingMs }: QueueInfo) => agingMs === null ? "" : formatDuration(agingMs) },
    { title: "KEPT", value: ({ retentionMs }: QueueInfo) => said(retentionMs) },
    { title: "DEAD KEPT", value: ({ retentionDeadMs }: QueueInfo) => said(retentionDeadMs) },
  ];
  return columns.filter(({ value }) => queues.some((queue) => value(queue) !== ""));
}
