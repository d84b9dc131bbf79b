/**
 * @module
 * The store in SQLite: each method of the contract is one function of this folder, run in a read or a write
 * transaction, with a ring of the doorbell after what others may wait for. All that `enqueue` does not need
 * is loaded when it is first used: loading everything would add a tenth to the time that `enqueue` takes.
 */
import { StoreFull } from "../../domain/errors.ts";
import { type Attempt, hasNeeds, isKeyed, type Job, type NewJob, type State } from "../../domain/job.ts";
import type { GroupRef } from "../../domain/needs.ts";
import { systemClock } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import type * as contract from "../contract.ts";
import type { ResolvedNeeds } from "../rules/needs.ts";
import { divide } from "../rules/new_jobs.ts";
import type { Database } from "./engine/database.ts";
import type { Doorbell } from "./engine/doorbell.ts";
import { type Besides, enqueue, Reserved, service } from "./enqueue.ts";
import { isOfValue } from "./engine/failures.ts";
import { figures } from "./figures.ts";
import { changeSettings, settings } from "./settings.ts";

/** Who hears the doorbell does not hear what it is about. */
const ALL_KINDS: readonly contract.Change[] = ["work", "orders", "results"];

/** A store in one SQLite file. */
export class SqliteStore implements contract.Store {
  readonly place = "host";
  readonly defaults: ReadonlyMap<string, string> = new Map();
  readonly #home: Home;
  readonly #db: Database;
  readonly #bell: Doorbell;
  #mendedInVain = false;

  readonly care = {
    backup: async (path: string, signal?: AbortSignal): Promise<void> => {
      const { backup } = await import("./backup.ts");
      await backup(this.#db, this.#home, { path, signal });
    },
    check: async (): Promise<string[]> => {
      const { check } = await import("./upkeep.ts");
      return await this.#db.read(check);
    },
  } satisfies contract.Care;

  /** Where an exchange has left jobs to be told: others have their turn before the next one. */
  #givingWay: (() => Promise<void> | undefined) | undefined;

  /** The store of a home, over its open database. */
  constructor(home: Home, db: Database, bell: Doorbell) {
    this.#home = home;
    this.#db = db;
    this.#bell = bell;
  }

  listen(onChange: (kinds: readonly contract.Change[]) => void): Disposable {
    return this.#bell.listen(() => onChange(ALL_KINDS));
  }

  /** Lets go of the database, once what was put off is done. */
  close(): void {
    this.#bell.close();
    this.#db.close();
  }

  // Jobs

  async enqueue(jobs: Iterable<NewJob>, options: contract.EnqueueOptions): Promise<string[]> {
    if (Array.isArray(jobs) && jobs.some(isKeyed)) {
      return (await this.enqueueUnique(jobs, options)).map(({ id }) => id);
    }
    const needs = Array.isArray(jobs) ? await needsOf(jobs) : undefined;
    const divided = divide(jobs);
    if (divided.many) return await this.#enqueueMany(divided.jobs, options, needs);
    // Else those who enqueue would use up what is kept for those who have to end something.
    const few = [...divided.jobs];
    const besides = await besidesOf(few, needs ?? await needsOf(few), options);
    const store = () =>
      this.#change((db) => enqueue(db, divided.jobs, { ...options, ...besides }), { reserve: false });
    const { ids, pending } = await store().catch(async (error) => {
      if (!(error instanceof Reserved)) throw error;
      while (await this.recover());
      return await store();
    });
    if (pending) await this.recover();
    if (besides.join) await this.#tellAll(options.now);
    return ids;
  }

  async enqueueUnique(
    jobs: readonly NewJob[],
    options: contract.EnqueueOptions,
  ): Promise<contract.Placed[]> {
    const { enqueueKeyed } = await import("./keyed.ts");
    try {
      return await this.#changes(() => enqueueKeyed(this.#db, this.#home, { jobs, options }));
    } finally {
      await this.#tellAll(options.now);
    }
  }

  async #enqueueMany(
    jobs: Iterable<NewJob>,
    options: contract.EnqueueOptions,
    needs: ResolvedNeeds | undefined,
  ): Promise<string[]> {
    const { enqueueMany } = await import("./batches.ts");
    try {
      return await this.#changes(() => enqueueMany(this.#db, this.#home, { jobs, options, needs }));
    } finally {
      if (needs) await this.#tellAll(options.now);
    }
  }

  async get(id: string): Promise<Job | undefined> {
    const { get } = await import("./jobs.ts");
    return await this.#db.read((db) => get(db, id));
  }

  async attempts(id: string): Promise<Attempt[]> {
    const { attempts } = await import("./jobs.ts");
    return await this.#db.read((db) => attempts(db, id));
  }

  async result(id: string, attempt: number): Promise<Uint8Array | undefined> {
    const { resultOf } = await import("./said.ts");
    return await this.#db.read((db) => resultOf(db, id, attempt));
  }

  async stdin(id: string): Promise<Uint8Array | undefined> {
    const { stdinOf } = await import("./inputs.ts");
    return await this.#db.read((db) => stdinOf(db, id));
  }

  async list(filter: contract.JobFilter): Promise<contract.JobPage> {
    const { list } = await import("./listing.ts");
    return await list(this.#db, filter);
  }

  async ahead(id: string, which: contract.AheadOf): Promise<number> {
    const { ahead } = await import("./jobs.ts");
    return await this.#db.read((db) => ahead(db, id, which));
  }

  async states(ids: readonly string[]): Promise<(State | undefined)[]> {
    const { states } = await import("./jobs.ts");
    return await this.#db.read((db) => states(db, ids));
  }

  async cancel(ids: readonly string[], now: number): Promise<{ cancelled: number; requested: number }> {
    const { cancel } = await import("./manage.ts");
    return await this.#changeAndTell((db) => cancel(db, ids, now), now);
  }

  async retry(ids: readonly string[], options: contract.RetryOptions): Promise<string[]> {
    const { retry } = await import("./manage.ts");
    return await this.#changeAndTell((db) => retry(db, ids, options), options.now);
  }

  async delete(ids: readonly string[], options: contract.DeleteOptions = {}): Promise<void> {
    const { remove } = await import("./manage.ts");
    return await this.#changeAndTell((db) => remove(db, ids, options), systemClock.now());
  }

  async edit(id: string, changes: contract.JobChanges, now: number): Promise<Job> {
    const { edit } = await import("./manage.ts");
    return await this.#changeAndTell((db) => edit(db, id, { changes, now }), now);
  }

  async needs(ids: readonly string[], limit: number): Promise<(contract.JobNeeds | null)[]> {
    const { needs } = await import("./looking_at_needs.ts");
    return await this.#db.read((db) => needs(db, ids, limit));
  }

  async neededBy(which: string | GroupRef, limit: number): Promise<contract.Dependents> {
    const { neededBy } = await import("./looking_at_needs.ts");
    return await this.#db.read((db) => neededBy(db, which, limit));
  }

  async hold(ids: readonly string[], held: boolean): Promise<void> {
    const { hold } = await import("./manage.ts");
    return await this.#change((db) => hold(db, ids, held));
  }

  async pause(
    ids: readonly string[],
    options: { now: number; running: boolean },
  ): Promise<contract.Paused> {
    const { pause } = await import("./pausing.ts");
    return await this.#change((db) => pause(db, ids, options));
  }

  async resume(ids: readonly string[], now: number): Promise<contract.Paused> {
    const { resume } = await import("./pausing.ts");
    return await this.#change((db) => resume(db, ids, now));
  }

  async select(which: contract.JobSelector, wish: contract.Wish): Promise<contract.Selection> {
    const { select } = await import("./selecting.ts");
    return await select(this.#db, which, wish);
  }

  async change(
    selection: contract.Selection,
    options: contract.ChangeOptions,
  ): Promise<contract.Changed> {
    const { change } = await import("./selecting.ts");
    return await this.#changes(async () => {
      try {
        return await change(this.#db, selection, options);
      } finally {
        await this.#tellAll(options.now);
      }
    });
  }

  async idsOf(seqs: readonly number[]): Promise<string[]> {
    const { idsOf } = await import("./jobs.ts");
    return await this.#db.read((db) => idsOf(db, seqs));
  }

  async suggestJobs(wanted: contract.Suggestible): Promise<contract.JobHint[]> {
    const { suggestJobs } = await import("./suggesting.ts");
    return await this.#db.read((db) => suggestJobs(db, wanted));
  }

  async labels(prefix: string, limit: number): Promise<string[]> {
    const { labels } = await import("./suggesting.ts");
    return await this.#db.read((db) => labels(db, prefix, limit));
  }

  async countLabels(labels: readonly string[], limit: number): Promise<number[]> {
    const { countLabels } = await import("./suggesting.ts");
    return await this.#db.read((db) => countLabels(db, labels, limit));
  }

  async deadGroups(page: contract.DeadPage): Promise<contract.DeadGroups> {
    const { deadGroups } = await import("./dead.ts");
    return await this.#db.read((db) => deadGroups(db, page));
  }

  // Groups

  async groups(page?: contract.GroupPage): Promise<contract.Group[]> {
    const { groups } = await import("./groups.ts");
    return await this.#db.read((db) => groups(db, page));
  }

  async openGroups(limit: number): Promise<number> {
    const { openGroups } = await import("./groups.ts");
    return await this.#db.read((db) => openGroups(db, limit));
  }

  async group(name: string): Promise<contract.Group | undefined> {
    const { group } = await import("./groups.ts");
    return await this.#db.read((db) => group(db, name));
  }

  async sealGroup(name: string, now: number): Promise<void> {
    const { sealOne } = await import("./groups.ts");
    return await this.#changeAndTell((db) => sealOne(db, name, now), now);
  }

  async deleteGroup(name: string): Promise<void> {
    const { deleteGroup } = await import("./groups.ts");
    return await this.#change((db) => deleteGroup(db, name));
  }

  // Schedules

  async schedules(page?: contract.SchedulePage): Promise<contract.Schedule[]> {
    const { schedules } = await import("./schedules.ts");
    return await this.#db.read((db) => schedules(db, page));
  }

  async schedule(name: string): Promise<contract.Schedule | undefined> {
    const { schedule } = await import("./schedules.ts");
    return await this.#db.read((db) => schedule(db, name));
  }

  async scheduleSummary(overdueBefore: number): Promise<contract.ScheduleSummary> {
    const { scheduleSummary } = await import("./schedules.ts");
    return await this.#db.read((db) => scheduleSummary(db, overdueBefore));
  }

  async changeSchedules(changes: readonly contract.ScheduleChange[], now: number): Promise<void> {
    const { changeSchedules } = await import("./schedules.ts");
    await this.#change((db) => changeSchedules(db, changes, now), { reserve: false });
  }

  async dueSchedules(now: number, limit: number): Promise<contract.DueSchedules> {
    const { dueSchedules } = await import("./schedules.ts");
    return await this.#db.read((db) => dueSchedules(db, now, limit));
  }

  async fire(
    firings: readonly contract.Firing[],
    options: contract.FireOptions,
  ): Promise<contract.Fired[]> {
    const { fire } = await import("./firing.ts");
    const fired = await this.#change((db) => fire(db, firings, options), { reserve: false });
    await this.#tellAll(options.now);
    return fired;
  }

  async scheduleRuns(
    names: readonly string[],
    page: contract.RunsPage,
  ): Promise<contract.ScheduleRun[][]> {
    const { scheduleRuns } = await import("./schedules.ts");
    return await this.#db.read((db) => scheduleRuns(db, names, page));
  }

  // Output

  async output(
    id: string,
    attempt: number,
    options?: { after?: number; limit?: number },
  ): Promise<contract.StoredOutput[]> {
    const { output } = await import("./output.ts");
    return await this.#db.read((db) => output(db, { id, attempt }, options));
  }

  // Queues and settings

  async queues(page?: contract.QueuePage): Promise<contract.QueueInfo[]> {
    const { queues } = await import("./queues.ts");
    return await this.#db.read((db) => queues(db, page));
  }

  async queue(name: string): Promise<contract.QueueInfo | undefined> {
    const { queue } = await import("./queues.ts");
    return await this.#db.read((db) => queue(db, name));
  }

  async summary(most: number): Promise<contract.QueueSummary> {
    const { summary } = await import("./queues.ts");
    return await this.#db.read((db) => summary(db, most));
  }

  async standing(
    which: { served: readonly string[] | null; limit: number },
  ): Promise<contract.QueueInfo[]> {
    const { standing } = await import("./queues.ts");
    return await this.#db.read((db) => standing(db, which));
  }

  async deleteQueue(name: string): Promise<void> {
    const { deleteQueue } = await import("./emptied.ts");
    return await this.#change((db) => deleteQueue(db, name));
  }

  async setQueue(name: string, change: Partial<contract.QueueSwitches>): Promise<void> {
    const { setQueue } = await import("./queues.ts");
    return await this.#change((db) => setQueue(db, name, change));
  }

  async limits(now: number, page?: contract.LimitPage): Promise<contract.Limit[]> {
    const { limits } = await import("./limits.ts");
    return await this.#db.read((db) => limits(db, now, page));
  }

  async limit(name: string, now: number): Promise<contract.Limit | undefined> {
    const { limit } = await import("./limits.ts");
    return await this.#db.read((db) => limit(db, name, now));
  }

  async setLimit(name: string, change: Partial<contract.LimitBounds>): Promise<void> {
    const { setLimit } = await import("./limits.ts");
    return await this.#change((db) => setLimit(db, name, change));
  }

  async removeLimit(name: string): Promise<void> {
    const { removeLimit } = await import("./limits.ts");
    return await this.#change((db) => removeLimit(db, name));
  }

  async shortages(id: string, now: number): Promise<contract.Shortage[]> {
    const { shortages } = await import("./shortages.ts");
    return await this.#db.read((db) => shortages(db, id, now));
  }

  /** Every setting that was set, by key. */
  settings(): Promise<Map<string, string>> {
    return this.#db.read(settings);
  }

  async changeSettings(changes: ReadonlyMap<string, string | null>): Promise<void> {
    await this.#change((db) => changeSettings(db, changes));
  }

  // Supervisors and workers

  async register(supervisor: contract.NewSupervisor): Promise<void> {
    const { register } = await import("./workers.ts");
    return await this.#change((db) => register(db, supervisor));
  }

  async renew(supervisor: string, leaseUntil: number): Promise<boolean> {
    const { renew } = await import("./workers.ts");
    return await this.#db.write((db) => renew(db, supervisor, leaseUntil));
  }

  async unregister(ids: readonly string[]): Promise<void> {
    const { unregister } = await import("./workers.ts");
    return await this.#change((db) => unregister(db, ids));
  }

  async leave(supervisor: string): Promise<void> {
    const { leave } = await import("./workers.ts");
    return await this.#change((db) => leave(db, supervisor));
  }

  async exchange(wanted: contract.Exchange): Promise<contract.Exchanged> {
    try {
      return await this.#exchange(wanted);
    } catch (error) {
      // to look through all jobs takes long where there are many: once in vain is enough
      if (this.#mendedInVain || !isOfValue(error)) throw error;
      const { mend } = await import("./unreadable.ts");
      this.#mendedInVain = await this.#change((db) => mend(db, wanted.now)) === 0;
      return await this.#exchange(wanted);
    }
  }

  async #exchange(wanted: contract.Exchange): Promise<contract.Exchanged> {
    const { brings, exchange, look } = await import("./exchange.ts");
    await this.#givingWay?.();
    const seen = brings(wanted) ? undefined : await this.#db.read((db) => look(db, wanted));
    if (seen) return seen;
    const { exchanged, changed, moreToTell } = await this.#settleAtLeast(wanted, exchange);
    this.#givingWay = moreToTell ? (await import("./engine/turns.ts")).givingWay(this.#db) : undefined;
    if (changed) this.#bell.ringSoon();
    return exchanged;
  }

  async waiting(filter: contract.WaitingFilter): Promise<contract.Waiting> {
    const { waiting } = await import("./waiting.ts");
    return await this.#db.read((db) => waiting(db, filter));
  }

  async orders(supervisor: string): Promise<contract.Orders> {
    const { orders } = await import("./workers.ts");
    return await this.#db.read((db) => orders(db, supervisor));
  }

  service(queue: string, beyond: number): Promise<"served" | "nobody" | "unclear"> {
    return this.#db.read((db) => service(db, queue, beyond));
  }

  async workers(): Promise<contract.WorkerInfo[]> {
    const [{ workers }, { living }] = await Promise.all([import("./workers.ts"), import("./living.ts")]);
    return await living(await this.#db.read(workers), this.#home);
  }

  async requestStop(stop: contract.StopRequest): Promise<string[]> {
    const { requestStop } = await import("./workers.ts");
    return await this.#change((db) => requestStop(db, stop));
  }

  async supervisors(): Promise<contract.SupervisorInfo[]> {
    const { supervisors } = await import("./adoption.ts");
    return await this.#db.read(supervisors);
  }

  async successors(id: string, limit: number): Promise<contract.SupervisorInfo[]> {
    const { successors } = await import("./adoption.ts");
    return await this.#db.read((db) => successors(db, id, limit));
  }

  async takeOver(from: string, by: string, lease?: number): Promise<string[] | undefined> {
    const { takeOver } = await import("./adoption.ts");
    return await this.#change((db) => takeOver(db, { from, by, lease }));
  }

  async running(supervisor: string, tokens?: readonly string[]): Promise<contract.RunningAttempt[]> {
    const { running } = await import("./adoption.ts");
    return await running(this.#db, supervisor, tokens);
  }

  async adopt(
    supervisor: string,
    adoptions: readonly { token: string; worker: string }[],
  ): Promise<void> {
    const { adopt } = await import("./adoption.ts");
    return await this.#change((db) => adopt(db, supervisor, adoptions));
  }

  async notePaused(supervisor: string, paused: readonly contract.PausedAttempt[]): Promise<void> {
    const { notePaused } = await import("./pausing.ts");
    return await this.#change((db) => notePaused(db, supervisor, paused));
  }

  async spools(): Promise<Set<string>> {
    const { spools } = await import("./adoption.ts");
    return await this.#db.read(spools);
  }

  // Figures and upkeep

  figures(range: contract.FigureRange): Promise<contract.FigureRow[]> {
    return this.#db.read((db) => figures(db, range));
  }

  async prune(kept: contract.Kept, step: contract.PruneStep): Promise<contract.Pruned> {
    const { prune } = await import("./pruning.ts");
    return await prune(this.#db, kept, step);
  }

  async recover(): Promise<boolean> {
    const { recover } = await import("./batches.ts");
    const more = await recover(this.#db, this.#home);
    if (more) this.#bell.ring();
    return more || await this.#tellSome(systemClock.now()) || await this.nameDead();
  }

  async nameDead(): Promise<boolean> {
    const { isAnyUnnamed, nameDead } = await import("./dead.ts");
    if (!await this.#db.read(isAnyUnnamed)) return false;
    return await this.#db.write((db) => nameDead(db));
  }

  async recount(): Promise<string[]> {
    const { recount } = await import("./upkeep.ts");
    return await this.#db.read(recount);
  }

  async info(): Promise<contract.StoreInfo> {
    const [{ versions }, { doubtsAbout }] = await Promise.all([
      import("./upkeep.ts"),
      import("./engine/version.ts"),
    ]);
    const found = await this.#db.read(versions);
    return {
      ...found,
      doubts: doubtsAbout(found.engine),
      size: sizeOf(this.#home.database),
      logSize: sizeOf(`${this.#home.database}-wal`),
    };
  }

  /** On a full disk, what has ended is settled with the help of the reserve; nothing is begun then. */
  async #settleAtLeast<T>(
    wanted: contract.Exchange,
    exchange: (db: Database, wanted: contract.Exchange) => T,
  ): Promise<T> {
    try {
      return await this.#db.write((db) => exchange(db, wanted), { reserve: false });
    } catch (error) {
      if (!(error instanceof StoreFull) || wanted.settlements.length === 0) throw error;
      return await this.#db.write((db) => exchange(db, { ...wanted, free: [] }));
    }
  }

  /** A write that others may wait for. */
  async #change<T>(work: (db: Database) => T, options?: { reserve: boolean }): Promise<T> {
    const result = await this.#db.write(work, options);
    this.#bell.ring();
    return result;
  }

  /** A write that may end jobs, or let them run again, which others need: these are told, whether a worker runs or not. */
  async #changeAndTell<T>(work: (db: Database) => T, now: number): Promise<T> {
    const result = await this.#change(work);
    await this.#tellAll(now);
    return result;
  }

  async #tellAll(now: number): Promise<void> {
    const { giveWay } = await import("./engine/turns.ts");
    while (await this.#tellSome(now)) await giveWay(this.#db);
  }

  /** Returns whether there is more to be told. */
  async #tellSome(now: number): Promise<boolean> {
    const { isToBeTold, workOff } = await import("./working_off.ts");
    if (!await this.#db.read(isToBeTold)) return false;
    return (await this.#change((db) => workOff(db, now))).more;
  }

  /** Several writes that others may wait for; also when they come to no good end. */
  async #changes<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#bell.ring();
    }
  }
}

/** What new jobs need; undefined, and nothing is loaded, where none needs another. */
async function needsOf(jobs: readonly NewJob[]): Promise<ResolvedNeeds | undefined> {
  return jobs.some(hasNeeds) ? (await import("./besides.ts")).needsAmong(jobs) : undefined;
}

async function besidesOf(
  jobs: readonly NewJob[],
  needs: ResolvedNeeds | undefined,
  options: contract.EnqueueOptions,
): Promise<Besides> {
  if (!needs && jobs.every(({ group }) => group === null)) return {};
  return (await import("./besides.ts")).besidesOf(jobs, needs, options);
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // there is no log before the first write
  }
}
