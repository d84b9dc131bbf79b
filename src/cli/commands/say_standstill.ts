/**
 * @module
 * One line on stderr where jobs will not start by themselves: why, and what to do about it, also when that comes true
 * while somebody waits. Loaded only where there is reason to look closer.
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
  say(context, await allOf(context, unfinished, []));
}

/** How often whoever waits looks again. What is in the way at two looks is so; a worker that starts anew takes less. */
const LOOK_MS = 2000;

/** What is in the way of those who wait: said when they begin, and when it comes later, each once. */
export class Standstill {
  readonly #context: Context;
  readonly #find: () => Promise<Obstacle[]>;
  readonly #said = new Set<string>();
  #seen: ReadonlySet<string> = new Set();
  #nextMs: number;

  private constructor(context: Context, find: () => Promise<Obstacle[]>) {
    this.#context = context;
    this.#find = find;
    this.#nextMs = context.clock.monotonicMs() + LOOK_MS;
  }

  /** Says what is in the way now; where that `isSaid` already, only what is held. Undefined where nobody reads hints. */
  static async begin(
    context: Context,
    find: () => Promise<Obstacle[]>,
    { isSaid = false } = {},
  ): Promise<Standstill | undefined> {
    if (!context.print.hints) return undefined;
    const standstill = new Standstill(context, find);
    const found = await find();
    for (const one of found) standstill.#said.add(keyOf(one));
    say(context, isSaid ? found.filter(isHold) : found);
    return standstill;
  }

  /** Looks again, if it is time, and says what has come. */
  async look(): Promise<void> {
    const now = this.#context.clock.monotonicMs();
    if (now < this.#nextMs) return;
    this.#nextMs = now + LOOK_MS;
    const found = await this.#find();
    const come = found.filter((one) => this.#seen.has(keyOf(one)) && !this.#said.has(keyOf(one)));
    this.#seen = new Set(found.map(keyOf));
    for (const one of come) this.#said.add(keyOf(one));
    say(this.#context, come);
  }
}

/** Of jobs that are held there may be fewer each time. */
function keyOf(one: Obstacle): string {
  return isHold(one) ? "release" : one.found;
}

function isHold({ words }: Obstacle): boolean {
  return words[0] === "release";
}

/** Of jobs by their ids; those that have ended do not count. */
export async function whyJobsStand(context: Context, ids: readonly string[]): Promise<Obstacle[]> {
  const store = await context.store();
  const jobs = await Promise.all(ids.slice(0, MOST_LOOKED_AT).map((id) => store.get(id)));
  const unfinished = jobs.filter((job) => job !== undefined).filter(({ state }) => !ENDED.includes(state));
  const held = unfinished.filter((job) => job.held && WAITING.includes(job.state));
  return await allOf(context, byQueue(unfinished), held.map(({ id }) => id));
}

/** Of all that some queues, or every queue, have to do. */
export async function whyWholeQueuesStand(
  context: Context,
  names: readonly string[] | undefined,
): Promise<Obstacle[]> {
  const store = await context.store();
  const queues = names === undefined
    ? (await store.summary(MOST_LOOKED_AT)).queues
    : (await Promise.all(names.slice(0, MOST_LOOKED_AT).map((name) => store.queue(name))))
      .filter((one) => one !== undefined);
  const unfinished = queues.map(({ name, counts }) => {
    const waiting = WAITING.some((state) => counts[state] > 0);
    return { queue: name, waiting, any: waiting || counts.processing > 0 };
  });
  return await allOf(context, unfinished.filter(({ any }) => any), []);
}

function byQueue(jobs: readonly Job[]): Unfinished[] {
  const queues = Map.groupBy(jobs, ({ queue }) => queue);
  return Array.from(queues, ([queue, its]) => {
    return { queue, waiting: its.some(({ state }) => WAITING.includes(state)) };
  });
}

async function allOf(
  context: Context,
  queues: readonly Unfinished[],
  held: readonly string[],
): Promise<Obstacle[]> {
  const store = await context.store();
  return [...await obstacles(queues, { store, now: context.clock.now() }), ...holding(held)];
}

function say(context: Context, found: readonly Obstacle[]): void {
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
