/**
 * @module
 * `queuectl worker stop`: tells workers to stop, through the store, and waits for it when asked.
 */
import { defineCommand, type Target } from "../command.ts";
import { duration, text, toggle } from "../flags.ts";
import { watchStore } from "../changes.ts";

/** The command. */
export const command: Target = defineCommand({
  brief: "Stop workers",
  description:
    "They take no new jobs and stop once what they run has ended. With --timeout, what still runs after " +
    "that time is ended and put back, its attempt not counted.",
  examples: [
    ["worker stop", "stop all workers"],
    ["worker stop --id worker-abc123", "stop one"],
    ["worker stop --wait --timeout 10", "give running jobs ten seconds, and return when all have stopped"],
  ],
  flags: {
    id: text("W", "this worker only"),
    wait: toggle("return when they have stopped"),
    timeout: duration("after this time, end what still runs and put it back"),
  },
  async run(context, flags) {
    const { clock, print } = context;
    const store = await context.store();
    const now = clock.now();
    const endAt = flags.timeout === undefined ? null : now + flags.timeout;
    const told = await store.requestStop({
      ...(flags.id === undefined ? {} : { worker: flags.id }),
      now,
      endAt,
    });
    if (flags.wait) {
      const running = async () => {
        const alive = (await store.workers()).filter((worker) => worker.leaseUntil >= clock.now());
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
