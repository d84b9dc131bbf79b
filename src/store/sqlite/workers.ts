/**
 * @module
 * Supervisors, their workers and leases, what they have been told, and what becomes of those that went away.
 */
import { Refused } from "../../errors.ts";
import type { LapsedSupervisor, NewSupervisor, Orders, Settlement, WorkerInfo } from "../store.ts";
import type { Database } from "./database.ts";
import { FigureTally } from "./figures.ts";
import { idOf, type JobRow, toJob } from "./rows.ts";
import { settle } from "./settle.ts";
import { settings } from "./settings.ts";

/** Announces a supervisor and its workers. */
export function register(db: Database, supervisor: NewSupervisor): void {
  const { id, host, bootId, pid, startedAt, leaseUntil } = supervisor;
  db.run(
    `INSERT INTO supervisors (id, host, boot_id, pid, started_at, lease_until) VALUES (?, ?, ?, ?, ?, ?)`,
    id,
    host,
    bootId,
    pid,
    startedAt,
    leaseUntil,
  );
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

/** Extends a lease that has not ended. Returns whether it had not. */
export function renew(
  db: Database,
  supervisor: string,
  { now, leaseUntil }: { now: number; leaseUntil: number },
): boolean {
  return db.run(
    "UPDATE supervisors SET lease_until = ? WHERE id = ? AND lease_until >= ?",
    leaseUntil,
    supervisor,
    now,
  ) > 0;
}

/** Removes workers that have stopped. */
export function unregister(db: Database, workers: readonly string[]): void {
  for (const id of workers) db.run("DELETE FROM workers WHERE id = ?", id);
}

const RUNS_NOTHING =
  `NOT EXISTS (SELECT 1 FROM attempts WHERE supervisor = supervisors.id AND finished_at IS NULL)`;

/** Removes a supervisor and its workers. Should it still run something, its lease ends now, so that others see to it. */
export function leave(db: Database, supervisor: string): void {
  db.run("DELETE FROM workers WHERE supervisor = ?", supervisor);
  db.run(`DELETE FROM supervisors WHERE id = ? AND ${RUNS_NOTHING}`, supervisor);
  db.run("UPDATE supervisors SET lease_until = 0 WHERE id = ?", supervisor);
}

/** What a supervisor has been told. */
export function orders(db: Database, supervisor: string): Orders {
  const stops = db.all<{ id: string; end_at: number | null }>(
    "SELECT id, end_at FROM workers WHERE supervisor = ? AND stopping = 1 ORDER BY id",
    supervisor,
  );
  const cancels = db.all<{ token: string }>(
    `SELECT a.token FROM attempts a JOIN jobs j ON j.seq = a.job
     WHERE a.supervisor = ? AND a.finished_at IS NULL AND j.cancel_requested = 1`,
    supervisor,
  );
  return {
    stops: stops.map(({ id, end_at }) => ({ worker: id, endAt: end_at })),
    cancels: cancels.map(({ token }) => token),
    settings: settings(db),
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
    running: running(db, row.supervisor, row.id),
  }));
}

function running(db: Database, supervisor: string, worker: string): string[] {
  return db.all<{ seq: number; name: string | null }>(
    `SELECT j.seq, j.name FROM attempts a JOIN jobs j ON j.seq = a.job
     WHERE a.supervisor = ? AND a.worker = ? AND a.finished_at IS NULL ORDER BY a.started_at, j.seq`,
    supervisor,
    worker,
  ).map(idOf);
}

/** Tells one worker, or all, to stop. Returns the ids of those told. */
export function requestStop(
  db: Database,
  { worker, endAt }: { worker?: string; endAt: number | null },
): string[] {
  const told = worker === undefined
    ? db.all<{ id: string }>("UPDATE workers SET stopping = 1, end_at = ? RETURNING id", endAt)
    : db.all<{ id: string }>(
      "UPDATE workers SET stopping = 1, end_at = ? WHERE id = ? RETURNING id",
      endAt,
      worker,
    );
  if (worker !== undefined && told.length === 0) {
    throw new Refused(`Cannot stop worker "${worker}": no such worker; see worker list`);
  }
  return told.map(({ id }) => id).sort();
}

/** Supervisors whose lease has ended, with what they were running. */
export function lapsed(db: Database, now: number): LapsedSupervisor[] {
  return db.all<{ id: string; host: string; boot_id: string }>(
    "SELECT id, host, boot_id FROM supervisors WHERE lease_until < ? ORDER BY lease_until, id",
    now,
  ).map(({ id, host, boot_id }) => ({ id, host, bootId: boot_id, running: runningJobs(db, id) }));
}

function runningJobs(db: Database, supervisor: string): LapsedSupervisor["running"] {
  return db.all<JobRow & { token: string }>(
    `SELECT j.*, a.token FROM attempts a JOIN jobs j ON j.seq = a.job
     WHERE a.supervisor = ? AND a.finished_at IS NULL ORDER BY a.started_at, j.seq`,
    supervisor,
  ).map((row) => ({ token: row.token, job: toJob(row) }));
}

/** Settles attempts of a lapsed supervisor in its place, and removes it once it has none left. */
export function rescue(
  db: Database,
  supervisor: string,
  { settlements, now }: { settlements: readonly Settlement[]; now: number },
): boolean {
  if (!db.get("SELECT 1 FROM supervisors WHERE id = ? AND lease_until < ?", supervisor, now)) return false;
  const figures = new FigureTally();
  settle(db, settlements, { supervisor, figures });
  figures.store(db, now);
  db.run(`DELETE FROM supervisors WHERE id = ? AND ${RUNS_NOTHING}`, supervisor);
  return true;
}
