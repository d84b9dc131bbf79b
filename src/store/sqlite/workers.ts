/**
 * @module
 * Supervisors, their workers and leases, and what they have been told. What becomes of those that went away is in
 * `adoption.ts`.
 */
import type { NewSupervisor, Orders, StopRequest, WorkerInfo } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import { LEFT } from "../rules/leases.ts";
import { noSuchWorker, noWorkerOn } from "../rules/refusals.ts";
import type { Database } from "./engine/database.ts";
import { nextSlotAt } from "./schedules.ts";
import { settings } from "./settings.ts";

/** Announces a supervisor and its workers. */
export function register(db: Database, supervisor: NewSupervisor): void {
  const { id, host, bootId, pidNamespace, pid, startedAt, leaseUntil } = supervisor;
  db.run(
    `INSERT INTO supervisors (id, host, boot_id, pid_namespace, pid, started_at, lease_until)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    id,
    host,
    bootId,
    pidNamespace,
    pid,
    startedAt,
    leaseUntil,
  );
  for (const [name, units] of supervisor.has ?? []) {
    db.run("INSERT INTO things (name, supervisor, units) VALUES (?, ?, ?)", name, id, units);
  }
  for (const worker of supervisor.workers) {
    db.run(
      "INSERT INTO workers (id, supervisor, slots, queues, started_at) VALUES (?, ?, ?, ?, ?)",
      worker.id,
      id,
      worker.slots,
      worker.queues && JSON.stringify(worker.queues),
      startedAt,
    );
  }
}

/** Extends the lease of a supervisor. Returns whether it is there. */
export function renew(db: Database, supervisor: string, leaseUntil: number): boolean {
  return db.run("UPDATE supervisors SET lease_until = ? WHERE id = ?", leaseUntil, supervisor) > 0;
}

export function unregister(db: Database, workers: readonly string[]): void {
  for (const id of workers) db.run("DELETE FROM workers WHERE id = ?", id);
}

/** Removes a supervisor and its workers. What still runs something stays, with a lease that has ended. */
export function leave(db: Database, supervisor: string): void {
  db.run(
    `DELETE FROM workers WHERE supervisor = ?
       AND id NOT IN (SELECT worker FROM attempts WHERE supervisor = ? AND finished_at IS NULL)`,
    supervisor,
    supervisor,
  );
  db.run(
    `DELETE FROM supervisors WHERE id = ?
       AND NOT EXISTS (SELECT 1 FROM attempts WHERE supervisor = supervisors.id AND finished_at IS NULL)`,
    supervisor,
  );
  db.run("UPDATE supervisors SET lease_until = ? WHERE id = ?", LEFT, supervisor);
}

/** What a supervisor has been told. */
export function orders(db: Database, supervisor: string): Orders {
  const stops = db.all<{ id: string; end_at: number | null; leaving: number }>(
    "SELECT id, end_at, leaving FROM workers WHERE supervisor = ? AND stopping = 1 ORDER BY id",
    supervisor,
  );
  const told = db.all<{ token: string; cancel_requested: number; paused_at: number | null }>(
    `SELECT a.token, j.cancel_requested, j.paused_at FROM attempts a JOIN jobs j ON j.seq = a.job
     WHERE a.supervisor = ? AND a.finished_at IS NULL AND (j.cancel_requested = 1 OR j.paused_at IS NOT NULL)`,
    supervisor,
  );
  return {
    stops: stops.map(({ id, end_at, leaving }) => ({ worker: id, endAt: end_at, leave: leaving === 1 })),
    cancels: told.filter(({ cancel_requested }) => cancel_requested === 1).map(({ token }) => token),
    pauses: told.flatMap(({ token, paused_at }) => paused_at === null ? [] : [{ token, since: paused_at }]),
    settings: settings(db),
    nextSlotAt: nextSlotAt(db),
  };
}

interface WorkerRow {
  id: string;
  supervisor: string;
  host: string;
  pid: number;
  slots: number;
  queues: string | null;
  started_at: number;
  lease_until: number;
  stopping: number;
}

/** All workers, by supervisor and start. */
export function workers(db: Database): WorkerInfo[] {
  return db.all<WorkerRow>(
    `SELECT w.id, w.supervisor, s.host, s.pid, w.slots, w.queues, w.started_at, s.lease_until, w.stopping
     FROM workers w JOIN supervisors s ON s.id = w.supervisor
     ORDER BY s.started_at, s.id, w.started_at, w.id`,
  ).map((row) => ({
    id: row.id,
    supervisor: row.supervisor,
    host: row.host,
    pid: row.pid,
    slots: row.slots,
    queues: row.queues === null ? null : JSON.parse(row.queues),
    startedAt: row.started_at,
    leaseUntil: row.lease_until,
    stopping: row.stopping === 1,
    has: thingsOf(db, row.supervisor),
    ...running(db, row.supervisor, row.id),
  }));
}

function thingsOf(db: Database, supervisor: string): ReadonlyMap<string, number> {
  const rows = db.all<{ name: string; units: number }>(
    "SELECT name, units FROM things WHERE supervisor = ? ORDER BY name",
    supervisor,
  );
  return new Map(rows.map(({ name, units }) => [name, units]));
}

function running(
  db: Database,
  supervisor: string,
  worker: string,
): Pick<WorkerInfo, "running" | "adopted" | "paused"> {
  const jobs = db.all<
    { seq: number; name: string | null; adopted_from: string | null; paused_at: number | null }
  >(
    `SELECT j.seq, j.name, a.adopted_from, j.paused_at FROM attempts a JOIN jobs j ON j.seq = a.job
     WHERE a.supervisor = ? AND a.worker = ? AND a.finished_at IS NULL ORDER BY a.started_at, j.seq`,
    supervisor,
    worker,
  );
  return {
    running: jobs.map(idOf),
    adopted: jobs.filter(({ adopted_from }) => adopted_from !== null).map(idOf),
    paused: jobs.filter(({ paused_at }) => paused_at !== null).map(idOf),
  };
}

/** Tells one worker, those of a host, or all, to stop. Returns the ids of those told. Those that have left have nobody to tell. */
export function requestStop(db: Database, { worker, host, endAt, leave }: StopRequest): string[] {
  const told = db.all<{ id: string }>(
    `UPDATE workers SET stopping = 1, end_at = ?, leaving = ?
     WHERE id = ifnull(?, id) AND supervisor IN (
       SELECT id FROM supervisors WHERE lease_until > ${LEFT} AND host = ifnull(?, host))
     RETURNING id`,
    endAt,
    leave ? 1 : 0,
    worker ?? null,
    host ?? null,
  );
  if (worker !== undefined && told.length === 0) throw noSuchWorker(worker);
  if (host !== undefined && told.length === 0) throw noWorkerOn(host);
  return told.map(({ id }) => id).sort();
}
