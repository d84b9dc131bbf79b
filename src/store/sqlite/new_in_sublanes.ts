/**
 * @module
 * Very many new jobs that take something go into the sub-lanes that are there, so that nobody has to move them before they
 * are claimed. Those that find none are moved like any other (see `sublanes.ts`).
 *
 * Invariants: none goes there while others wait to be moved, which may be older; and no sub-lane comes after its jobs.
 */
import type { Place } from "../rules/jobs.ts";
import { goesByLabel } from "../rules/limits.ts";
import type { Database, Value } from "./engine/database.ts";
import { rulesFor } from "./queue_rules.ts";
import type { MovedRows } from "./staged_needs.ts";
import { anyUnlaid } from "./sublanes.ts";

type Sql = ReturnType<MovedRows["of"]>;

/** The lane of new jobs of one queue, as SQL over their rows; undefined where they go where their rows say. */
export function laneAmongThere(db: Database, queue: Value | undefined, of: MovedRows["of"]): Sql | undefined {
  const lane = of("lane");
  if (lane.values[0] === 0 || typeof queue !== "string" || anyUnlaid(db)) return undefined;
  const { limits, rule } = rulesFor(db, queue);
  const label = goesByLabel(limits) ? of("label") : { sql: "NULL", values: [] };
  const [state, policy] = [of("state"), of("policy")];
  return {
    sql: `CASE WHEN ${lane.sql} = -1 AND ${state.sql} = 'pending' THEN ifnull((
        SELECT id FROM sublanes WHERE queue = ? AND rule = ? AND label = ifnull(${label.sql}, '')
          AND takes = ifnull(${policy.sql} ->> '$.takes', '') AND slots = ifnull(${policy.sql} ->> '$.slots', 1)), -1)
      ELSE ${lane.sql} END`,
    values: [
      ...[...lane.values, ...state.values, queue, rule],
      ...[...label.values, ...policy.values, ...policy.values, ...lane.values],
    ],
  };
}

const FIRSTS = `
  SELECT lane, priority, min(seq) AS seq FROM jobs
  WHERE seq BETWEEN ? AND ? AND lane > 0 AND held = 0 GROUP BY lane, priority`;
const STANDS_LATER =
  "SELECT parked FROM sublanes WHERE id = ? AND (priority IS NULL OR (?, ?) < (priority, seq))";
const MAY_HAVE_ROOM = "UPDATE gates SET ready = waiting WHERE id = ?";
const STANDS = "UPDATE sublanes SET priority = ?, seq = ? WHERE id = ?";

/**
 * Has sub-lanes know of new jobs with these numbers, as a trigger does where jobs are changed. The lane of their queue
 * knows of all new jobs (see `enqueue.ts`).
 */
export function noteInSublanes(db: Database, from: number, to: number): void {
  for (const { lane, priority, seq } of db.all<Place & { lane: number }>(FIRSTS, from, to)) {
    const later = db.get<{ parked: number }>(STANDS_LATER, lane, priority, seq);
    if (!later) continue;
    db.run(MAY_HAVE_ROOM, later.parked);
    db.run(STANDS, priority, seq, lane);
  }
}
