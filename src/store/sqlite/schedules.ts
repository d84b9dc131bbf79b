/**
 * @module
 * Schedules, as people make and look at them. What happens when one is due is in `firing.ts`.
 */
import type {
  DueSchedules,
  RunsPage,
  Schedule,
  ScheduleChange,
  SchedulePage,
  ScheduleRun,
  ScheduleSummary,
} from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import { scheduleChanged, type ScheduleRow, toSchedule, WRITTEN, writtenOf } from "../rules/schedules.ts";
import type { Database, Value } from "./engine/database.ts";

export function schedules(db: Database, page?: SchedulePage): Schedule[] {
  return db.all<ScheduleRow>(
    "SELECT * FROM schedules WHERE name > ? ORDER BY name LIMIT ?",
    page?.after ?? "",
    page?.limit ?? -1,
  ).map(toSchedule);
}

const FIND = "SELECT * FROM schedules WHERE name = ?";

export function schedule(db: Database, name: string): Schedule | undefined {
  const row = db.get<ScheduleRow>(FIND, name);
  return row && toSchedule(row);
}

export function scheduleSummary(db: Database, overdueBefore: number): ScheduleSummary {
  return db.get<ScheduleSummary>(SUMMARY, overdueBefore)!;
}

// from two indexes: the schedules themselves may be many and long
const SUMMARY = `
  SELECT (SELECT count(*) FROM schedules WHERE next_at IS NOT NULL)
      + (SELECT count(*) FROM schedules WHERE next_at IS NULL) AS total,
    (SELECT count(*) FROM schedules WHERE next_at IS NULL AND paused = 1) AS paused,
    (SELECT min(next_at) FROM schedules WHERE next_at IS NOT NULL) AS nextAt,
    (SELECT count(*) FROM schedules WHERE next_at IS NOT NULL AND next_at < ?) AS overdue`;

const MAKE = `
  INSERT INTO schedules (name, created_at, revision, runs, ${WRITTEN.join(", ")})
  VALUES (?, ?, 1, 0, ${WRITTEN.map(() => "?").join(", ")}) ON CONFLICT DO NOTHING`;
const CHANGE = `
  UPDATE schedules SET revision = revision + 1, ${WRITTEN.map((column) => `${column} = ?`).join(", ")}
  WHERE name = ? AND revision = ?`;
const REMOVE = "DELETE FROM schedules WHERE name = ? AND revision = ?";

/** Makes, changes and removes schedules. To be called in a write transaction. */
export function changeSchedules(db: Database, changes: readonly ScheduleChange[], now: number): void {
  for (const change of changes) {
    const { name, revision, schedule } = change;
    let done: number;
    // also what is there of one that was lost
    if (schedule === null || revision === null) db.run("DELETE FROM schedule_runs WHERE schedule = ?", name);
    if (schedule === null) done = db.run(REMOVE, name, revision);
    else {
      const values = writtenOf(schedule).map((value): Value =>
        typeof value === "boolean" ? Number(value) : value
      );
      done = revision === null
        ? db.run(MAKE, name, now, ...values)
        : db.run(CHANGE, ...values, name, revision);
    }
    if (done === 0) throw scheduleChanged(change);
  }
}

/** When the next slot of a schedule is due. */
export function nextSlotAt(db: Database): number | null {
  return db.get<{ at: number | null }>(
    "SELECT min(next_at) AS at FROM schedules WHERE next_at IS NOT NULL",
  )!.at;
}

const DUE = `
  SELECT * FROM schedules INDEXED BY schedules_due
  WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at LIMIT ?`;

export function dueSchedules(db: Database, now: number, limit: number): DueSchedules {
  return { now, schedules: db.all<ScheduleRow>(DUE, now, limit).map(toSchedule) };
}

/** A row of `RUNS`. */
interface RunsRow {
  nth: number;
  kind: ScheduleRun["kind"];
  slot: number;
  until: number;
  n: number | null;
  at: number;
  seq: number | null;
  name: string | null;
  state: NonNullable<ScheduleRun["job"]>["state"];
  started_at: number | null;
  finished_at: number | null;
  exit_code: number | null;
  signal: string | null;
  error: string | null;
}

const RUNS = `
  SELECT r.nth, r.kind, r.slot, r.until, r.n, r.at, j.seq, j.name, j.state, j.started_at, j.finished_at, j.exit_code,
    j.signal, j.error
  FROM schedule_runs r LEFT JOIN jobs j ON j.seq = r.job
  WHERE r.schedule = ? AND r.nth < ? ORDER BY r.nth DESC LIMIT ?`;

export function scheduleRuns(
  db: Database,
  names: readonly string[],
  { before = Number.MAX_SAFE_INTEGER, limit }: RunsPage,
): ScheduleRun[][] {
  return names.map((name) =>
    db.all<RunsRow>(RUNS, name, before, limit).map((row) => ({
      nth: row.nth,
      kind: row.kind,
      slot: row.slot,
      until: row.until,
      count: row.n,
      at: row.at,
      job: row.seq === null ? null : {
        id: idOf({ seq: row.seq, name: row.name }),
        state: row.state,
        startedAt: row.started_at,
        finishedAt: row.finished_at,
        exitCode: row.exit_code,
        signal: row.signal,
        error: row.error,
      },
    }))
  );
}
