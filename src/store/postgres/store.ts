/**
 * @module
 * The store in PostgreSQL: each method of the contract is one function of this folder, with a ring of the bell after what
 * others may wait for.
 */
import { type Attempt, hasNeeds, isKeyed, type Job, type NewJob, type State } from "../../domain/job.ts";
import type { GroupRef } from "../../domain/needs.ts";
import { type Clock, systemClock } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import type * as contract from "../contract.ts";
import { Forgetting } from "../rules/retention.ts";
import * as adoption from "./adoption.ts";
import * as dead from "./dead.ts";
import { deleteQueue } from "./emptied.ts";
import { ALL_KINDS, Bell, type Ring } from "./engine/bell.ts";
import type { Database } from "./engine/database.ts";
import { enqueue } from "./enqueue.ts";
import { Exchanges } from "./exchange.ts";
import { attemptAt, exchangeAt, exchangedAt, freeLater, givesWork, laterBy } from "./exchanged_times.ts";
import { addUpTallies, figures } from "./figures.ts";
import { fire } from "./firing.ts";
import { forgetOld } from "./forgetting.ts";
import * as jobs from "./jobs.ts";
import * as groups from "./groups.ts";
import { damageIn } from "./integrity.ts";
import * as limits from "./limits.ts";
import { list } from "./listing.ts";
import { living } from "./living.ts";
import * as looking from "./looking_at_needs.ts";
import * as manage from "./manage.ts";
import { output } from "./output.ts";
import { prune } from "./pruning.ts";
import * as queues from "./queues.ts";
import { resultOf } from "./said.ts";
import * as schedules from "./schedules.ts";
import * as selecting from "./selecting.ts";
import { ServerTime } from "./server_time.ts";
import { changeSettings, settings } from "./settings.ts";
import { countLabels, labels, suggestJobs } from "./suggesting.ts";
import { info, recount } from "./upkeep.ts";
import { waiting } from "./waiting.ts";
import { isToBeTold, Pace, workOff } from "./working_off.ts";
import * as workers from "./workers.ts";

/** How often what was tallied is added to the figures, at most. */
const ADD_UP_MS = 1000;

/** How often one who enqueues does that. */
const ADDS_UP = 0.01;

/** A store in a schema of PostgreSQL. */
export class PostgresStore implements contract.Store {
  readonly #home: Home;
  readonly #db: Database;
  readonly #bell: Bell;
  readonly #exchanges: Exchanges;
  readonly #forgetting = new Forgetting();
  readonly #time: ServerTime;
  readonly #clock: Clock;
  readonly #pace = new Pace();
  #addedUpMs = -Infinity;

  readonly place = "server";

  /** A server that is away for most of a lease ends what runs on every host: that takes longer than a file is busy. */
  readonly defaults: ReadonlyMap<string, string> = new Map([["lease", "2m"]]);

  /** The server's own tools do the rest. */
  readonly care: contract.Care = { check: () => damageIn(this.#db) };

  /** The store of an open database; `home` is where this host's workers have their spools. */
  constructor(home: Home, db: Database, { clock = systemClock, few }: { clock?: Clock; few?: number } = {}) {
    this.#home = home;
    this.#clock = clock;
    this.#time = new ServerTime(db, clock);
    this.#db = db;
    this.#bell = new Bell(db);
    this.#exchanges = new Exchanges(db, few);
  }

  listen(
    onChange: (kinds: readonly contract.Change[]) => void,
    wanted?: readonly contract.Change[],
  ): Disposable {
    return this.#bell.listen(onChange, wanted);
  }

  /** Lets go of the server, whatever is under way. */
  close(): void {
    this.#bell.close();
    this.#db.close();
  }

  // Jobs

  async enqueue(jobs: Iterable<NewJob>, options: contract.EnqueueOptions): Promise<string[]> {
    if (Array.isArray(jobs) && jobs.some(isKeyed)) {
      return (await this.enqueueUnique(jobs, options)).map(({ id }) => id);
    }
    const timed = Array.isArray(jobs) ? jobs.some((job: NewJob) => job.runAt !== null) : true;
    const offset = timed ? await this.#time.offset() : 0;
    const joins = options.joining !== undefined ||
      Array.isArray(jobs) && jobs.some(({ group }) => group !== null);
    const ring = joins ? undefined : this.#bell.ringAfter(["work"]);
    const enqueued = offset === 0
      ? enqueue(this.#db, jobs, options, ring)
      : enqueue(this.#db, laterBy(jobs, offset), { ...options, now: options.now + offset }, ring);
    const ids = joins
      ? await this.#changeAndTell(enqueued, ["work"], options.now)
      : await this.#change(enqueued, ["work"], ring);
    // where no worker does it, those who enqueue do, one of very many
    if (Math.random() < ADDS_UP) await addUpTallies(this.#db).catch(() => {});
    return ids;
  }

  async enqueueUnique(
    jobs: readonly NewJob[],
    options: contract.EnqueueOptions,
  ): Promise<contract.Placed[]> {
    const { enqueueKeyed } = await import("./keyed.ts");
    const timed = jobs.some(({ runAt, uniqueForMs }) => runAt !== null || uniqueForMs !== null);
    const offset = timed ? await this.#time.offset() : 0;
    const later = offset === 0 ? jobs : [...laterBy(jobs, offset)];
    const enqueued = enqueueKeyed(this.#db, later, { ...options, now: options.now + offset });
    return await this.#changeAndTell(enqueued, ["work"], options.now);
  }

  get(id: string): Promise<Job | undefined> {
    return jobs.get(this.#db, id);
  }

  attempts(id: string): Promise<Attempt[]> {
    return jobs.attempts(this.#db, id);
  }

  result(id: string, attempt: number): Promise<Uint8Array | undefined> {
    return resultOf(this.#db, id, attempt);
  }

  stdin(id: string): Promise<Uint8Array | undefined> {
    return jobs.stdin(this.#db, id);
  }

  async list(filter: contract.JobFilter): Promise<contract.JobPage> {
    return await list(this.#db, filter);
  }

  ahead(id: string, which: contract.AheadOf): Promise<number> {
    return jobs.ahead(this.#db, id, which);
  }

  states(ids: readonly string[]): Promise<(State | undefined)[]> {
    return jobs.states(this.#db, ids);
  }

  cancel(ids: readonly string[], now: number): Promise<{ cancelled: number; requested: number }> {
    return this.#changeAndTell(manage.cancel(this.#db, ids, now), ["orders", "results"], now);
  }

  retry(ids: readonly string[], options: contract.RetryOptions): Promise<string[]> {
    return this.#changeAndTell(manage.retry(this.#db, ids, options), ["work"], options.now);
  }

  delete(ids: readonly string[], options: contract.DeleteOptions = {}): Promise<void> {
    return this.#changeAndTell(manage.remove(this.#db, ids, options), ["results"], systemClock.now());
  }

  async edit(id: string, changes: contract.JobChanges, now: number): Promise<Job> {
    const timed = await this.#timed({ now, changes });
    return await this.#changeAndTell(manage.edit(this.#db, id, timed), ["work"], now);
  }

  needs(ids: readonly string[], limit: number): Promise<(contract.JobNeeds | null)[]> {
    return looking.needs(this.#db, ids, limit);
  }

  neededBy(which: string | GroupRef, limit: number): Promise<contract.Dependents> {
    return looking.neededBy(this.#db, which, limit);
  }

  hold(ids: readonly string[], held: boolean): Promise<void> {
    return this.#change(manage.hold(this.#db, ids, held), ["work"]);
  }

  pause(ids: readonly string[], options: { now: number; running: boolean }): Promise<contract.Paused> {
    return this.#change(manage.pause(this.#db, ids, options), ["orders", "work"]);
  }

  resume(ids: readonly string[], now: number): Promise<contract.Paused> {
    return this.#change(manage.resume(this.#db, ids, now), ["orders", "work"]);
  }

  select(which: contract.JobSelector, wish: contract.Wish): Promise<contract.Selection> {
    return selecting.select(this.#db, which, wish);
  }

  async change(selection: contract.Selection, options: contract.ChangeOptions): Promise<contract.Changed> {
    const { changes, ...others } = options;
    const timed = changes ? await this.#timed({ ...others, changes }) : others;
    return await this.#changeAndTell(selecting.change(this.#db, selection, timed), ALL_KINDS, options.now);
  }

  idsOf(seqs: readonly number[]): Promise<string[]> {
    return jobs.idsOf(this.#db, seqs);
  }

  suggestJobs(wanted: contract.Suggestible): Promise<contract.JobHint[]> {
    return suggestJobs(this.#db, wanted);
  }

  labels(prefix: string, limit: number): Promise<string[]> {
    return labels(this.#db, prefix, limit);
  }

  countLabels(labels: readonly string[], limit: number): Promise<number[]> {
    return countLabels(this.#db, labels, limit);
  }

  deadGroups(page: contract.DeadPage): Promise<contract.DeadGroups> {
    return dead.deadGroups(this.#db, page);
  }

  // Groups

  async groups(page?: contract.GroupPage): Promise<contract.Group[]> {
    return await this.#ours(await groups.groups(this.#db, page));
  }

  async openGroups(limit: number): Promise<number> {
    return await groups.openGroups(this.#db, limit);
  }

  async group(name: string): Promise<contract.Group | undefined> {
    const group = await groups.group(this.#db, name);
    return group && (await this.#ours([group]))[0];
  }

  async sealGroup(name: string, now: number): Promise<void> {
    const theirs = now + await this.#time.offset();
    await this.#changeAndTell(groups.seal(this.#db, name, theirs), ["results", "work"], now);
  }

  deleteGroup(name: string): Promise<void> {
    return this.#change(groups.deleteGroup(this.#db, name), ["results"]);
  }

  /** By the clock of this machine. */
  async #ours(all: readonly contract.Group[]): Promise<contract.Group[]> {
    const offset = all.length === 0 ? 0 : await this.#time.offset();
    return all.map(({ createdAt, endedAt, ...group }) => ({
      ...group,
      createdAt: createdAt - offset,
      endedAt: endedAt === null ? null : endedAt - offset,
    }));
  }

  // Schedules

  schedules(page?: contract.SchedulePage): Promise<contract.Schedule[]> {
    return schedules.schedules(this.#db, page);
  }

  schedule(name: string): Promise<contract.Schedule | undefined> {
    return schedules.schedule(this.#db, name);
  }

  async scheduleSummary(overdueBefore: number): Promise<contract.ScheduleSummary> {
    const offset = await this.#time.offset();
    const { nextAt, ...counts } = await schedules.scheduleSummary(this.#db, overdueBefore + offset);
    return { ...counts, nextAt: nextAt === null ? null : nextAt - offset };
  }

  changeSchedules(changes: readonly contract.ScheduleChange[], now: number): Promise<void> {
    return this.#change(schedules.changeSchedules(this.#db, changes, now), ["orders", "results"]);
  }

  async dueSchedules(now: number, limit: number): Promise<contract.DueSchedules> {
    const theirs = await this.#time.theirs(now);
    return { now: theirs, schedules: await schedules.dueSchedules(this.#db, theirs, limit) };
  }

  async fire(
    firings: readonly contract.Firing[],
    options: contract.FireOptions,
  ): Promise<contract.Fired[]> {
    const theirs = { ...options, now: await this.#time.theirs(options.now) };
    return await this.#changeAndTell(
      fire(this.#db, firings, theirs),
      ["work", "orders", "results"],
      options.now,
    );
  }

  scheduleRuns(names: readonly string[], page: contract.RunsPage): Promise<contract.ScheduleRun[][]> {
    return schedules.scheduleRuns(this.#db, names, page);
  }

  // Output

  output(
    id: string,
    attempt: number,
    options?: { after?: number; limit?: number },
  ): Promise<contract.StoredOutput[]> {
    return output(this.#db, { id, attempt }, options);
  }

  // Queues and settings

  queues(page?: contract.QueuePage): Promise<contract.QueueInfo[]> {
    return queues.queues(this.#db, page);
  }

  queue(name: string): Promise<contract.QueueInfo | undefined> {
    return queues.queue(this.#db, name);
  }

  summary(most: number): Promise<contract.QueueSummary> {
    return queues.summary(this.#db, most);
  }

  standing(which: { served: readonly string[] | null; limit: number }): Promise<contract.QueueInfo[]> {
    return queues.standing(this.#db, which);
  }

  deleteQueue(name: string): Promise<void> {
    return this.#change(deleteQueue(this.#db, name), ["results"]);
  }

  async limits(now: number, page?: contract.LimitPage): Promise<contract.Limit[]> {
    const offset = await this.#time.offset();
    return (await limits.limits(this.#db, now + offset, page)).map((one) => freeLater(one, -offset));
  }

  async limit(name: string, now: number): Promise<contract.Limit | undefined> {
    const offset = await this.#time.offset();
    const limit = await limits.limit(this.#db, name, now + offset);
    return limit && freeLater(limit, -offset);
  }

  setLimit(name: string, change: Partial<contract.LimitBounds>): Promise<void> {
    return this.#change(limits.setLimit(this.#db, name, change), ["work"]);
  }

  removeLimit(name: string): Promise<void> {
    return this.#change(limits.removeLimit(this.#db, name), ["work"]);
  }

  async shortages(id: string, now: number): Promise<contract.Shortage[]> {
    const { shortages } = await import("./shortages.ts");
    const offset = await this.#time.offset();
    return (await shortages(this.#db, id, now + offset)).map((one) => freeLater(one, -offset));
  }

  setQueue(name: string, change: Partial<contract.QueueSwitches>): Promise<void> {
    return this.#change(queues.setQueue(this.#db, name, change), ["work"]);
  }

  /** Every setting that was set, by key. */
  settings(): Promise<Map<string, string>> {
    return settings(this.#db);
  }

  changeSettings(changes: ReadonlyMap<string, string | null>): Promise<void> {
    return this.#change(changeSettings(this.#db, changes), ["orders"]);
  }

  // Supervisors and workers

  async register(supervisor: contract.NewSupervisor): Promise<void> {
    const leaseUntil = await this.#time.theirs(supervisor.leaseUntil);
    const startedAt = await this.#time.theirs(supervisor.startedAt);
    await this.#change(workers.register(this.#db, { ...supervisor, startedAt, leaseUntil }), ["results"]);
    this.#exchanges.begin(supervisor.id);
  }

  async renew(supervisor: string, leaseUntil: number): Promise<boolean> {
    const start = this.#clock.monotonicMs();
    const now = await workers.renew(this.#db, supervisor, this.#time.theirs(leaseUntil));
    if (now !== undefined) this.#time.learn(now, this.#clock.monotonicMs() - start);
    return now !== undefined;
  }

  unregister(ids: readonly string[]): Promise<void> {
    return this.#change(workers.unregister(this.#db, ids), ["results"]);
  }

  async leave(supervisor: string): Promise<void> {
    await this.#change(workers.leave(this.#db, supervisor), ["results"]);
    this.#exchanges.forget(supervisor);
  }

  async exchange(wanted: contract.Exchange): Promise<contract.Exchanged> {
    const offset = await this.#time.offset();
    const theirs = exchangeAt(wanted, offset);
    const { exchanged, changed, toBeTold, makesRoom } = await this.#exchanges.exchange(theirs);
    const tells = toBeTold && await this.#tellSome(theirs.now);
    await this.#nameDead(wanted.settlements.filter(({ state }) => state === "dead").length);
    if (changed || tells) {
      this.#bell.ringSoon(givesWork(wanted) || tells || makesRoom ? ["results", "work"] : ["results"]);
      await this.#tidy(theirs.now);
    }
    const answer = exchangedAt(exchanged, -offset);
    return tells ? { ...answer, nextDueAt: wanted.now, waiting: true } : answer;
  }

  waiting(filter: contract.WaitingFilter): Promise<contract.Waiting> {
    return waiting(this.#db, filter);
  }

  async orders(supervisor: string): Promise<contract.Orders> {
    const { stops, nextSlotAt: slotAt, ...others } = await workers.orders(this.#db, supervisor);
    const timed = slotAt !== null || stops.some(({ endAt }) => endAt !== null);
    const offset = timed ? await this.#time.offset() : 0;
    const nextSlotAt = slotAt === null ? null : slotAt - offset;
    const ours = stops.map(({ endAt, ...stop }) => ({
      ...stop,
      endAt: endAt === null ? null : endAt - offset,
    }));
    return { stops: ours, nextSlotAt, ...others };
  }

  async service(queue: string, beyond: number): Promise<"served" | "nobody" | "unclear"> {
    return await workers.service(this.#db, queue, await this.#time.theirs(beyond));
  }

  async workers(): Promise<contract.WorkerInfo[]> {
    const all = await this.#time.ours(await workers.workers(this.#db));
    const offset = await this.#time.offset();
    return await living(
      all.map(({ startedAt, ...worker }) => ({ ...worker, startedAt: startedAt - offset })),
      this.#home,
    );
  }

  async requestStop(stop: contract.StopRequest): Promise<string[]> {
    const endAt = stop.endAt === null ? null : await this.#time.theirs(stop.endAt);
    return await this.#change(workers.requestStop(this.#db, { ...stop, endAt }), ["orders"]);
  }

  supervisors(): Promise<contract.SupervisorInfo[]> {
    return adoption.supervisors(this.#db);
  }

  successors(id: string, limit: number): Promise<contract.SupervisorInfo[]> {
    return adoption.successors(this.#db, id, limit);
  }

  takeOver(from: string, by: string, lease?: number): Promise<string[] | undefined> {
    return this.#change(adoption.takeOver(this.#db, { from, by, lease }), ["results"]);
  }

  async running(supervisor: string, tokens?: readonly string[]): Promise<contract.RunningAttempt[]> {
    const running = await adoption.running(this.#db, supervisor, tokens);
    const offset = running.length === 0 ? 0 : await this.#time.offset();
    return running.map((attempt) => attemptAt(attempt, -offset));
  }

  adopt(supervisor: string, adoptions: readonly { token: string; worker: string }[]): Promise<void> {
    return this.#change(adoption.adopt(this.#db, supervisor, adoptions), ["results"]);
  }

  notePaused(supervisor: string, paused: readonly contract.PausedAttempt[]): Promise<void> {
    return this.#change(adoption.notePaused(this.#db, supervisor, paused), ["results"]);
  }

  spools(): Promise<Set<string>> {
    return adoption.spools(this.#db);
  }

  // Figures and upkeep

  figures(range: contract.FigureRange): Promise<contract.FigureRow[]> {
    return figures(this.#db, range);
  }

  prune(kept: contract.Kept, step: contract.PruneStep): Promise<contract.Pruned> {
    return prune(this.#db, kept, step);
  }

  /** A transaction of a process that died is undone by the server; what is left is what others are to be told of. */
  async recover(): Promise<boolean> {
    if (!await isToBeTold(this.#db)) return await this.nameDead();
    return await this.#tellSome(systemClock.now() + await this.#time.offset());
  }

  async nameDead(): Promise<boolean> {
    return await dead.isAnyUnnamed(this.#db) && await dead.nameDead(this.#db);
  }

  recount(): Promise<string[]> {
    return recount(this.#db);
  }

  info(): Promise<contract.StoreInfo> {
    return info(this.#db);
  }

  /** After an exchange: adds up what was tallied, and forgets what is old. The exchange has happened whatever comes of it. */
  async #tidy(now: number): Promise<void> {
    try {
      if (this.#forgetting.isDue(now)) {
        this.#forgetting.looked(now, await forgetOld(this.#db, now));
      } else if (systemClock.monotonicMs() - this.#addedUpMs > ADD_UP_MS) {
        this.#addedUpMs = systemClock.monotonicMs();
        await addUpTallies(this.#db);
      }
    } catch {
      // the next exchange tries again
    }
  }

  /** A change that may end jobs, or let them run again, which others need: these are told, whether a worker runs or not. */
  async #changeAndTell<T>(change: Promise<T>, kinds: readonly contract.Change[], now: number): Promise<T> {
    let rung = kinds;
    try {
      return await change;
    } finally {
      if (await isToBeTold(this.#db)) {
        rung = ALL_KINDS;
        const theirs = now + await this.#time.offset();
        let more = true;
        while (more) ({ more } = await workOff(this.#db, { now: theirs, wait: true, pace: this.#pace }));
      }
      await this.#bell.ring(rung);
    }
  }

  /** After an exchange, which has happened whatever comes of it. */
  async #nameDead(count: number): Promise<void> {
    try {
      if (count > 0) await dead.nameDead(this.#db, count);
    } catch {
      // maintenance tries again
    }
  }

  /** After an exchange, which has happened whatever comes of it. Returns whether to come again at once. */
  async #tellSome(now: number): Promise<boolean> {
    try {
      const { told, more } = await workOff(this.#db, { now, wait: false, pace: this.#pace });
      return told > 0 || more;
    } catch {
      return true;
    }
  }

  /** A change that others may wait for; also when it comes to no good end, since it may have been done in part. */
  async #change<T>(change: Promise<T>, kinds: readonly contract.Change[], ring?: Ring): Promise<T> {
    try {
      return await change;
    } finally {
      if (!ring?.rung) await this.#bell.ring(kinds);
    }
  }

  /** A change by the server's clock, where it sets a time. */
  async #timed(
    { now, changes }: { now: number; changes: contract.JobChanges },
  ): Promise<{ now: number; changes: contract.JobChanges }> {
    const { runAt } = changes;
    if (!runAt && !hasNeeds(changes)) return { now, changes };
    const offset = await this.#time.offset();
    return { now: now + offset, changes: runAt ? { ...changes, runAt: runAt + offset } : changes };
  }
}
