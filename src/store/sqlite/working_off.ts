/**
 * @module
 * Telling jobs how those ended that they need, or that those run again: in steps, so that nobody waits for long, however
 * many they are. What is to be told stands in `ended`, which the schema's triggers fill; so whoever dies, others go on.
 */
import { ENDED, type State } from "../../domain/job.ts";
import { endOf } from "../../domain/ends.ts";
import type { Decision, SkipReason, Wanting } from "../../domain/needs.ts";
import { GROUP_STATE } from "../rules/groups.ts";
import { MOST_EDGES, tell } from "../rules/dependents.ts";
import type { Database } from "./engine/database.ts";
import { turn } from "./engine/turns.ts";
import { isAnyStopping, stopSome } from "./groups.ts";
import { otherWithKey } from "./keys.ts";
import { DEPENDENT, type DependentRow, keepDependent, runAgain, toDependent, unbind } from "./needs.ts";
import { GIVEN } from "./words.ts";

/** What came of a step. */
export interface WorkedOff {
  /** Jobs that were told something. */
  told: number;
  /** There is more to do. */
  more: boolean;
}

const ANY = "SELECT 1 FROM ended LIMIT 1";

/** Whether anybody is to be told anything, or the rest of a group is to be called off. */
export function isToBeTold(db: Database): boolean {
  return db.get(ANY) !== undefined || isAnyStopping(db);
}

interface EndedRow {
  turn: number;
  job: number;
  again: number;
  after: number;
  /** Null when the job is gone; then the next two say how it had ended. Of a group its number, negative. */
  seq: number | null;
  state: State;
  skipped_for: SkipReason | null;
}

const FIRST = `
  SELECT e.turn, e.job, e.again, e.after, j.seq, coalesce(j.state, ${GROUP_STATE}, e.state, 'cancelled') AS state,
    CASE WHEN j.seq IS NULL THEN e.skipped_for ELSE j.skipped_for END AS skipped_for
  FROM ended e LEFT JOIN jobs j ON j.seq = e.job LEFT JOIN groups g ON g.id = -e.job ORDER BY e.turn LIMIT 1`;

interface EdgeRow extends DependentRow {
  wanting: Wanting;
  decided: Decision | null;
}

const EDGES = `
  SELECT n.wanting, n.decided, ${DEPENDENT}
  FROM needs n JOIN needy y ON y.job = n.job JOIN jobs j ON j.seq = n.job
  WHERE n.needs = ? AND n.job > ? ORDER BY n.job LIMIT ${GIVEN}`;
const DECIDE = "UPDATE needs SET decided = ? WHERE job = ? AND needs = ?";

/** How long a step takes besides its flush, however slow the machine is: others wait for it. */
const TELL_MS = 25;
/** So many are told in any case: what few jobs are to be told is told at once. */
const TELL_LEAST = 40;
/** Edges that are read in one go. */
const SOME = 200;

/** Tells some of the jobs. To be called in a write transaction. */
export function workOff(db: Database, now: number): WorkedOff {
  const stopping = isAnyStopping(db);
  let told = stopping ? stopSome(db, now) : 0;
  let ended = db.get<EndedRow>(FIRST);
  if (!ended) return { told, more: stopping && isAnyStopping(db) };
  const hasTime = turn({ limitMs: TELL_MS, least: TELL_LEAST });
  for (let room = MOST_EDGES; ended && room > 0 && hasTime(); ended = db.get<EndedRow>(FIRST)) {
    const edges = db.all<EdgeRow>(EDGES, ended.job, ended.after, SOME);
    let after = ended.after;
    let all = edges.length < SOME;
    for (const edge of edges) {
      if (edge !== edges[0] && !hasTime()) {
        all = false;
        break;
      }
      told += tellOne(db, ended, edge, now);
      after = edge.seq;
    }
    if (all) db.run("DELETE FROM ended WHERE turn = ?", ended.turn);
    else db.run("UPDATE ended SET after = ? WHERE turn = ?", after, ended.turn);
    room -= edges.length + 1;
  }
  return { told, more: ended !== undefined || isAnyStopping(db) };
}

function tellOne(db: Database, ended: EndedRow, edge: EdgeRow, now: number): number {
  const job = toDependent(edge);
  const { seq, wanting, decided, state, skipped_for: skippedFor, unique_key: key } = edge;
  job.keyLost ||= key !== null && ENDED.includes(state) && otherWithKey(db, { seq, key, now }) !== undefined;
  const end = endOf({ state: ended.state, skippedFor: ended.skipped_for });
  const news = tell(job, { wanting, decided, end, again: ended.again === 1, now });
  if (news === "same") return 0;
  if (news === "again") runAgain(db, seq, now);
  else if (news === "unbound") unbind(db, [seq]);
  else {
    db.run(DECIDE, news.decided, seq, ended.job);
    keepDependent(db, seq, { before: { state, skippedFor }, job, now });
  }
  return 1;
}
