/**
 * @module
 * `queuectl worker stop`: tells workers to stop, through the store, and waits for it when asked.
 */
import { BadInput, NoSuch } from "../../../domain/errors.ts";
import { watchStore } from "../../../views/watch_store.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import type { WorkerInfo } from "../../../store/contract.ts";
import { withOthers } from "../unknown_names.ts";
import { duration, text, toggle } from "../../line/flags.ts";

export const command: Target = defineCommand({
  brief: "Stop workers",
  description:
    "They take no new jobs and stop once what they run has ended. With --timeout, what still runs after " +
    "that time is ended and put back, its attempt not counted. With --leave they stop at once and what they run " +
    "goes on: the next worker adopts it, as after an upgrade. A paused job is waited for, too.",
  examples: [
    ["worker stop", "stop all workers"],
    ["worker stop --id worker-abc123", "stop one"],
    ["worker stop --host build2 --wait", "stop all on one machine of several"],
    ["worker stop --wait --timeout 0", "stop everything now; what ran is put back, and runs again later"],
    ["worker stop --wait --leave", "stop at once, without interrupting any job"],
    ["worker stop --wait --timeout 10", "give running jobs ten seconds, and return when all have stopped"],
  ],
  flags: {
    id: text("W", "this worker only"),
    host: text("HOST", "those on the machine of this name only"),
    wait: toggle("return when they have stopped"),
    timeout: duration("after this time, end what still runs and put it back"),
    leave: toggle("stop at once and leave what runs to the next worker"),
  },
  async run(context, flags) {
    if (flags.leave && flags.timeout !== undefined) {
      throw new BadInput("Cannot use --leave with --timeout: jobs that are left are not ended");
    }
    const { id, host } = flags;
    if (id !== undefined && host !== undefined) {
      throw new BadInput("Cannot use --id with --host: a worker is on one host");
    }
    const { clock, print } = context;
    const store = await context.store();
    const now = clock.now();
    const endAt = flags.timeout === undefined ? null : now + flags.timeout;
    const told = await store.requestStop({
      ...(id === undefined ? {} : { worker: id }),
      ...(host === undefined ? {} : { host }),
      endAt,
      leave: flags.leave,
    }).catch(async (error) => {
      if (!(error instanceof NoSuch)) throw error;
      const workers = await store.workers();
      if (host === undefined) throw withOthers(error, id!, workers.map(({ id }) => id));
      throw withOthers(error, host, [...new Set(workers.map(({ host }) => host))]);
    });
    if (flags.wait) {
      const running = async () => {
        const alive = (await store.workers()).filter((worker) => mayRunOn(worker, clock.now()));
        return told.some((id) => alive.some((worker) => worker.id === id));
      };
      using changes = watchStore(store, clock);
      while (await running()) await changes.next();
    }
    const done = flags.wait ? "Stopped" : "Told to stop:";
    print.result(
      { [flags.wait ? "stopped" : "stopping"]: told },
      () => told.length === 0 ? "No workers are running" : `${done} ${told.join(", ")}`,
    );
  },
});

/** A process that was stopped, or that cannot reach the store, lives on past its lease; one that has left does not care. */
function mayRunOn({ leaseUntil, present }: WorkerInfo, now: number): boolean {
  return leaseUntil > 0 && (present ?? leaseUntil >= now);
}
