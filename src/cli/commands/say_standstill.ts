/**
 * @module
 * One line on stderr where jobs will not start by themselves: why, and what to do about it. Loaded only where there is
 * reason to look closer.
 */
import { ENDED, type Job, WAITING } from "../../domain/job.ts";
import { holding, type Obstacle, obstacles, type Unfinished } from "../../views/standstill.ts";
import type { Context } from "../line/context.ts";

/** More of what is in the way is not read; how much more there is, is said. */
const MOST_SAID = 3;
/** Of very many jobs or queues, so many are looked at. */
const MOST_LOOKED_AT = 200;

/** Of queues in which jobs wait to start. */
export async function sayWhyQueuesStand(context: Context, queues: Iterable<string>): Promise<void> {
  const unfinished = Array.from(queues, (queue) => ({ queue, waiting: true })).slice(0, MOST_LOOKED_AT);
  await sayWhy(context, unfinished, []);
}

/** Of jobs by their ids; those that have ended do not count. */
export async function sayWhyJobsStand(context: Context, ids: readonly string[]): Promise<void> {
  const store = await context.store();
  const jobs = await Promise.all(ids.slice(0, MOST_LOOKED_AT).map((id) => store.get(id)));
  const unfinished = jobs.filter((job) => job !== undefined).filter(({ state }) => !ENDED.includes(state));
  const held = unfinished.filter((job) => job.held && WAITING.includes(job.state));
  await sayWhy(context, byQueue(unfinished), held.map(({ id }) => id));
}

/** Of all that a queue, or every queue, has to do. */
export async function sayWhyWholeQueuesStand(context: Context, queue: string | undefined): Promise<void> {
  const store = await context.store();
  const queues = queue === undefined
    ? (await store.summary(MOST_LOOKED_AT)).queues
    : [await store.queue(queue)].filter((one) => one !== undefined);
  const unfinished = queues.map(({ name, counts }) => {
    const waiting = WAITING.some((state) => counts[state] > 0);
    return { queue: name, waiting, any: waiting || counts.processing > 0 };
  });
  await sayWhy(context, unfinished.filter(({ any }) => any), []);
}

function byQueue(jobs: readonly Job[]): Unfinished[] {
  const queues = Map.groupBy(jobs, ({ queue }) => queue);
  return Array.from(queues, ([queue, its]) => {
    return { queue, waiting: its.some(({ state }) => WAITING.includes(state)) };
  });
}

async function sayWhy(
  context: Context,
  queues: readonly Unfinished[],
  held: readonly string[],
): Promise<void> {
  const store = await context.store();
  const found = [...await obstacles(queues, { store, now: context.clock.now() }), ...holding(held)];
  if (found.length > 0) context.print.hint(sentence(context, found));
}

function sentence(context: Context, found: readonly Obstacle[]): string {
  const said = found.slice(0, MOST_SAID).map(({ found, advice, words }) =>
    `${found}: ${advice} ${context.lineOf(words)}`
  );
  const more = found.length - said.length;
  const all = [...said, ...(more > 0 ? [`and ${more} more such`] : [])].join("; ");
  return `${all.charAt(0).toUpperCase()}${all.slice(1)}`;
}
