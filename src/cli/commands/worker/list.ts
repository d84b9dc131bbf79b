/**
 * @module
 * `queuectl worker list`: who is there, and what they run.
 */
import { formatDuration } from "../../../domain/duration.ts";
import { sayUnits } from "../../../domain/units.ts";
import type { WorkerInfo } from "../../../store/contract.ts";
import { timeJson } from "../../../views/job_json.ts";
import { byHost, leaseEnd, workerState } from "../../../views/status.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { type Column, table } from "../../show/table.ts";

export const command: Target = defineCommand({
  brief: "List workers and what they run",
  description:
    "A worker is gone when its process has ended, or when it has not been heard of for as long as its lease, and has " +
    "left when it was told to. " +
    "What such workers ran goes on, and is adopted by the next worker on their host. Workers of one host stand together.",
  examples: [["worker list", "all workers"], ["worker list --json", "the same for a program"]],
  async run(context) {
    const { clock, print } = context;
    const workers = byHost(await (await context.store()).workers());
    const now = clock.now();
    print.result(
      workers.map((worker) => workerJson(worker, now)),
      () =>
        workers.length === 0
          ? "No workers are running: start some with queuectl worker start"
          : table(print, { columns: columnsAt(now, workers.some(({ has }) => has.size > 0)), rows: workers }),
    );
  },
});

function columnsAt(now: number, anyHas: boolean): Column<WorkerInfo>[] {
  return [
    { title: "WORKER", value: (worker) => worker.id },
    { title: "STATE", value: (worker) => workerState(worker, now) },
    { title: "PID", value: (worker) => worker.pid, align: "right" },
    { title: "HOST", value: (worker) => worker.host },
    { title: "SLOTS", value: (worker) => worker.slots, align: "right" },
    { title: "QUEUES", value: (worker) => worker.queues?.join(",") ?? "all" },
    ...(anyHas ? [{ title: "HAS", value: ({ has }: WorkerInfo) => sayUnits(has) ?? "" }] : []),
    { title: "UP", value: (worker) => formatDuration(now - worker.startedAt), align: "right" },
    { title: "RUNNING", value: runningOf },
  ];
}

function runningOf({ running, adopted, paused }: WorkerInfo): string {
  return running.map((id) => {
    const marks = [
      ...(adopted.includes(id) ? ["adopted"] : []),
      ...(paused.includes(id) ? ["paused"] : []),
    ];
    return marks.length === 0 ? id : `${id} (${marks.join(", ")})`;
  }).join(" ");
}

function workerJson(worker: WorkerInfo, now: number) {
  return {
    id: worker.id,
    state: workerState(worker, now),
    pid: worker.pid,
    host: worker.host,
    slots: worker.slots,
    queues: worker.queues,
    has: Object.fromEntries(worker.has),
    running: worker.running,
    adopted: worker.adopted,
    paused: worker.paused,
    started_at: new Date(worker.startedAt).toISOString(),
    lease_until: timeJson(leaseEnd(worker)),
  };
}
