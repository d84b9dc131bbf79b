/**
 * @module
 * Schedules, as people make and look at them. What happens when one is due is in `firing.ts`.
 */
import type {
  RunsPage,
  Schedule,
  ScheduleChange,
  SchedulePage,
  ScheduleRun,
  ScheduleSummary,
} from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import { scheduleChanged, type ScheduleRow, toSchedule, WRITTEN, writtenOf } from "../rules/schedules.ts";
import type { Database } from "./engine/database.ts";
import { STATE } from "./rows.ts";

export async function schedules(db: Database, page?: SchedulePage): Promise<Schedule[]> {
  const rows = await db.read<ScheduleRow>(
    "SELECT * FROM queuectl.schedules WHERE name > $1 ORDER BY name LIMIT $2::bigint",
    page?.after ?? "",
    page?.limit ?? null,
  );
  return rows.map(toSchedule);
}

export async function schedule(db: Database, name: string): Promise<Schedule | undefined> {
  const row = await db.get<ScheduleRow>("SELECT * FROM queuectl.schedules WHERE name = $1", name);
  return row && toSchedule(row);
}

// from two indexes: the schedules themselves may be many and long
const SUMMARY = `
  SELECT (SELECT count(*) FROM queuectl.schedules WHERE next_at IS NOT NULL)
      + (SELECT count(*) FROM queuectl.schedules WHERE next_at IS NULL) AS total,
    (SELECT count(*) FROM queuectl.schedules WHERE next_at IS NULL AND paused) AS paused,
    (SELECT min(next_at) FROM queuectl.schedules WHERE next_at IS NOT NULL) AS next_at,
    (SELECT count(*) FROM queuectl.schedules WHERE next_at IS NOT NULL AND next_at < $1) AS overdue`;

export async function scheduleSummary(db: Database, overdueBefore: number): Promise<ScheduleSummary> {
  const row = await db.get<Omit<ScheduleSummary, "nextAt"> & { next_at: number | null }>(
    SUMMARY,
    overdueBefore,
  );
  const { next_at, ...counts } = row!;
  return { ...counts, nextAt: next_at };
}

const MAKE = `
  INSERT INTO queuectl.schedules (name, created_at, revision, runs, ${WRITTEN.join(", ")})
  VALUES ($1, $2, 1, 0, ${
  WRITTEN.map((_, at) => `$${at + 3}`).join(", ")
}) ON CONFLICT DO NOTHING RETURNING name`;
const CHANGE = `
  UPDATE queuectl.schedules SET revision = revision + 1, ${
  WRITTEN.map((column, at) => `${column} = $${at + 3}`).join(", ")
}
  WHERE name = $1 AND revision = $2 RETURNING name`;
const REMOVE = "DELETE FROM queuectl.schedules WHERE name = $1 AND revision = $2 RETURNING name";
const FORGET = "DELETE FROM queuectl.schedule_runs WHERE schedule = $1";

/** Makes, changes and removes schedules, in the order of their names, so that no two wait for each other. */
export async function changeSchedules(
  db: Database,
  changes: readonly ScheduleChange[],
  now: number,
): Promise<void> {
  const inOrder = changes.toSorted((a, b) => a.name < b.name ? -1 : 1);
  await db.transaction(async (tx) => {
    const results = await tx.several(inOrder.map(({ name, revision, schedule }) => {
      if (schedule === null) return { sql: REMOVE, values: [name, revision] };
      const values = writtenOf(schedule);
      return revision === null
        ? { sql: MAKE, values: [name, now, ...values] }
        : { sql: CHANGE, values: [name, revision, ...values] };
    }));
    const refused = inOrder.find((_, at) => results[at]!.rows.length === 0);
    if (refused) throw scheduleChanged(refused);
    const gone = inOrder.filter(({ schedule, revision }) => schedule === null || revision === null);
    await tx.commit(gone.map(({ name }) => ({ sql: FORGET, values: [name] })));
  });
}

/** When the next slot of a schedule is due, in SQL. */
export const NEXT_SLOT_AT = "SELECT min(next_at) FROM queuectl.schedules WHERE next_at IS NOT NULL";

const DUE = `
  SELECT * FROM queuectl.schedules WHERE next_at IS NOT NULL AND next_at <= $1 ORDER BY next_at LIMIT $2`;

export async function dueSchedules(db: Database, now: number, limit: number): Promise<Schedule[]> {
  return (await db.read<ScheduleRow>(DUE, now, limit)).map(toSchedule);
}

/** A row of `RUNS`. */
interface RunsRow {
  schedule: string;
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
  SELECT of.schedule, s.nth, s.kind, s.slot, s.until, s.n, s.at, j.seq, j.name, ${STATE} AS state,
    coalesce(r.started_at, j.started_at) AS started_at,
    CASE WHEN r.job IS NULL THEN j.finished_at END AS finished_at, CASE WHEN r.job IS NULL THEN j.exit_code END AS exit_code,
    CASE WHEN r.job IS NULL THEN j.signal END AS signal, CASE WHEN r.job IS NULL THEN j.error END AS error
  FROM unnest($1::text[]) AS of (schedule)
  CROSS JOIN LATERAL (
    SELECT * FROM queuectl.schedule_runs h WHERE h.schedule = of.schedule AND ($2::bigint IS NULL OR h.nth < $2::bigint)
    ORDER BY h.nth DESC LIMIT $3::bigint) s
  LEFT JOIN queuectl.jobs j ON j.seq = s.job LEFT JOIN queuectl.running r ON r.job = j.seq
  ORDER BY s.nth DESC`;

export async function scheduleRuns(
  db: Database,
  names: readonly string[],
  { before, limit }: RunsPage,
): Promise<ScheduleRun[][]> {
  if (names.length === 0) return [];
  const rows = Map.groupBy(
    await db.read<RunsRow>(RUNS, names, before ?? null, limit),
    ({ schedule }) => schedule,
  );
  return names.map((name) => (rows.get(name) ?? []).map(toRun));
}

function toRun(row: RunsRow): ScheduleRun {
  return {
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
  };
}
