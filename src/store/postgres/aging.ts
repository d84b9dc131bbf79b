/**
 * @module
 * Aging, when jobs are claimed: of queues with it, those that have waited so much longer take the priority of the first
 * (`rules/aging.ts`). A statement of its own before the exchange, in its transaction, about once a second. Where no queue
 * has aging, it is not even planned, which takes twenty times as long as to look for one. What others have locked is left
 * to the next time, so it waits for nobody.
 */
import type { Exchange } from "../contract.ts";
import { MOST_PRIORITIES } from "../rules/aging.ts";
import type { Statement } from "./engine/driver.ts";

/** Between two looks, in ms. */
const AGAIN_MS = 1000;
/** Jobs of one priority and lane that are raised at once. */
const MOST = 100;
const MOST_QUEUES = 100;
const MOST_SUBLANES = 1000;

const SINCE = "greatest(j.created_at, coalesce(j.run_at, 0))";
/** Who changes places in sub-lanes has the lock on them. */
const OURS = "pg_try_advisory_xact_lock(1363366988, 'queuectl.sublanes'::regclass::oid::integer)";

// the first of each priority of each lane; of these, those that come before the first of their queue
const RAISE = `
  WITH RECURSIVE aging AS MATERIALIZED (
    SELECT name, aging_ms FROM queuectl.queues WHERE aging_ms IS NOT NULL AND NOT paused LIMIT ${MOST_QUEUES}),
  ours AS MATERIALIZED (SELECT 1 FROM (SELECT 1 FROM aging LIMIT 1) a WHERE ${OURS}),
  lanes AS MATERIALIZED (
    SELECT name, aging_ms, name AS lane FROM aging
    UNION ALL
    (SELECT a.name, a.aging_ms, '*' || s.id FROM ours, aging a JOIN queuectl.sublanes s ON s.queue = a.name
     WHERE s.priority IS NOT NULL AND NOT s.stale LIMIT ${MOST_SUBLANES})),
  heads (name, aging_ms, lane, priority, seq, n) AS (
    SELECT l.name, l.aging_ms, l.lane, f.priority, f.seq, 1 FROM lanes l, LATERAL (
      SELECT r.priority, r.seq FROM queuectl.ready r WHERE r.queue = l.lane ORDER BY r.priority, r.seq LIMIT 1) f
    UNION ALL
    SELECT h.name, h.aging_ms, h.lane, f.priority, f.seq, h.n + 1 FROM heads h, LATERAL (
      SELECT r.priority, r.seq FROM queuectl.ready r WHERE r.queue = h.lane AND r.priority > h.priority
      ORDER BY r.priority, r.seq LIMIT 1) f
    WHERE h.n < ${MOST_PRIORITIES}),
  firsts AS MATERIALIZED (
    SELECT DISTINCT ON (h.name) h.name, h.priority, ${SINCE} AS since FROM heads h JOIN queuectl.jobs j ON j.seq = h.seq
    ORDER BY h.name, h.priority, h.seq),
  old AS MATERIALIZED (
    SELECT o.seq, h.lane, h.priority, f.priority AS raised FROM firsts f JOIN heads h ON h.name = f.name, LATERAL (
      SELECT r.seq, ${SINCE} AS since
      FROM (SELECT seq FROM queuectl.ready WHERE queue = h.lane AND priority = h.priority ORDER BY seq LIMIT ${MOST}) r
      JOIN queuectl.jobs j ON j.seq = r.seq) o
    WHERE h.priority > f.priority AND o.since + h.priority * h.aging_ms < f.since + f.priority * h.aging_ms),
  locked AS MATERIALIZED (
    SELECT j.seq, o.lane, o.priority, o.raised FROM old o JOIN queuectl.jobs j ON j.seq = o.seq
    JOIN queuectl.ready r ON r.queue = o.lane AND r.priority = o.priority AND r.seq = o.seq
    FOR NO KEY UPDATE OF j SKIP LOCKED FOR UPDATE OF r SKIP LOCKED),
  moved AS (
    UPDATE queuectl.ready r SET priority = l.raised FROM locked l
    WHERE r.queue = l.lane AND r.priority = l.priority AND r.seq = l.seq),
  placed AS (
    UPDATE queuectl.sublanes s SET priority = m.raised, seq = m.seq FROM (
      SELECT DISTINCT ON (lane) lane, raised, seq FROM locked WHERE lane LIKE '*%' ORDER BY lane, raised, seq) m
    WHERE '*' || s.id = m.lane AND (m.raised, m.seq) < (s.priority, s.seq))
  UPDATE queuectl.jobs j SET priority = l.raised FROM locked l WHERE j.seq = l.seq`;

const RAISE_IF_ANY = `DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM queuectl.queues WHERE aging_ms IS NOT NULL AND NOT paused) THEN
    ${RAISE};
  END IF;
END $$`;

/** What supervisors of one process do for aging. */
export class Aging {
  #at = -Infinity;

  /** What comes before an exchange, in its transaction; nothing where it takes no jobs, or others have looked just before. */
  statements({ now, free }: Exchange): Statement[] {
    if (free.length === 0 || Math.abs(now - this.#at) < AGAIN_MS) return [];
    this.#at = now;
    return [{ sql: RAISE_IF_ANY }];
  }
}
