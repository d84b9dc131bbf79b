/**
 * @module
 * What every store decides alike of what jobs are to need: what new ones refer to, in which order they come, and what becomes
 * of them. What becomes of those that are told of others later is in `dependents.ts`. Pure.
 */
import { BadInput, BadNeed, NeedsCycle, NoSuch } from "../../domain/errors.ts";
import type { Job, NewJob, State } from "../../domain/job.ts";
import { endOf } from "../../domain/ends.ts";
import {
  type Decision,
  decisionOf,
  NEED_KEYS,
  needsSaid,
  type NewNeed,
  type SaidNeeds,
  type SkipReason,
  type Tally,
  tallyOf,
  type Wanting,
} from "../../domain/needs.ts";
import { stateByNeeds } from "./dependents.ts";

/** What one job may need: its needs are stored, and decided anew, in one transaction. */
const MOST_NEEDS = 10_000;

/**
 * A need of a new job: of one that is stored, by its id, of one that is enqueued with it, by its position there, or of a
 * group, by its name.
 */
export type ResolvedNeed = { wanting: Wanting } & ({ id: string } | { index: number } | { group: string });

/** What new jobs need, by their positions; those that need nothing are left out. */
export type ResolvedNeeds = ReadonlyMap<number, readonly ResolvedNeed[]>;

/** What is enqueued together, as its needs ask for it. */
export interface Together {
  /** The ids, null where a job brings none. */
  ids: readonly (string | null)[];
  /** The positions of those who join a group, by its name. */
  members: ReadonlyMap<string, readonly number[]>;
}

/** What is enqueued together. */
export function together(jobs: readonly Pick<NewJob, "id" | "group">[]): Together {
  const members = new Map<string, number[]>();
  for (const [index, { group }] of jobs.entries()) {
    if (group !== null) (members.get(group) ?? setDefault(members, group)).push(index);
  }
  return { ids: jobs.map(({ id }) => id), members };
}

/**
 * What new jobs need.
 *
 * @param needing those that need others, by their positions
 * @throws {BadNeed} when one needs itself, or the same one twice
 * @throws {NeedsCycle} when some need each other
 */
export function resolveNeeds(needing: ReadonlyMap<number, NewJob>, all: Together): ResolvedNeeds {
  const indexes = new Map(all.ids.flatMap((id, index) => id === null ? [] : [[id, index]]));
  const resolved = new Map<number, ResolvedNeed[]>();
  for (const [index, job] of needing) {
    const seen = new Set<string | number>();
    const said = needsSaid(job);
    if (said.length > MOST_NEEDS) throw new BadNeed(tooManyNeeds(said), index);
    const needs = said.map(({ on, wanting }): ResolvedNeed => {
      if (typeof on === "object" && on.group === job.group) {
        throw new BadNeed(`Cannot make a job of group "${on.group}" wait for that group`, index);
      }
      const there = typeof on === "string" ? indexes.get(on) : typeof on === "number" ? on : undefined;
      if (there === index) throw new BadNeed("Cannot make a job wait for itself", index);
      const key = typeof on === "object" ? groupKey(on.group) : there ?? on;
      if (seen.has(key)) {
        const name = typeof on === "object" ? `group "${on.group}"` : `"${on}"`;
        throw new BadNeed(`Cannot make a job wait for ${name} twice`, index);
      }
      seen.add(key);
      if (typeof on === "object") return { group: on.group, wanting };
      return there === undefined ? { id: on as string, wanting } : { index: there, wanting };
    });
    resolved.set(index, needs);
  }
  inOrder(resolved, all);
  return resolved;
}

/** Where a group stands among the jobs that are found: no id has a space. */
export function groupKey(name: string): string {
  return `group ${name}`;
}

/** The group of such a key; undefined of a job's id. */
export function groupIn(key: string): string | undefined {
  return key.startsWith(groupKey("")) ? key.slice(groupKey("").length) : undefined;
}

const ALONE: Together = { ids: [], members: new Map() };

/**
 * The positions of jobs that need others, each after those of them that it needs itself. A group that some join and others
 * need stands for those who join it.
 * @throws {NeedsCycle} when some need each other: there is no such order
 */
export function inOrder(all: ResolvedNeeds, { ids, members }: Together = ALONE): number[] {
  const needed = new Map<number, number[]>();
  const dependents = new Map<number, number[]>();
  const placeOf = new Map([...members.keys()].map((name, n) => [name, -n - 1]));
  const add = (place: number, own: number[]) => {
    needed.set(place, own);
    for (const on of own) (dependents.get(on) ?? setDefault(dependents, on)).push(place);
  };
  for (const [name, positions] of members) {
    add(placeOf.get(name)!, positions.filter((index) => all.has(index)));
  }
  for (const [index, needs] of all) {
    add(
      index,
      needs.flatMap((need) => {
        if ("group" in need) return placeOf.get(need.group) ?? [];
        return "index" in need && all.has(need.index) ? need.index : [];
      }),
    );
  }
  const open = new Map(Array.from(needed, ([place, own]) => [place, own.length]));
  const order = [...open].filter(([, n]) => n === 0).map(([place]) => place);
  for (const place of order) { // which grows meanwhile
    for (const dependent of dependents.get(place) ?? []) {
      const left = open.get(dependent)! - 1;
      open.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  }
  if (order.length < needed.size) throw cycleAmong(needed, open, ids);
  return order.filter((place) => place >= 0);
}

function setDefault<K>(lists: Map<K, number[]>, key: K): number[] {
  const list: number[] = [];
  lists.set(key, list);
  return list;
}

/** What is left when all are taken away that need none of those that are left: each of them needs another one. */
function cycleAmong(
  needed: ReadonlyMap<number, readonly number[]>,
  open: ReadonlyMap<number, number>,
  ids: readonly (string | null)[],
): NeedsCycle {
  const isLeft = (index: number) => open.get(index)! > 0;
  const way = new Set<number>();
  let at = [...open.keys()].find(isLeft)!;
  for (; !way.has(at); at = needed.get(at)!.find(isLeft)!) way.add(at);
  const all = [...way];
  const members = all.slice(all.indexOf(at)).filter((place) => place >= 0);
  return new NeedsCycle(members, members.map((index) => ids[index] ?? `#${index + 1}`));
}

/** What refers to no group. */
export function noSuchGroupNeed(name: string, index: number): BadNeed {
  return new BadNeed(`Cannot make a job wait for group "${name}": no such group`, index);
}

/** What refers to nothing. */
export function noSuchNeed(id: string, index: number): BadNeed {
  return new BadNeed(`Cannot make a job wait for "${id}": no such job`, index);
}

/** A job that is needed, as it is when that is asked for; or a group, as `groups.ts` makes it look like one. */
export interface Needed extends Pick<Job, "state" | "skippedFor"> {
  seq: number;
  name: string | null;
}

/** A need as it is to be stored. */
export interface FoundNeed {
  needs: number;
  name: string | null;
  wanting: Wanting;
  decided: Decision | null;
}

/** A need of what was found, decided if that has ended. */
export function needOn({ seq, name, ...job }: Needed, wanting: Wanting): FoundNeed {
  const end = endOf(job);
  return { needs: seq, name, wanting, decided: end ? decisionOf(end, wanting) : null };
}

/** What becomes of a new job that needs others. */
export interface Planned {
  /** What it needs; of what is enqueued with it, the position instead of the number. */
  needs: {
    on: { index: number } | { needs: number; name: string | null };
    wanting: Wanting;
    decided: Decision | null;
  }[];
  tally: Tally;
  state: State;
  skippedFor: SkipReason | null;
}

/**
 * What becomes of new jobs, by their positions, each after those that it needs itself.
 *
 * @param needs as `resolveNeeds` gives them
 * @param found the jobs that are there already, by the ids by which they are needed, and groups by their keys
 * @throws {BadNeed} for an id that is no job's, or the name of no group
 */
export function planNeeds(
  needs: ResolvedNeeds,
  { jobs, found, now }: {
    jobs: ReadonlyMap<number, NewJob>;
    found: ReadonlyMap<string, Needed>;
    now: number;
  },
): Map<number, Planned> {
  const planned = new Map<number, Planned>();
  for (const index of inOrder(needs)) {
    const own = needs.get(index)!.map((one): Planned["needs"][number] => {
      if ("index" in one) {
        const other = planned.get(one.index);
        const end = other && endOf(other);
        const decided = end ? decisionOf(end, one.wanting) : null;
        return { on: { index: one.index }, wanting: one.wanting, decided };
      }
      const other = found.get("group" in one ? groupKey(one.group) : one.id);
      if (!other) throw "group" in one ? noSuchGroupNeed(one.group, index) : noSuchNeed(one.id, index);
      const { wanting, decided, ...on } = needOn(other, one.wanting);
      return { on, wanting, decided };
    });
    const { any = false, runAt } = jobs.get(index)!;
    const tally = tallyOf(own.map(({ decided }) => decided), any);
    planned.set(index, { needs: own, tally, ...stateByNeeds(tally, { runAt, now }) });
  }
  return planned;
}

/** The needs of a planned job, once it is known which numbers those got that are enqueued with it. */
export function foundNeeds(
  { needs }: Planned,
  { seqs, names }: { seqs: readonly number[]; names: readonly (string | null)[] },
): FoundNeed[] {
  return needs.map(({ on, wanting, decided }) => ({
    ...("index" in on ? { needs: seqs[on.index]!, name: names[on.index]! } : on),
    wanting,
    decided,
  }));
}

/** The ids of stored jobs that new ones need, each once. */
export function idsNeeded(needs: ResolvedNeeds): string[] {
  return [...new Set([...needs.values()].flat().flatMap((one) => "id" in one ? [one.id] : []))];
}

/** The names of the groups that new jobs need, each once, in order. */
export function groupsNeeded(needs: ResolvedNeeds): string[] {
  const names = [...needs.values()].flat().flatMap((one) => "group" in one ? [one.group] : []);
  return [...new Set(names)].sort();
}

/** The keys of stored jobs and groups among some needs. */
export function keysOf(needs: readonly ResolvedNeed[]): string[] {
  return needs.flatMap((one) => "id" in one ? [one.id] : "group" in one ? [groupKey(one.group)] : []);
}

/** What a new job needs waits for the group that it is to join. */
export function waitsForItsGroup(on: string, { group, index }: { group: string; index: number }): BadNeed {
  const what = groupIn(on) === undefined ? `"${on}"` : on;
  return new BadNeed(
    `Cannot make a job of group "${group}" wait for ${what}: that waits for the group`,
    index,
  );
}

/**
 * What a job is to need by a change, if it can.
 *
 * @param found what that is; undefined when it is not there
 * @param reaches whether that waits for the job, itself or over others
 * @throws {NoSuch | BadInput} when it cannot
 */
export function checkNewNeed(
  found: Needed | undefined,
  { id, seq, on, reaches }: {
    id: string;
    seq: number;
    on: NewNeed["on"];
    reaches: (other: number) => boolean;
  },
): Needed {
  const [kind, what] = typeof on === "object" ? ["group", `group "${on.group}"`] : ["job", `"${on}"`];
  if (!found) throw new NoSuch(`Cannot make job "${id}" wait for ${what}: no such ${kind}`);
  if (found.seq === seq) throw new BadInput(`Cannot make job "${id}" wait for itself`);
  if (reaches(found.seq)) throw new BadInput(`Cannot make job "${id}" wait for ${what}: that waits for it`);
  return found;
}

/** The positions of new jobs that others need which are enqueued with them, each once. */
export function neededAmong(needs: ResolvedNeeds): number[] {
  return [...new Set([...needs.values()].flat().flatMap((one) => "index" in one ? [one.index] : []))];
}

function tooManyNeeds(said: readonly NewNeed[]): string {
  return `Cannot make a job wait for ${said.length} others: at most ${MOST_NEEDS}`;
}

/** The needs that a change sets; undefined when it leaves them alone. */
export function changedNeeds(said: SaidNeeds): { needs: NewNeed[]; any: boolean } | undefined {
  if (NEED_KEYS.every((key) => said[key] === undefined)) return undefined;
  const needs = needsSaid(said);
  if (needs.length > MOST_NEEDS) throw new BadInput(tooManyNeeds(needs));
  return { needs, any: said.any ?? false };
}
