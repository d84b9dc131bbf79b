/**
 * @module
 * What jobs that start are told of those they need. Invariant: of each, it holds no more results than a job is handed.
 */
import type { State } from "../../domain/job.ts";
import type { NeededOutcome } from "../contract.ts";
import { type GroupRow, toGroup } from "../rules/groups.ts";
import { idOf } from "../rules/jobs.ts";

/** A need of such a job, with what has become of what it needs. */
export interface NeededRow {
  job: number;
  needs: number;
  name: string | null;
  state: State | null;
  exit_code: number | null;
  signal: string | null;
  has_result: boolean;
  bytes: Uint8Array | null;
  of_group: GroupRow | null;
}

/** What some jobs need. What runs again has left nothing yet. */
export const NEEDED = `
  SELECT n.job, n.needs, n.name, CASE WHEN o.job IS NULL THEN j.state ELSE 'processing' END AS state,
    CASE WHEN o.job IS NULL THEN j.exit_code END AS exit_code, CASE WHEN o.job IS NULL THEN j.signal END AS signal,
    s.job IS NOT NULL AS has_result, CASE WHEN sum(octet_length(s.bytes)) OVER w <= $2::bigint THEN s.bytes END AS bytes,
    to_json(g) AS of_group
  FROM queuectl.needs n LEFT JOIN queuectl.jobs j ON j.seq = n.needs LEFT JOIN queuectl.running o ON o.job = n.needs
  LEFT JOIN queuectl.results s ON s.job = j.seq AND s.attempt = j.last_attempt AND o.job IS NULL
  LEFT JOIN queuectl.groups g ON g.id = -n.needs
  WHERE n.job = ANY ($1::bigint[]) WINDOW w AS (PARTITION BY n.job ORDER BY n.needs) ORDER BY n.job, n.needs`;

/** What has become of all that some jobs need, by their numbers. */
export function neededOf(rows: readonly NeededRow[]): ReadonlyMap<number, readonly NeededOutcome[]> {
  const byJob = Map.groupBy(rows, ({ job }) => job);
  return new Map([...byJob].map(([job, rows]) => [job, rows.map(toOutcome)]));
}

function toOutcome(row: NeededRow): NeededOutcome {
  const { needs, name, state, exit_code: exitCode, signal, has_result, bytes, of_group } = row;
  const id = idOf({ seq: needs, name });
  if (needs < 0) return { id, job: null, group: of_group && toGroup(of_group, 0) };
  const job = state && { state, exitCode, signal };
  if (!has_result) return { id, job };
  return bytes ? { id, job, result: new Uint8Array(bytes) } : { id, job, leftOut: true };
}
