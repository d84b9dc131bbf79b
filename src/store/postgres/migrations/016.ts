/**
 * @module
 * An attempt is found by its token where many are brought, whatever others keep from being tidied up: a join with all that a
 * supervisor runs read all that it ever ran since. It stays under its name, since whoever calls it gets the same.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 13,
  sql: `
-- What many attempts printed, and how they ended. What is to be counted of it comes back.
CREATE OR REPLACE FUNCTION queuectl.bring_15(
  p_supervisor text, p_now bigint,
  p_tokens uuid[], p_started bigint[], p_finished bigint[], p_outcomes text[], p_codes bigint[], p_signals text[],
  p_errors text[], p_states text[], p_called_off text[], p_run_at bigint[], p_uncounted integer[],
  p_held_if_paused boolean[], p_cpu bigint[],
  p_printed uuid[], p_of uuid[], p_streams text[], p_starts bigint[], p_bytes bytea[], p_seen_at bigint[], p_from bigint[],
  p_to bigint[],
  OUT refused uuid[], OUT apart bigint, OUT queues text[], OUT states text[], OUT n bigint[], OUT held bigint[]
) LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_settled uuid[];
  v_jobs bigint[];
  v_moved bigint;
  v_ready bigint[];
BEGIN
  refused := '{}'; apart := 0; queues := '{}'; states := '{}'; n := '{}'; held := '{}';
  IF cardinality(p_printed) > 0 THEN
    refused := ARRAY(
      SELECT p.token FROM unnest(p_printed) AS p (token) LEFT JOIN LATERAL (
        SELECT r.job FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p.token LIMIT 1) r ON true
      WHERE r.job IS NULL);
  END IF;
  IF cardinality(p_of) > 0 THEN
    INSERT INTO queuectl.output (job, attempt, stream, start, bytes, seen_at)
      SELECT r.job, r.attempt, p.stream, p.start, p.bytes, p.seen_at
      FROM unnest(p_of, p_streams, p_starts, p_bytes, p_seen_at) WITH ORDINALITY
        AS p (token, stream, start, bytes, seen_at, nth)
      CROSS JOIN LATERAL (
        SELECT * FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p.token LIMIT 1) r ORDER BY p.nth;
    DELETE FROM queuectl.output o
      USING unnest(p_of, p_streams, p_starts, p_from, p_to) AS p (token, stream, start, dropped_from, dropped_to)
        CROSS JOIN LATERAL (
          SELECT * FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p.token LIMIT 1) r
      WHERE p.dropped_from IS NOT NULL AND o.job = r.job AND o.attempt = r.attempt AND o.stream = p.stream
        AND o.start >= p.dropped_from AND o.start + length(o.bytes) <= p.dropped_to AND o.start <> p.start;
  END IF;
  IF cardinality(p_tokens) = 0 THEN
    RETURN;
  END IF;

  WITH s AS MATERIALIZED (
    SELECT * FROM unnest(p_tokens, p_started, p_finished, p_outcomes, p_codes, p_signals, p_errors, p_states,
        p_called_off, p_run_at, p_uncounted, p_held_if_paused, p_cpu)
      AS s (token, started_at, finished_at, outcome, exit_code, signal, error, state, called_off, run_at, uncounted,
        held_if_paused, cpu_ms)
    CROSS JOIN LATERAL (
      SELECT r.ctid AS at FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = s.token LIMIT 1) r),
  ended AS (
    -- in words that no index fits: it is to be found by its place alone
    DELETE FROM queuectl.running r USING s
    WHERE r.ctid = s.at AND r.supervisor IS NOT DISTINCT FROM p_supervisor AND r.token IS NOT DISTINCT FROM s.token
    RETURNING r.job, r.attempt, r.token, r.worker, r.takes, r.adopted_from, r.host, r.ready_at,
      coalesce(s.started_at, r.started_at) AS started_at, s.finished_at, s.outcome, s.exit_code, s.signal, s.error,
      s.run_at, s.uncounted, s.cpu_ms, s.outcome <> 'unstarted' AS begun,
      r.paused_ms + greatest(0, coalesce(s.finished_at - r.paused_at, 0)) AS paused_ms,
      r.paused_at IS NOT NULL AND NOT r.cancel_requested AND s.held_if_paused AS held,
      CASE WHEN r.cancel_requested THEN s.called_off ELSE s.state END AS state),
  kept AS (
    INSERT INTO queuectl.attempts (job, attempt, token, supervisor, worker, adopted_from, host, ready_at, started_at,
      finished_at, paused_ms, outcome, exit_code, signal, error, cpu_ms)
    SELECT e.job, e.attempt, e.token, p_supervisor, e.worker, e.adopted_from, e.host, e.ready_at, e.started_at,
      e.finished_at, e.paused_ms, e.outcome, e.exit_code, e.signal, e.error, e.cpu_ms FROM ended e WHERE e.begun),
  unprinted AS (
    DELETE FROM queuectl.output o USING ended e WHERE NOT e.begun AND o.job = e.job AND o.attempt = e.attempt),
  moved AS (
    UPDATE queuectl.jobs j SET
      state = e.state,
      held = e.held,
      run_at = coalesce(e.run_at, j.run_at),
      attempts = j.attempts + 1 - e.uncounted,
      last_attempt = CASE WHEN e.begun THEN e.attempt ELSE j.last_attempt END,
      started_at = CASE WHEN e.begun THEN e.started_at ELSE j.started_at END,
      finished_at = CASE WHEN e.begun OR e.state = 'cancelled' THEN e.finished_at ELSE j.finished_at END,
      exit_code = CASE WHEN e.begun THEN e.exit_code ELSE j.exit_code END,
      signal = CASE WHEN e.begun THEN e.signal ELSE j.signal END,
      error = CASE WHEN e.begun THEN e.error ELSE j.error END,
      worker = CASE WHEN e.begun THEN e.worker ELSE j.worker END
    -- by its place: by its number alone, all jobs might be read, where the server does not know yet that there are many
    FROM ended e CROSS JOIN LATERAL (
      SELECT o.ctid AS at FROM queuectl.jobs o WHERE o.seq >= e.job AND o.seq <= e.job ORDER BY o.seq LIMIT 1) o
    WHERE j.ctid = o.at AND j.seq = e.job
    RETURNING j.seq, j.queue, j.state, j.held, e.begun, e.outcome, e.ready_at, e.started_at, e.finished_at, e.cpu_ms),
  tallied AS (
    INSERT INTO queuectl.tallies (at, queue, ended)
    SELECT p_now, m.queue, json_agg(json_build_array(m.outcome, m.state, m.ready_at, m.started_at, m.finished_at, m.cpu_ms))
    FROM moved m WHERE m.begun GROUP BY m.queue)
  SELECT e.tokens, e.jobs, e.apart, m.n, m.ready, c.queues || c.queues,
      c.states || array_fill('processing'::text, ARRAY[c.k]), c.n || c.less, c.held || array_fill(0::bigint, ARRAY[c.k])
    INTO v_settled, v_jobs, apart, v_moved, v_ready, queues, states, n, held
    FROM (
        SELECT coalesce(array_agg(e.token), '{}') AS tokens, array_agg(e.job) AS jobs, count(e.takes) AS apart FROM ended e) e,
      (SELECT count(*) AS n, array_agg(m.seq) FILTER (WHERE m.state = 'pending' AND NOT m.held) AS ready FROM moved m) m,
      (SELECT array_agg(g.queue) AS queues, array_agg(g.state) AS states, array_agg(g.n) AS n, array_agg(-g.n) AS less,
          array_agg(g.held) AS held, count(*)::integer AS k
        FROM (
          SELECT m.queue, m.state, count(*) AS n, count(*) FILTER (WHERE m.held) AS held FROM moved m GROUP BY 1, 2) g) c;
  IF cardinality(v_settled) <> v_moved THEN
    IF (SELECT count(*) FROM queuectl.jobs j WHERE j.seq = ANY (v_jobs)) = cardinality(v_jobs) THEN
      RAISE EXCEPTION 'somebody has just changed one of these jobs' USING ERRCODE = '40001'; -- all is done again
    END IF;
    RAISE EXCEPTION 'a running attempt has no job' USING ERRCODE = 'QU003';
  END IF;
  IF v_ready IS NOT NULL THEN
    INSERT INTO queuectl.ready (queue, priority, seq)
      SELECT queuectl.place_13(j.queue, j.policy), j.priority, j.seq FROM queuectl.jobs j WHERE j.seq = ANY (v_ready);
  END IF;
  IF cardinality(v_settled) < cardinality(p_tokens) THEN
    IF EXISTS (
      SELECT 1 FROM unnest(p_tokens) AS t (token) CROSS JOIN LATERAL (
        SELECT 1 FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = t.token LIMIT 1) r) THEN
      RAISE EXCEPTION 'somebody has just changed one of these attempts' USING ERRCODE = '40001'; -- all is done again
    END IF;
    refused := refused || ARRAY(SELECT t.token FROM unnest(p_tokens) AS t (token) WHERE t.token <> ALL (v_settled));
  END IF;
  IF 'unstarted' = ANY (p_outcomes) THEN
    WITH back AS (
      DELETE FROM queuectl.gate_starts g USING unnest(p_tokens, p_outcomes) AS t (token, outcome)
      WHERE t.outcome = 'unstarted' AND t.token = ANY (v_settled) AND g.token = t.token RETURNING g.kind, g.name)
    INSERT INTO queuectl.gate_returns (name) SELECT b.name FROM back b WHERE b.kind = 'limit';
  END IF;
END $$;
`,
};
