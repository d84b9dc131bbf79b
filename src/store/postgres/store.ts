/**
 * @module
 * The store in PostgreSQL: each method of the contract is one function of this folder, with a ring of the bell after what
 * others may wait for.
 */
import type { Attempt, Job, NewJob, State } from "../../domain/job.ts";
import { type Clock, systemClock } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import type * as contract from "../contract.ts";
import { Forgetting } from "../rules/retention.ts";
import * as adoption from "./adoption.ts";
import { deleteQueue } from "./emptied.ts";
import { Bell } from "./engine/bell.ts";
import type { Database } from "./engine/database.ts";
import { enqueue } from "./enqueue.ts";
import { Exchanges } from "./exchange.ts";
import { addUpTallies, figures } from "./figures.ts";
import { forgetOld } from "./forgetting.ts";
import * as jobs from "./jobs.ts";
import { list } from "./listing.ts";
import { living } from "./living.ts";
import * as manage from "./manage.ts";
import { output } from "./output.ts";
import { prune } from "./pruning.ts";
import * as queues from "./queues.ts";
import * as selecting from "./selecting.ts";
import { ServerTime } from "./server_time.ts";
import { changeSettings, settings } from "./settings.ts";
import { labels, suggestJobs } from "./suggesting.ts";
import { info, recount } from "./upkeep.ts";
import { waiting } from "./waiting.ts";
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
  #addedUpMs = -Infinity;

  /** The server's own tools do the rest. */
  readonly care: contract.Care = {};

  /** The store of an open database; `home` is where this host's workers have their spools. */
  constructor(home: Home, db: Database, { clock = systemClock, few }: { clock?: Clock; few?: number } = {}) {
    this.#home = home;
    this.#time = new ServerTime(db, clock);
    this.#db = db;
    this.#bell = new Bell(db);
    this.#exchanges = new Exchanges(db, few);
  }

  listen(onChange: () => void): Disposable {
    return this.#bell.listen(onChange);
  }

  /** Lets go of the server, whatever is under way. */
  close(): void {
    this.#bell.close();
    this.#db.close();
  }

  // Jobs

  async enqueue(jobs: Iterable<NewJob>, options: contract.EnqueueOptions): Promise<string[]> {
    const ids = await this.#change(enqueue(this.#db, jobs, options));
    // where no worker does it, those who enqueue do, one of very many
    if (Math.random() < ADDS_UP) await addUpTallies(this.#db).catch(() => {});
    return ids;
  }

  get(id: string): Promise<Job | undefined> {
    return jobs.get(this.#db, id);
  }

  attempts(id: string): Promise<Attempt[]> {
    return jobs.attempts(this.#db, id);
  }

  stdin(id: string): Promise<Uint8Array | undefined> {
    return jobs.stdin(this.#db, id);
  }

  async list(filter: contract.JobFilter): Promise<contract.JobPage> {
    return await list(this.#db, filter);
  }

  ahead(id: string, limit: number): Promise<number> {
    return jobs.ahead(this.#db, id, limit);
  }

  states(ids: readonly string[]): Promise<(State | undefined)[]> {
    return jobs.states(this.#db, ids);
  }

  cancel(ids: readonly string[], now: number): Promise<{ cancelled: number; requested: number }> {
    return this.#change(manage.cancel(this.#db, ids, now));
  }

  retry(ids: readonly string[], options: { now: number; only?: State }): Promise<string[]> {
    return this.#change(manage.retry(this.#db, ids, options));
  }

  delete(ids: readonly string[], { only }: { only?: State } = {}): Promise<void> {
    return this.#change(manage.remove(this.#db, ids, only));
  }

  edit(id: string, changes: contract.JobChanges, now: number): Promise<Job> {
    return this.#change(manage.edit(this.#db, id, { changes, now }));
  }

  hold(ids: readonly string[], held: boolean): Promise<void> {
    return this.#change(manage.hold(this.#db, ids, held));
  }

  pause(ids: readonly string[], options: { now: number; running: boolean }): Promise<contract.Paused> {
    return this.#change(manage.pause(this.#db, ids, options));
  }

  resume(ids: readonly string[], now: number): Promise<contract.Paused> {
    return this.#change(manage.resume(this.#db, ids, now));
  }

  select(which: contract.JobSelector, wish: contract.Wish): Promise<contract.Selection> {
    return selecting.select(this.#db, which, wish);
  }

  change(selection: contract.Selection, options: contract.ChangeOptions): Promise<contract.Changed> {
    return this.#change(selecting.change(this.#db, selection, options));
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

  deleteQueue(name: string): Promise<void> {
    return this.#change(deleteQueue(this.#db, name));
  }

  setQueue(name: string, change: Partial<contract.QueueSwitches>): Promise<void> {
    return this.#change(queues.setQueue(this.#db, name, change));
  }

  /** Every setting that was set, by key. */
  settings(): Promise<Map<string, string>> {
    return settings(this.#db);
  }

  changeSettings(changes: ReadonlyMap<string, string | null>): Promise<void> {
    return this.#change(changeSettings(this.#db, changes));
  }

  // Supervisors and workers

  async register(supervisor: contract.NewSupervisor): Promise<void> {
    const leaseUntil = await this.#time.theirs(supervisor.leaseUntil);
    await this.#change(workers.register(this.#db, { ...supervisor, leaseUntil }));
    this.#exchanges.begin(supervisor.id);
  }

  renew(supervisor: string, leaseUntil: number): Promise<boolean> {
    return workers.renew(this.#db, supervisor, this.#time.theirs(leaseUntil));
  }

  unregister(ids: readonly string[]): Promise<void> {
    return this.#change(workers.unregister(this.#db, ids));
  }

  async leave(supervisor: string): Promise<void> {
    await this.#change(workers.leave(this.#db, supervisor));
    this.#exchanges.forget(supervisor);
  }

  async exchange(wanted: contract.Exchange): Promise<contract.Exchanged> {
    const { exchanged, changed } = await this.#exchanges.exchange(wanted);
    if (changed) {
      this.#bell.ringSoon();
      await this.#tidy(wanted.now);
    }
    return exchanged;
  }

  waiting(filter: contract.WaitingFilter): Promise<contract.Waiting> {
    return waiting(this.#db, filter);
  }

  orders(supervisor: string): Promise<contract.Orders> {
    return workers.orders(this.#db, supervisor);
  }

  async service(queue: string, beyond: number): Promise<"served" | "nobody" | "unclear"> {
    return await workers.service(this.#db, queue, await this.#time.theirs(beyond));
  }

  async workers(): Promise<contract.WorkerInfo[]> {
    return await living(await this.#time.ours(await workers.workers(this.#db)), this.#home);
  }

  requestStop(stop: contract.StopRequest): Promise<string[]> {
    return this.#change(workers.requestStop(this.#db, stop));
  }

  async supervisors(): Promise<contract.SupervisorInfo[]> {
    return await this.#time.ours(await adoption.supervisors(this.#db));
  }

  async successors(id: string, limit: number): Promise<contract.SupervisorInfo[]> {
    return await this.#time.ours(await adoption.successors(this.#db, id, limit));
  }

  takeOver(from: string, by: string): Promise<string[] | undefined> {
    return this.#change(adoption.takeOver(this.#db, from, by));
  }

  running(supervisor: string, tokens?: readonly string[]): Promise<contract.RunningAttempt[]> {
    return adoption.running(this.#db, supervisor, tokens);
  }

  adopt(supervisor: string, adoptions: readonly { token: string; worker: string }[]): Promise<void> {
    return this.#change(adoption.adopt(this.#db, supervisor, adoptions));
  }

  notePaused(supervisor: string, paused: readonly contract.PausedAttempt[]): Promise<void> {
    return this.#change(adoption.notePaused(this.#db, supervisor, paused));
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

  /** A transaction of a process that died is undone by the server: nothing is ever left half done. */
  recover(): Promise<boolean> {
    return Promise.resolve(false);
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

  /** A change that others may wait for; also when it comes to no good end, since it may have been done in part. */
  async #change<T>(change: Promise<T>): Promise<T> {
    try {
      return await change;
    } finally {
      await this.#bell.ring();
    }
  }
}
