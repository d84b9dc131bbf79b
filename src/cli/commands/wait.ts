/**
 * @module
 * `queuectl wait`: until jobs have ended.
 */
import { formatDuration } from "../../domain/duration.ts";
import { BadInput, noSuchJob, Refused } from "../../domain/errors.ts";
import { ENDED, type State } from "../../domain/job.ts";
import type { Store } from "../../store/contract.ts";
import { LONGEST_TIMER_MS } from "../../system/clock.ts";
import type { Obstacle } from "../../views/standstill.ts";
import { type Changes, watchStore } from "../../views/watch_store.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { duration, text, texts, toggle } from "../line/flags.ts";
import { distinct, IDS, jobCount } from "../line/ids.ts";
import { queueNames } from "./queue/names.ts";
import type { Standstill } from "./say_standstill.ts";
import { groupName } from "./group/names.ts";
import { FirstOfJobs } from "./wait/first_of_jobs.ts";
import { say } from "./wait/say.ts";
import { WholeGroup } from "./wait/whole_group.ts";
import { WholeQueues } from "./wait/whole_queues.ts";

export const command: Target = defineCommand({
  brief: "Wait until jobs have ended",
  description: [
    "The exit code is 1 when one of them ended other than completed, or the time was up. With --any it is that of the",
    "first that ends, and the others go on.",
    "With --group it waits until the group has ended: all its jobs have, and it is sealed.",
    "With --queue or --all it waits until nothing is left to run or retry, jobs that come meanwhile included; then it",
    "is 1 when any job became dead or was cancelled meanwhile.",
  ].join("\n"),
  examples: [
    ["wait j1 j2 && echo fine", "for two jobs"],
    ["wait $(queuectl enqueue 'make report') --timeout 10m", "for one just queued, not for ever"],
    ["wait --any j1 j2", "for the one that ends first, which is printed"],
    ["wait --group album", "until a group has ended"],
    ["wait --queue mail", "until a queue has nothing left to do"],
    ["wait -q mail -q images", "until both have nothing left to do"],
  ],
  flags: {
    queue: texts("QUEUE", "all jobs of a queue; may be repeated"),
    group: text("GROUP", "until a group has ended"),
    all: toggle("all jobs"),
    any: toggle("return when the first of the jobs has ended"),
    timeout: duration("give up after this long"),
  },
  words: { ...IDS, min: 0 },
  async run(context, { queue, group, all, any, timeout }, words) {
    const asked = Number(words.length > 0) + Number(queue !== undefined) + Number(group !== undefined) +
      Number(all);
    if (asked !== 1) {
      throw new BadInput(
        "Cannot tell what to wait for: give ids, or --queue QUEUE, or --group GROUP, or --all",
      );
    }
    if (any && words.length === 0) throw new BadInput("Cannot wait for any job: --any goes with ids");
    const { requireId } = await import("./many/not_an_id.ts");
    await requireId(context, { what: "wait for", words, states: false });
    const ids = distinct(words);
    const target = words.length > 0
      ? any ? new FirstOfJobs(context, ids) : new SomeJobs(context, ids)
      : group !== undefined
      ? new WholeGroup(context, groupName(group))
      : new WholeQueues(context, queue && queueNames(queue));
    return await waitFor(context, { target, timeoutMs: timeout });
  },
});

interface Awaited {
  /** Looks once; says how many jobs are left. */
  look(store: Store): Promise<number>;
  /** Whether all of it ended as it should; prints the result. Called when nothing is left. */
  conclude(): boolean;
  /** What keeps the rest from starting. */
  whyItStands(): Promise<Obstacle[]>;
}

async function waitFor(context: Context, { target, timeoutMs }: {
  target: Awaited;
  timeoutMs: number | undefined;
}): Promise<number> {
  const store = await context.store();
  const deadline = timeoutMs === undefined ? Infinity : context.clock.monotonicMs() + timeoutMs;
  using changes = watchStore(store, context.clock);
  let left = await target.look(store);
  const standstill = left > 0 ? await standstillOf(context, target) : undefined;
  for (; left > 0; left = await target.look(store)) {
    const remainingMs = deadline - context.clock.monotonicMs();
    if (remainingMs <= 0) {
      throw new Refused(
        `Cannot wait any longer: ${jobCount(left)} not ended after ${formatDuration(timeoutMs!)}`,
      );
    }
    await nextWithin(changes, remainingMs);
    await standstill?.look();
  }
  return target.conclude() ? 0 : 1;
}

async function standstillOf(context: Context, target: Awaited): Promise<Standstill | undefined> {
  if (!context.print.hints) return undefined;
  const { Standstill } = await import("./say_standstill.ts");
  return await Standstill.begin(context, () => target.whyItStands());
}

async function nextWithin(changes: Changes, ms: number): Promise<void> {
  await changes.next(ms === Infinity ? undefined : AbortSignal.timeout(Math.min(ms, LONGEST_TIMER_MS)));
}

/** Jobs by their ids. Each is printed when it has ended. */
class SomeJobs implements Awaited {
  readonly #context: Context;
  #left: string[];
  readonly #ended = new Map<string, State>();

  constructor(context: Context, ids: readonly string[]) {
    this.#context = context;
    this.#left = [...ids];
  }

  async look(store: Store): Promise<number> {
    const ids = this.#left;
    const states = await store.states(ids);
    const missing = states.indexOf(undefined);
    if (missing >= 0) throw noSuchJob("wait for", ids[missing]!);
    this.#left = ids.filter((_, index) => !ENDED.includes(states[index]!));
    ids.forEach((id, index) => {
      if (ENDED.includes(states[index]!)) this.#end(id, states[index]!);
    });
    return this.#left.length;
  }

  #end(id: string, state: State): void {
    this.#ended.set(id, state);
    if (!this.#context.json) say(() => this.#context.print.line(`${id} ${state}`));
  }

  async whyItStands(): Promise<Obstacle[]> {
    const { whyJobsStand } = await import("./say_standstill.ts");
    return await whyJobsStand(this.#context, this.#left);
  }

  conclude(): boolean {
    const jobs = [...this.#ended].map(([id, state]) => ({ id, state }));
    say(() => this.#context.print.result({ jobs }, () => ""));
    return jobs.every(({ state }) => state === "completed");
  }
}
