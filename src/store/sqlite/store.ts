/**
 * @module
 * The store in SQLite: each method of the contract is one function of this folder, run in a read or a write
 * transaction, with a ring of the doorbell after what others may wait for.
 */
import type { Home } from "../../home.ts";
import type { Attempt, Job, NewJob, State } from "../../job.ts";
import { WAITING } from "../../job.ts";
import type * as contract from "../store.ts";
import { backup } from "./backup.ts";
import type { Database } from "./database.ts";
import type { Doorbell } from "./doorbell.ts";
import { enqueue } from "./enqueue.ts";
import { exchange, look } from "./exchange.ts";
import { figures } from "./figures.ts";
import { ahead, attempts, get, states } from "./jobs.ts";
import { list } from "./listing.ts";
import { cancel, edit, hold, remove, removeAll, retry, retryDead } from "./manage.ts";
import { output } from "./output.ts";
import { queues, setQueue } from "./queues.ts";
import { changeSettings, settings } from "./settings.ts";
import { check, prune, recount, versions } from "./upkeep.ts";
import * as workers from "./workers.ts";

/** A store in one SQLite file. */
export class SqliteStore implements contract.Store {
  readonly #home: Home;
  readonly #db: Database;
  readonly #bell: Doorbell;

  /** The store of a home, over its open database. */
  constructor(home: Home, db: Database, bell: Doorbell) {
    this.#home = home;
    this.#db = db;
    this.#bell = bell;
  }

  listen(onChange: () => void): Disposable {
    return this.#bell.listen(onChange);
  }

  close(): void {
    this.#bell.close();
    this.#db.close();
  }

  // Jobs

  enqueue(jobs: Iterable<NewJob>, options: contract.EnqueueOptions): Promise<string[]> {
    return this.#change((db) => enqueue(db, jobs, options));
  }

  get(id: string): Promise<Job | undefined> {
    return this.#db.read((db) => get(db, id));
  }

  attempts(id: string): Promise<Attempt[]> {
    return this.#db.read((db) => attempts(db, id));
  }

  list(filter: contract.JobFilter): Promise<contract.JobPage> {
    return this.#db.read((db) => list(db, filter));
  }

  ahead(id: string, limit: number): Promise<number> {
    return this.#db.read((db) => ahead(db, id, limit));
  }

  states(ids: readonly string[]): Promise<(State | undefined)[]> {
    return this.#db.read((db) => states(db, ids));
  }

  cancel(ids: readonly string[], now: number): Promise<{ cancelled: number; requested: number }> {
    return this.#change((db) => cancel(db, ids, now));
  }

  retry(ids: readonly string[], options: { now: number; only?: State }): Promise<void> {
    return this.#change((db) => retry(db, ids, options));
  }

  retryDead(now: number): Promise<number> {
    return this.#change((db) => retryDead(db, now));
  }

  delete(ids: readonly string[], { only }: { only?: State } = {}): Promise<void> {
    return this.#change((db) => remove(db, ids, only));
  }

  deleteDead(): Promise<number> {
    return this.#change((db) => removeAll(db, ["dead"]));
  }

  edit(id: string, changes: contract.JobChanges, now: number): Promise<Job> {
    return this.#change((db) => edit(db, id, { changes, now }));
  }

  hold(ids: readonly string[], held: boolean): Promise<void> {
    return this.#change((db) => hold(db, ids, held));
  }

  // Output

  output(
    id: string,
    attempt: number,
    options?: { after?: number; limit?: number },
  ): Promise<contract.StoredOutput[]> {
    return this.#db.read((db) => output(db, { id, attempt }, options));
  }

  // Queues and settings

  queues(): Promise<contract.QueueInfo[]> {
    return this.#db.read(queues);
  }

  setQueue(name: string, change: { paused?: boolean; concurrency?: number | null }): Promise<void> {
    return this.#change((db) => setQueue(db, name, change));
  }

  clear(queue?: string): Promise<number> {
    return this.#change((db) => removeAll(db, WAITING, queue));
  }

  settings(): Promise<Map<string, string>> {
    return this.#db.read(settings);
  }

  changeSettings(changes: ReadonlyMap<string, string | null>): Promise<void> {
    return this.#change((db) => changeSettings(db, changes));
  }

  // Supervisors and workers

  register(supervisor: contract.NewSupervisor): Promise<void> {
    return this.#change((db) => workers.register(db, supervisor));
  }

  renew(supervisor: string, lease: { now: number; leaseUntil: number }): Promise<boolean> {
    return this.#db.write((db) => workers.renew(db, supervisor, lease));
  }

  unregister(ids: readonly string[]): Promise<void> {
    return this.#change((db) => workers.unregister(db, ids));
  }

  leave(supervisor: string): Promise<void> {
    return this.#change((db) => workers.leave(db, supervisor));
  }

  async exchange(wanted: contract.Exchange): Promise<contract.Exchanged> {
    const seen = await this.#db.read((db) => look(db, wanted));
    if (seen) return seen;
    const { exchanged, changed } = await this.#db.write((db) => exchange(db, wanted));
    if (changed) this.#bell.ringSoon();
    return exchanged;
  }

  orders(supervisor: string): Promise<contract.Orders> {
    return this.#db.read((db) => workers.orders(db, supervisor));
  }

  workers(): Promise<contract.WorkerInfo[]> {
    return this.#db.read(workers.workers);
  }

  requestStop(stop: { worker?: string; now: number; endAt: number | null }): Promise<string[]> {
    return this.#change((db) => workers.requestStop(db, stop));
  }

  lapsed(now: number): Promise<contract.LapsedSupervisor[]> {
    return this.#db.read((db) => workers.lapsed(db, now));
  }

  rescue(supervisor: string, settlements: readonly contract.Settlement[], now: number): Promise<boolean> {
    return this.#change((db) => workers.rescue(db, supervisor, { settlements, now }));
  }

  // Figures and upkeep

  figures(range: contract.FigureRange): Promise<contract.FigureRow[]> {
    return this.#db.read((db) => figures(db, range));
  }

  prune(before: number, limit: number): Promise<number> {
    return this.#db.write((db) => prune(db, before, limit));
  }

  backup(path: string): Promise<void> {
    return backup(this.#db, this.#home, path);
  }

  check(): Promise<string[]> {
    return this.#db.read(check);
  }

  recount(): Promise<string[]> {
    return this.#db.read(recount);
  }

  async info(): Promise<contract.StoreInfo> {
    return {
      ...await this.#db.read(versions),
      size: sizeOf(this.#home.database),
      logSize: sizeOf(`${this.#home.database}-wal`),
    };
  }

  /** A write that others may wait for. */
  async #change<T>(work: (db: Database) => T): Promise<T> {
    const result = await this.#db.write(work);
    this.#bell.ring();
    return result;
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0; // there is no log before the first write
  }
}
