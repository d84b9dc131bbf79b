/**
 * @module
 * The routes of queues and of the dead letter queue.
 */
import { NoSuch } from "../../domain/errors.ts";
import { parseDuration } from "../../domain/duration.ts";
import { FIELDS, QUEUE_PATTERN } from "../../domain/fields.ts";
import { WAITING } from "../../domain/job.ts";
import { LONGEST_MS } from "../../domain/settings.ts";
import type { QueueInfo, Store, Verb } from "../../store/contract.ts";
import { changeAll } from "../../views/change_all.ts";
import { deadGroupsNow } from "../../views/dead_groups.ts";
import { timeJson } from "../../views/job_json.ts";
import { type QueueJson, queueJson } from "../../views/queue_json.ts";
import { oneQueueNow, queuesByTrouble } from "../../views/queues_now.ts";
import { refuseRunning } from "../../views/running_jobs.ts";
import { type Input, objectOf, oneOf, trueOrFalse, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { COUNTED, DEAD_GROUP, listOf, QUEUE, QUEUE_NOW, QUEUE_WITH_OLDEST, record } from "../schemas.ts";
import { DURATION, FILTER } from "./job_inputs.ts";
import { bound, NEEDS, RATE, rateSaid, SMOOTH } from "./limits.ts";

const tag = "queues";
const MOST_AT_A_TIME = 1_000_000;

const QUEUE_NAME: Input<string> = {
  brief: "name of the queue",
  schema: { type: "string", pattern: QUEUE_PATTERN.source },
  takes: FIELDS.queue.kind.takes,
  read: (value) => typeof value === "string" && QUEUE_PATTERN.test(value) ? value : undefined,
};

/** The new limit, wrapped in an object: so `null`, which takes the limit away, differs from not being given. */
const LIMIT: Input<{ limit: number | null }> = {
  brief: "how many of its jobs may run at a time, over all workers; null takes the limit away",
  schema: { type: ["integer", "null"], minimum: 1, maximum: MOST_AT_A_TIME },
  takes: `a whole number from 1 to ${MOST_AT_A_TIME}, or null`,
  read(value) {
    if (value === null) return { limit: null };
    return Number.isInteger(value) && value as number >= 1 && value as number <= MOST_AT_A_TIME
      ? { limit: value as number }
      : undefined;
  },
};

/** How long ended jobs are kept, in ms, wrapped for the same reason. */
function kept(which: string): Input<{ ms: number | null }> {
  return {
    brief: `how long its ${which} jobs are kept; 0 is for ever, null is as the setting says`,
    schema: { oneOf: [...DURATION.oneOf, { type: "null" }] },
    takes: "a duration, 0 for ever, or null",
    read(value) {
      if (value === null) return { ms: null };
      const ms = typeof value === "string" || typeof value === "number" ? parseDuration(value) : undefined;
      return ms === undefined || ms > LONGEST_MS ? undefined : { ms };
    },
  };
}

/** Who takes turns, wrapped for the same reason. */
const FAIR: Input<{ is: boolean }> = {
  brief: "within a priority, the label that was served longest ago comes first; null is by age",
  schema: { type: ["string", "null"], enum: ["label", null] },
  takes: "label, or null",
  read: (value) => value === null || value === "label" ? { is: value === "label" } : undefined,
};

/** How much waiting counts as a step of priority. */
const AGING: Input<{ ms: number | null }> = {
  brief: "how much longer a job has to wait to come before one whose priority is lower by 1; null is never",
  schema: { oneOf: [...DURATION.oneOf, { type: "null" }] },
  takes: "a duration, or null",
  read(value) {
    if (value === null) return { ms: null };
    const ms = typeof value === "string" || typeof value === "number" ? parseDuration(value) : undefined;
    return ms === undefined || ms < 1 || ms > LONGEST_MS ? undefined : { ms };
  },
};

/** When the pending job that was enqueued first was enqueued; null when none is. */
async function oldestPending(store: Store, { name, counts }: QueueInfo): Promise<string | null> {
  if (counts.pending === 0) return null;
  const { jobs } = await store.list({ queue: name, state: "pending", sort: "oldest", limit: 1 });
  return timeJson(jobs[0]?.createdAt ?? null);
}

async function findQueue(store: Store, name: string): Promise<QueueJson> {
  const queue = await store.queue(name);
  if (queue) return queueJson(queue);
  throw new NoSuch(`Cannot show queue "${name}": no such queue`);
}

/** The routes. */
export const QUEUE_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/queues",
    summary: "Queues with their jobs by state, and since when the longest-waiting pending one is there",
    tag,
    query: {
      limit: wholeNumber({ min: 1, max: 500 }, "at most so many; 100 unless given"),
      cursor: QUEUE_NAME,
      order: oneOf(
        ["name", "work"],
        "by name unless given; `work`: those that run something or whose jobs are next, on one page",
      ),
    },
    answer: {
      description:
        "A page of queues; the cursor for the next one, null when this is the last; how many there are",
      schema: record({
        queues: listOf(QUEUE_WITH_OLDEST),
        cursor: { type: ["string", "null"] },
        of: COUNTED,
      }),
    },
    async run({ store, query: { limit = 100, cursor, order = "name" } }) {
      const summary = await store.summary(order === "work" ? limit : 0);
      const found = order === "work"
        ? summary.queues
        : await store.queues({ limit: limit + 1, ...(cursor && { after: cursor }) });
      const queues = found.slice(0, limit);
      const withOldest = queues.map(async (queue) => ({
        ...queueJson(queue),
        oldest_pending_at: await oldestPending(store, queue),
      }));
      return {
        queues: await Promise.all(withOldest),
        cursor: found.length > limit ? queues.at(-1)!.name : null,
        of: summary.of,
      };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/queues/:name",
    summary: "A queue, and how it has been within the last hour",
    tag,
    path: { name: QUEUE_NAME },
    answer: { description: "The queue, with figures of twelve steps of five minutes", schema: QUEUE_NOW },
    problems: ["not-found"],
    async run({ store, path, now }) {
      const queue = await oneQueueNow(store, path.name, now);
      if (queue) return queue;
      throw new NoSuch(`Cannot show queue "${path.name}": no such queue`);
    },
  }),
  defineRoute({
    method: "GET",
    url: "/troubled-queues",
    summary: "Queues with how they have been within the last hour, those with trouble first",
    tag,
    query: { limit: wholeNumber({ min: 1, max: 50 }, "at most so many; 20 unless given") },
    answer: {
      description: "Queues, with figures of twelve steps of five minutes; how many there are",
      schema: record({ queues: listOf(QUEUE_NOW), of: COUNTED }),
    },
    run: ({ store, query: { limit = 20 }, now }) => queuesByTrouble(store, { now, limit }),
  }),
  defineRoute({
    method: "PATCH",
    url: "/queues/:name",
    summary:
      "Pauses or resumes a queue, limits how many of its jobs run at a time, says who takes turns, or how long they are kept",
    tag,
    path: { name: QUEUE_NAME },
    body: objectOf(
      {
        paused: trueOrFalse("start no more of its jobs"),
        concurrency: LIMIT,
        retention: kept("completed and cancelled"),
        retention_dead: kept("dead"),
        needs: NEEDS,
        per_label: bound(1, "how many of its jobs with the same label may run at once"),
        rate: RATE,
        smooth: SMOOTH,
        fair: FAIR,
        aging: AGING,
      },
      "what to change",
    ),
    answer: { description: "The queue as it is now", schema: QUEUE },
    async run({ store, path, body }) {
      const {
        paused,
        concurrency,
        retention,
        retention_dead: retentionDead,
        needs,
        per_label: perLabel,
        fair,
        aging,
      } = body;
      const rate = rateSaid(body.rate, body.smooth);
      await store.setQueue(path.name, {
        ...(paused !== undefined && { paused }),
        ...(concurrency && { concurrency: concurrency.limit }),
        ...(retention && { retentionMs: retention.ms }),
        ...(retentionDead && { retentionDeadMs: retentionDead.ms }),
        ...(needs && { takes: needs.value }),
        ...(perLabel && { perLabel: perLabel.value }),
        ...(rate !== undefined && { rate }),
        ...(fair && { fair: fair.is }),
        ...(aging && { agingMs: aging.ms }),
      });
      return await findQueue(store, path.name);
    },
  }),
  defineRoute({
    method: "DELETE",
    url: "/queues/:name",
    summary: "Removes a queue that has no jobs, or none that runs, with its switches and figures",
    tag,
    path: { name: QUEUE_NAME },
    query: { jobs: trueOrFalse("remove its jobs, too") },
    answer: { description: "Its name", schema: record({ deleted: { type: "string" } }) },
    problems: ["not-found", "refused"],
    async run({ store, path, query: { jobs }, now }) {
      if (jobs) {
        refuseRunning(path.name, (await store.queue(path.name))?.counts.processing ?? 0);
        await changeAll(store, { which: { queue: path.name }, wish: { verb: "delete" } }, { now });
      }
      await store.deleteQueue(path.name);
      return { deleted: path.name };
    },
  }),
  defineRoute({
    method: "POST",
    url: "/queues/:name/clear",
    summary: "Removes all jobs of a queue that wait",
    tag,
    path: { name: QUEUE_NAME },
    answer: { description: "How many there were", schema: record({ deleted: COUNTED }) },
    run: async ({ store, path, now }) => {
      const selected = { which: { queue: path.name }, wish: { verb: "delete", only: WAITING } } as const;
      return { deleted: (await changeAll(store, selected, { now })).done };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/dlq/groups",
    summary: "Dead jobs by queue and by what they died of, the largest group first",
    tag,
    query: {
      queue: FILTER.queue,
      limit: wholeNumber({ min: 1, max: 1000 }, "at most so many; 100 unless given"),
    },
    answer: {
      description:
        "The groups, how many more there are, and how many jobs are dead; of each group, how many died in each of the last " +
        "24 hours. What they died of is the last line of stderr, else the error, without what differs from job to job; as " +
        "`died_of` it is a filter",
      schema: record({ total: COUNTED, groups: listOf(DEAD_GROUP), more_groups: COUNTED }),
    },
    run: ({ store, query: { queue: queues, limit = 100 }, now }) =>
      deadGroupsNow(store, { now, queues, limit }),
  }),
  defineRoute({
    method: "POST",
    url: "/dlq/retry",
    summary: "Runs all dead jobs again",
    tag,
    answer: { description: "How many there were", schema: record({ retried: COUNTED }) },
    run: async ({ store, now }) => ({ retried: await changeDead(store, "retry", now) }),
  }),
  defineRoute({
    method: "POST",
    url: "/dlq/clear",
    summary: "Removes all dead jobs",
    tag,
    answer: { description: "How many there were", schema: record({ deleted: COUNTED }) },
    run: async ({ store, now }) => ({ deleted: await changeDead(store, "delete", now) }),
  }),
];

/** Does something to every dead job. Returns how many there were. */
async function changeDead(store: Store, verb: Verb, now: number): Promise<number> {
  return (await changeAll(store, { which: { state: "dead" }, wish: { verb } }, { now })).done;
}
