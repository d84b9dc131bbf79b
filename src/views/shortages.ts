/**
 * @module
 * What keeps a job from starting besides its turn, in sentences for people; and what is refused since it could never start.
 */
import { BadInput } from "../domain/errors.ts";
import type { NewJob } from "../domain/job.ts";
import { rateText } from "../domain/limit.ts";
import { unitsOf } from "../domain/units.ts";
import type { Shortage, Store, WorkerInfo } from "../store/contract.ts";

/** Why it does not start; `say` writes a time down. */
export function sayShortage(
  shortage: Shortage,
  { queue, say }: { queue: string; say: (ms: number) => string },
): string {
  const { of, name, takes, used, capacity, others } = shortage;
  const needs = takes === 1 ? "" : `, and it needs ${takes}`;
  switch (of) {
    case "limit":
    case "queue": {
      const what = of === "limit" ? `limit "${name}"` : `queue "${queue}"`;
      if (shortage.rate) return `${what} lets ${rateText(shortage.rate)} begin: ${whenFree(shortage, say)}`;
      return others
        ? `others come before it at ${what}`
        : `${what} has ${used} of ${capacity} in use${needs}`;
    }
    case "label": {
      const which = name === "" ? "without a label" : `with the label "${name}"`;
      return others
        ? `others ${which} come before it`
        : `queue "${queue}" already runs as many jobs ${which} as it may, ${capacity}`;
    }
    case "thing":
      return `of "${name}", no worker has ${takes === 1 ? "any" : takes} free`;
    case "unknown":
      return `no worker has "${name}", and there is no limit of that name`;
    case "slots":
      return `it takes ${takes} slots, and workers have at most ${capacity} together`;
  }
}

function whenFree({ freeAt, takes, rate }: Shortage, say: (ms: number) => string): string {
  if (takes > rate!.count) return `it needs ${takes}`;
  return freeAt === null ? "there is no room" : `free again at ${say(freeAt)}`;
}

/** Whether a job says anything of what it takes. */
export function takesSome({ takes, slots }: Pick<NewJob, "takes" | "slots">): boolean {
  return takes !== null || (slots ?? 1) > 1;
}

/** What workers have, and what limits there are. */
interface Offers {
  things: Map<string, number>;
  /** The most places that workers of one supervisor have together; 0 where there is no worker. */
  places: number;
}

function offersOf(workers: readonly WorkerInfo[], now: number): Offers {
  const things = new Map<string, number>();
  const places = new Map<string, number>();
  for (const { has, supervisor, slots, leaseUntil, stopping } of workers) {
    if (leaseUntil <= now || stopping) continue;
    places.set(supervisor, slots + (places.get(supervisor) ?? 0));
    for (const [name, units] of has) things.set(name, Math.max(units, things.get(name) ?? 0));
  }
  return { things, places: Math.max(0, ...places.values()) };
}

/**
 * Refuses jobs that could never start as things are: that take more than a limit ever lets through, or more slots than any
 * worker has, or that take a job for a limit.
 * @throws {BadInput} with one sentence
 */
export async function checkFits(
  store: Store,
  jobs: readonly Pick<NewJob, "takes" | "slots">[],
  now: number,
): Promise<void> {
  const taking = jobs.filter(takesSome);
  if (taking.length === 0) return;
  const most = new Map<string, number>();
  for (const { takes } of taking) {
    for (const [name, units] of unitsOf(takes)) most.set(name, Math.max(units, most.get(name) ?? 0));
  }
  for (const [name, units] of most) {
    const limit = await store.limit(name, now);
    if (limit && limit.atOnce !== null && units > limit.atOnce && limit.atOnce > 0) {
      throw new BadInput(
        `Cannot let a job need ${units} of "${name}": its limit lets ${limit.atOnce} in at once`,
      );
    }
    if (limit?.rate && units > limit.rate.count) {
      throw new BadInput(`Cannot let a job need ${units} of "${name}": its limit is ${rateText(limit.rate)}`);
    }
  }
  for (const name of await unknownNames(store, taking, now)) {
    if (!await store.get(name)) continue;
    throw new BadInput(
      `Cannot let a job need "${name}", which is a job, as it needs a limit: to run after it, use --after ${name}`,
    );
  }
  const slots = Math.max(...taking.map(({ slots }) => slots ?? 1));
  if (slots === 1) return;
  const { places } = offersOf(await store.workers(), now);
  if (places > 0 && slots > places) {
    throw new BadInput(
      `Cannot let a job take ${slots} slots: workers that run have at most ${places} together`,
    );
  }
}

/** The names that jobs take units of and that stand for nothing: no limit, and no thing of a worker. */
export async function unknownNames(
  store: Store,
  jobs: readonly Pick<NewJob, "takes">[],
  now: number,
): Promise<string[]> {
  const names = new Set(jobs.flatMap(({ takes }) => [...unitsOf(takes).keys()]));
  if (names.size === 0) return [];
  const { things } = offersOf(await store.workers(), now);
  const unknown: string[] = [];
  for (const name of names) {
    if (!things.has(name) && !await store.limit(name, now)) unknown.push(name);
  }
  return unknown;
}
