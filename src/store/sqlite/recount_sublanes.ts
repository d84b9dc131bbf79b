/**
 * @module
 * Sub-lanes and gates against a recount.
 */
import type { Database } from "./engine/database.ts";

const READY = "j.state = 'pending' AND j.held = 0 AND j.lane > 0";

/** What stands wrong among sub-lanes and gates, a sentence each. */
export function recountSublanes(db: Database): string[] {
  return CHECKS.flatMap(({ sql, say }) => db.all<Row>(sql).map(say));
}

interface Row {
  name: string;
  label: string;
  kind: string;
  n: number;
  counted: number;
}

const CHECKS: readonly { sql: string; say(row: Row): string }[] = [
  {
    sql:
      `SELECT DISTINCT j.queue AS name FROM jobs j WHERE j.lane > 0 AND j.lane NOT IN (SELECT id FROM sublanes)`,
    say: ({ name }) => `Queue "${name}" has jobs in a lane that is not there`,
  },
  {
    sql: `SELECT DISTINCT s.queue AS name FROM jobs j JOIN sublanes s ON s.id = j.lane
      WHERE ${READY} AND (s.priority IS NULL OR (j.priority, j.seq) < (s.priority, s.seq))`,
    say: ({ name }) => `Queue "${name}" has pending jobs that come before the place of their lane`,
  },
  {
    sql: `SELECT DISTINCT s.queue AS name FROM sublanes s LEFT JOIN lanes l ON l.queue = s.queue
      WHERE s.parked = -1 AND s.priority IS NOT NULL
        AND (l.queue IS NULL OR (s.priority, s.seq) < (l.priority, l.seq))
        AND EXISTS (SELECT 1 FROM jobs j WHERE j.lane = s.id AND ${READY})`,
    say: ({ name }) => `Queue "${name}" has a lane that waits for its turn, which does not come`,
  },
  {
    sql: `SELECT kind, name, label, n, counted FROM (
      SELECT g.kind, g.name, g.label, g.used AS n, (
        SELECT ifnull(sum(s.units), 0) FROM sublane_gates s JOIN jobs j ON j.lane = s.lane
        WHERE s.gate = g.id AND j.state = 'processing') AS counted FROM gates g) WHERE n <> counted`,
    say: (row) => `${sayGate(row)} counts ${row.n} in use, but there are ${row.counted}`,
  },
  {
    sql: `SELECT kind, name, label, n, counted FROM (
      SELECT g.kind, g.name, g.label, g.started AS n, (
        SELECT ifnull(sum(s.units), 0) FROM gate_starts s WHERE s.gate = g.id) AS counted FROM gates g) WHERE n <> counted`,
    say: (row) => `${sayGate(row)} counts ${row.n} that began lately, but there are ${row.counted}`,
  },
  {
    sql: `SELECT g.kind, g.name, g.label, 0 AS n, 0 AS counted FROM gates g JOIN sublanes s ON s.id = (
        SELECT id FROM sublanes WHERE parked = g.id AND priority IS NOT NULL ORDER BY priority, seq LIMIT 1)
      JOIN sublane_gates t ON t.lane = s.id AND t.gate = g.id
      WHERE (g.waiting = 0 OR g.ready = 0 AND g.next_at IS NULL AND g.rate_count IS NULL AND (
        g.at_once IS NULL OR g.used + t.units + CASE WHEN g.reserved_by IS s.id THEN 0 ELSE g.reserved END <= g.at_once))`,
    say: (row) => `${sayGate(row)} has room, but those that wait for it would not hear of it`,
  },
];

function sayGate({ kind, name, label }: Row): string {
  if (kind === "limit") return `Limit "${name}"`;
  return kind === "queue" ? `The rate of queue "${name}"` : `Label "${label}" of queue "${name}"`;
}
