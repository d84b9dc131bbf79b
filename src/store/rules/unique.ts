/**
 * @module
 * What every store decides alike of jobs with a key: who has it, and what becomes of new jobs whose key another one has.
 * Pure. Invariant: whether a job has its key follows from the job as it stands, so there is nothing that could be left
 * behind when it ends, is removed or put back; only that another one has had the key since is noted with it, for good.
 */
import { BadNeed, KeyHeld, NeedsCycle, Refused, TakenId } from "../../domain/errors.ts";
import { ENDED, hasNeeds, type NewJob, type State } from "../../domain/job.ts";
import type { NeedRef } from "../../domain/needs.ts";
import type { JobChanges, Placed } from "../contract.ts";
import { idOf } from "./jobs.ts";
import { changedNeeds } from "./needs.ts";

/** A stored job that may have its key: no other has had it since. */
export interface Keyed {
  seq: number;
  name: string | null;
  state: State;
  /** It has been tried since it last started afresh. */
  started: boolean;
  lastAttempt: number;
  createdAt: number;
  held: boolean;
  uniqueUntil: string | null;
  uniqueForMs: number | null;
}

/** Whether it has its key. */
export function hasKey(job: Omit<Keyed, "seq" | "name" | "held" | "started">, now: number): boolean {
  if (job.state === "cancelled" || job.state === "skipped") return false;
  if (keptUntil(job) > now) return true;
  return !ENDED.includes(job.state) && !(job.uniqueUntil === "start" && job.lastAttempt > 0);
}

/** Until when it keeps its key in any case, in ms since the epoch. */
function keptUntil({ createdAt, uniqueForMs }: Pick<Keyed, "createdAt" | "uniqueForMs">): number {
  return uniqueForMs === null ? 0 : createdAt + uniqueForMs;
}

/** Whether a new job can take its place: it waits, and has not been tried. */
export function isReplaceable({ state, started }: Pick<Keyed, "state" | "started">): boolean {
  return !started && (state === "blocked" || state === "pending" || state === "scheduled");
}

/** What becomes of new jobs of which some have keys. */
export interface UniquePlan {
  /** Those that are stored, in order. */
  jobs: NewJob[];
  /** Where each of those stood among all. */
  origins: number[];
  /** Stored jobs that are replaced, as they are from now on. */
  replaced: { seq: number; job: NewJob }[];
  /** Stored jobs whose keys others have from now on. */
  lost: number[];
  /** What came of all of them, from the ids of those that are stored. */
  placed(ids: readonly string[]): Placed[];
}

/** One of the new ones, by its place among all, or a stored one. */
type Holder = { index: number } & Pick<Keyed, "createdAt" | "uniqueForMs"> | Keyed;

interface Standing {
  holder?: Holder;
  /** It waits for the holder's end; all that come later are one with it. */
  next?: Holder;
  /** Those that have had it. */
  former: readonly number[];
}

type Place = { made: "new" } | { made: "follows" | "kept" | "replaced"; holder: Holder };

/**
 * Decides what becomes of new jobs, in their order: each as if those before it were stored already.
 * @param found for each of their keys, the jobs that may have it, by their numbers
 * @throws {KeyHeld} where one shall not be enqueued when another has its key
 */
export function planUnique(
  given: readonly NewJob[],
  { found, now }: { found: ReadonlyMap<string, readonly Keyed[]>; now: number },
): UniquePlan {
  const jobs = [...given];
  const standings = new Map<string, Standing>();
  const replaced = new Map<number, NewJob>();
  const lost: number[] = [];
  const lookUp = (key: string): Standing => {
    const all = found.get(key) ?? [];
    const [holder, next] = all.filter((job) => hasKey(job, now));
    const former = all.filter((job) => job !== holder && job !== next).map(({ seq }) => seq);
    return { ...holder && { holder }, ...next && { next }, former };
  };
  const take = (standing: Standing, part: "holder" | "next", own: Holder) => {
    standing[part] = own;
    lost.push(...standing.former);
    standing.former = [];
  };
  const replace = (old: Holder, job: NewJob) => {
    if (!("index" in old)) {
      replaced.set(old.seq, { ...job, held: job.held || old.held });
      return;
    }
    const { id, group, afterEnded } = jobs[old.index]!;
    // it goes on waiting for what it waited for
    jobs[old.index] = { ...job, id, group, ...afterEnded && { afterEnded } };
  };
  const places = given.map((job, index): Place => {
    if (job.uniqueKey === null) return { made: "new" };
    let standing = standings.get(job.uniqueKey);
    if (!standing) standings.set(job.uniqueKey, standing = lookUp(job.uniqueKey));
    const { holder, next } = standing;
    const own = { index, createdAt: now, uniqueForMs: job.uniqueForMs };
    if (!holder) {
      take(standing, "holder", own);
      jobs[index] = { ...job, runAt: atMostLate(job, now) };
      return { made: "new" };
    }
    switch (job.onConflict ?? "skip") {
      case "skip":
        return { made: "kept", holder };
      case "error":
        throw new KeyHeld(keyIsHeld("enqueue", { key: job.uniqueKey, by: sayHolder(holder, given) }), index);
    }
    if (job.onConflict === "replace") {
      const waiting = next ?? ("index" in holder || isReplaceable(holder) ? holder : undefined);
      if (waiting && ("index" in waiting || isReplaceable(waiting))) {
        const runAt = atMostLate(job, waiting.createdAt);
        replace(waiting, waiting === next ? notBefore({ ...job, runAt }, holder) : { ...job, runAt });
        return { made: "replaced", holder: waiting };
      }
    }
    if (next) return { made: "kept", holder: next };
    take(standing, "next", own);
    jobs[index] = following({ ...job, runAt: atMostLate(job, now) }, holder);
    return { made: "follows", holder };
  });
  return { ...stored(jobs, places), replaced: listed(replaced), lost };
}

function listed(replaced: ReadonlyMap<number, NewJob>): UniquePlan["replaced"] {
  return Array.from(replaced, ([seq, job]) => ({ seq, job }));
}

/** When a job may start that takes the place of others, the first of which came at a time. */
function atMostLate({ runAt, atMostLateMs = null }: NewJob, first: number): number | null {
  return runAt === null || atMostLateMs === null ? runAt : Math.min(runAt, first + atMostLateMs);
}

/** The job, to come after another one that has its key, and not before that gives it up. */
function following(job: NewJob, holder: Holder): NewJob {
  const later = notBefore(job, holder);
  if (!("index" in holder) && ENDED.includes(holder.state)) return later;
  const on = "index" in holder ? holder.index : idOf(holder);
  const isNeeded = [job.after, job.afterFailed, job.afterEnded].some((refs) => refs?.includes(on));
  return isNeeded ? later : { ...later, afterEnded: [...job.afterEnded ?? [], on] };
}

function notBefore(job: NewJob, holder: Holder): NewJob {
  const until = keptUntil(holder);
  return until > (job.runAt ?? 0) ? { ...job, runAt: until } : job;
}

/** Those that are stored; what others need of those that are not, they need of those in whose place they are. */
function stored(
  all: readonly NewJob[],
  places: readonly Place[],
): Pick<UniquePlan, "jobs" | "origins" | "placed"> {
  const origins = places.flatMap(({ made }, index) => made === "new" || made === "follows" ? [index] : []);
  const at = new Map(origins.map((index, n) => [index, n]));
  const byId = new Map(
    places.flatMap((_, index) => {
      const { id } = all[index]!;
      return at.has(index) || id === null ? [] : [[id, index]];
    }),
  );
  const refOf = (ref: NeedRef): NeedRef => {
    const index = typeof ref === "number" ? ref : byId.get(ref);
    if (index === undefined) return ref;
    const n = at.get(index);
    if (n !== undefined) return n;
    const place = places[index]!;
    if (place.made === "new") return ref;
    return "index" in place.holder ? at.get(place.holder.index)! : idOf(place.holder);
  };
  const jobs = origins.map((index) => {
    const job = all[index]!;
    if (!hasNeeds(job) || origins.length === all.length) return job;
    const mapped = { ...job };
    for (const key of ["after", "afterFailed", "afterEnded"] as const) {
      const refs = job[key];
      if (refs) mapped[key] = [...new Set(refs.map(refOf))];
    }
    return mapped;
  });
  const placed = (ids: readonly string[]): Placed[] => {
    const idOfHolder = (holder: Holder) => "index" in holder ? ids[at.get(holder.index)!]! : idOf(holder);
    return places.map((place, index): Placed => {
      if (place.made === "new") return { id: ids[at.get(index)!]!, made: "new" };
      const other = idOfHolder(place.holder);
      if (place.made === "follows") return { id: ids[at.get(index)!]!, made: "follows", after: other };
      return { id: other, made: place.made };
    });
  };
  return { jobs, origins, placed };
}

function sayHolder(holder: Holder, given: readonly NewJob[]): string {
  if (!("index" in holder)) return `job "${idOf(holder)}"`;
  const id = given[holder.index]!.id;
  return id === null ? `a job before it` : `job "${id}"`;
}

/** What is wrong with one of the stored jobs, said of where it stood among all. */
function givenError({ origins }: UniquePlan, error: unknown): unknown {
  if (error instanceof TakenId || error instanceof BadNeed) {
    return Object.assign(error, { index: origins[error.index]! });
  }
  if (!(error instanceof NeedsCycle)) return error;
  return new NeedsCycle(error.members.map((member) => origins[member]!), error.names);
}

/** Does something with the stored jobs; what is wrong with one is said of where it stood among all. */
export function asGiven<T>(plan: UniquePlan, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw givenError(plan, error);
  }
}

/** The same of what takes a while. */
export async function asGivenLater<T>(plan: UniquePlan, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw givenError(plan, error);
  }
}

/** What is said where another job has a key. */
export function keyIsHeld(what: string, { key, by }: { key: string; by: string }): string {
  return `Cannot ${what} with the key ${JSON.stringify(key)}: ${by} has it`;
}

/** A job takes the id of another one only once that has ended. */
export function endedNotYet(id: string, state: State, index: number): TakenId {
  return new TakenId(`Cannot enqueue job "${id}" in place of the one with that id: that is ${state}`, index);
}

/** A job cannot have its key back, or another one, as long as another job has that. */
export function otherHasKey(
  verb: "retry" | "edit",
  { id, key, by }: { id: string; key: string; by: string },
): Refused {
  const rest = `job "${by}" has its key ${JSON.stringify(key)}`;
  return new Refused(
    verb === "retry"
      ? `Cannot retry job "${id}": ${rest}`
      : `Cannot edit job "${id}": job "${by}" has the key ${JSON.stringify(key)}`,
  );
}

/** The job that has a key, but for one; undefined when none has. */
export function otherHolder(
  found: readonly Keyed[],
  { seq, now }: { seq: number; now: number },
): Keyed | undefined {
  return found.find((job) => job.seq !== seq && hasKey(job, now));
}

/** The job that one with a key has to come after, since that has the key still; undefined where there is none. */
export function comesAfter(
  found: readonly Keyed[],
  { seq, now }: { seq: number; now: number },
): Keyed | undefined {
  const [holder, ...next] = found.filter((job) => hasKey(job, now));
  if (!holder || ENDED.includes(holder.state)) return undefined;
  return next.some((job) => job.seq === seq) ? holder : undefined;
}

/** Those that may have the key of one, and do not have it now: they lose it when that one goes on with it. */
export function withoutKey(
  found: readonly Keyed[],
  { seq, now }: { seq: number; now: number },
): number[] {
  return found.filter((job) => job.seq !== seq && !hasKey(job, now)).map((job) => job.seq);
}

/** Whether a change lets a job with a key start that keeps its key: then whom that has to come after matters. */
export function mayLetStart({ uniqueKey, ...changes }: JobChanges): boolean {
  return uniqueKey === undefined && changedNeeds(changes) !== undefined;
}

/** @throws {Refused} when a job would not wait any more for the one that it has to come after */
export function checkComesAfter(id: string, holder: Keyed | undefined, changes: JobChanges): void {
  if (!holder) return;
  const { needs, any } = changedNeeds(changes)!;
  const waits = needs.some(({ on }) => on === idOf(holder)) && (!any || needs.length === 1);
  if (!waits) {
    throw new Refused(`Cannot edit job "${id}": it comes after job "${idOf(holder)}", which has its key`);
  }
}

/** Whether a change gives a job a key. */
export function givesKey({ uniqueKey }: JobChanges): boolean {
  return uniqueKey !== undefined && uniqueKey !== null;
}

/** New jobs whose keys are made of what they are. */
export async function withKeys(jobs: readonly NewJob[]): Promise<NewJob[]> {
  return await Promise.all(
    jobs.map(async (job) => job.unique ? { ...job, uniqueKey: await keyOf(job) } : job),
  );
}

/** The same for the same command in the same queue and directory, and no other. */
async function keyOf({ command, queue, cwd }: NewJob): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify([command, queue, cwd]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return `unique:${Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** What is kept of a request, so that asked again it gets the same answer: no id begins with =. */
export function remembered(placed: readonly Placed[]): string[] {
  return placed.map(({ id, made }) => made === "kept" || made === "replaced" ? `=${id}` : id);
}

/** What a request gave that is asked again. */
export function placedBefore(ids: readonly string[]): Placed[] {
  return ids.map((id) => id.startsWith("=") ? { id: id.slice(1), made: "kept" } : { id, made: "new" });
}
