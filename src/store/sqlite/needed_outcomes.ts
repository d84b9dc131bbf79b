/**
 * @module
 * What a job that starts is told of those it needs. Invariant: it holds no more results than a job is handed, so that the
 * claim stays short whatever others have left.
 */
import { MOST_NEEDED_RESULTS, type State } from "../../domain/job.ts";
import type { NeededOutcome } from "../contract.ts";
import { type GroupRow, toGroup } from "../rules/groups.ts";
import { idOf } from "../rules/jobs.ts";
import type { Database } from "./engine/database.ts";

interface NeededRow {
  needs: number;
  name: string | null;
  state: State | null;
  exit_code: number | null;
  signal: string | null;
  attempt: number;
  size: number | null;
}

const NEEDED = `
  SELECT n.needs, n.name, j.state, j.exit_code, j.signal, j.last_attempt AS attempt, length(r.bytes) AS size
  FROM needs n LEFT JOIN jobs j ON j.seq = n.needs LEFT JOIN results r ON r.job = j.seq AND r.attempt = j.last_attempt
  WHERE n.job = ? ORDER BY n.needs`;
const RESULT = "SELECT bytes FROM results WHERE job = ? AND attempt = ?";
const GROUP = "SELECT * FROM groups WHERE id = ?";

/** What has become of all that a job needs. */
export function readNeeded(db: Database, seq: number): NeededOutcome[] {
  let room = MOST_NEEDED_RESULTS;
  return db.all<NeededRow>(NEEDED, seq).map((row): NeededOutcome => {
    const { needs, name, state, exit_code: exitCode, signal, attempt, size } = row;
    const id = idOf({ seq: needs, name });
    if (needs < 0) {
      const group = db.get<GroupRow>(GROUP, -needs);
      return { id, job: null, group: group ? toGroup(group, 0) : null };
    }
    const job = state && { state, exitCode, signal };
    if (size === null) return { id, job };
    if (size > room) return { id, job, leftOut: true };
    room -= size;
    return { id, job, result: db.get<{ bytes: Uint8Array }>(RESULT, needs, attempt)!.bytes };
  });
}
