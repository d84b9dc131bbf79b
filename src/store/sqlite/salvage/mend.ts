/**
 * @module
 * Making rows that were saved one by one into a store that holds together: nothing runs without anybody to settle it,
 * counts are counted anew, and figures are never less than what is there. To be called in a write transaction.
 */
import { type Outcome, WAITING } from "../../../domain/job.ts";
import { systemClock } from "../../../system/clock.ts";
import { FigureTally } from "../../rules/figure_tally.ts";
import { countAttempt } from "../../rules/settling.ts";
import { rebuildEmptied } from "../emptied.ts";
import type { Database } from "../engine/database.ts";
import { storeMissingTotals, storeTotals, sumUpQueues } from "../figures.ts";
import { rebuildLanes } from "../lanes.ts";
import { recountFigures } from "../upkeep.ts";
import { mayBecome, sqlList } from "../words.ts";
import { countGroupsAnew } from "../groups.ts";
import { mendNeeds } from "./mend_needs.ts";

/** Attempts that nobody would ever settle: of supervisors that were not saved, or of jobs that do not run. */
const END_ORPHANS = `
  UPDATE attempts SET finished_at = started_at, outcome = 'lost', error = 'lost: its supervisor was not salvaged'
  WHERE finished_at IS NULL AND (
    supervisor NOT IN (SELECT id FROM supervisors)
    OR NOT EXISTS (SELECT 1 FROM jobs WHERE seq = job AND state = 'processing' AND last_attempt = attempt))`;

const RUN_AGAIN = `
  UPDATE jobs SET state = 'pending', cancel_requested = 0, held = paused_at IS NOT NULL, paused_at = NULL
  WHERE state = 'processing' AND ${mayBecome("pending")}
    AND NOT EXISTS (SELECT 1 FROM attempts WHERE job = seq AND finished_at IS NULL)`;

/** Puts everything in order that other rows depend on. Returns whether the figures had to be counted anew. */
export function mend(db: Database): boolean {
  db.run(END_ORPHANS);
  db.run(RUN_AGAIN);
  db.exec(`
    DELETE FROM counts;
    INSERT INTO counts (queue, state, n, held)
      SELECT queue, state, count(*), sum(held) FROM jobs GROUP BY queue, state`);
  countGroupsAnew(db);
  mendNeeds(db, systemClock.now());
  rebuildLanes(db);
  sumUpQueues(db);
  const wrong = recountFigures(db).length > 0;
  if (wrong) countTotals(db);
  const lost = !wrong && db.get(WITHOUT_TOTALS) !== undefined && storeMissingTotals(db, countThere(db));
  rebuildEmptied(db);
  return wrong || lost;
}

/** An attempt that has ended, or a queue's jobs. */
interface AttemptRow {
  job: number;
  attempt: number;
  queue: string;
  outcome: Outcome;
  ready_at: number;
  started_at: number;
  finished_at: number;
}

/** How many attempts are read at a time. */
const BATCH = 10_000;

const ENDED = `
  SELECT a.job, a.attempt, j.queue, a.outcome, a.ready_at, a.started_at, a.finished_at
  FROM attempts a JOIN jobs j ON j.seq = a.job
  WHERE a.outcome IS NOT NULL AND (a.job, a.attempt) > (?, ?) ORDER BY a.job, a.attempt LIMIT ${BATCH}`;

/** Queues whose figures for all time were not saved, or to which jobs were only moved. */
const WITHOUT_TOTALS = "SELECT queue FROM jobs EXCEPT SELECT queue FROM figures WHERE span = 'total' LIMIT 1";

/** Counts the figures for all time. Minutes and hours stay as they were saved. */
function countTotals(db: Database): void {
  const tally = countThere(db);
  db.run("DELETE FROM figures WHERE span = 'total'");
  db.run("DELETE FROM overall_figures WHERE span = 'total'");
  storeTotals(db, tally);
}

/** What the jobs and attempts that are there come to. */
function countThere(db: Database): FigureTally {
  const tally = new FigureTally();
  for (const { queue, jobs, dead, retried } of db.all<Totals>(TOTALS)) {
    Object.assign(tally.of(queue), { enqueued: jobs, dead, retried });
  }
  let rows = db.all<AttemptRow>(ENDED, 0, 0);
  while (rows.length > 0) {
    for (const { queue, outcome, ready_at, started_at, finished_at } of rows) {
      const ended = { outcome, readyAt: ready_at, startedAt: started_at, finishedAt: finished_at };
      countAttempt(tally.of(queue), ended);
    }
    const { job, attempt } = rows.at(-1)!;
    rows = db.all<AttemptRow>(ENDED, job, attempt);
  }
  return tally;
}

interface Totals {
  queue: string;
  jobs: number;
  dead: number;
  retried: number;
}

/** Of a job that waits, every attempt that counts has failed and was to be followed by another. */
const TOTALS = `
  SELECT queue, count(*) AS jobs, sum(state = 'dead') AS dead,
    sum(CASE WHEN state IN ${sqlList(WAITING)} THEN attempts ELSE max(attempts - 1, 0) END) AS retried
  FROM jobs GROUP BY queue`;
