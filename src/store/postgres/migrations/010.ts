/**
 * @module
 * What attempts took of CPU time, in ms; NULL where nobody knows. An exchange brings it, and what is tallied of an
 * attempt has it at its end.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 6,
  sql: `
ALTER TABLE queuectl.attempts ADD COLUMN cpu_ms bigint;

ALTER TABLE queuectl.figures ADD COLUMN cpu_ms bigint NOT NULL DEFAULT 0;

-- As exchange_5, with what attempts took.
CREATE FUNCTION queuectl.exchange_10(
  p_supervisor text, p_number bigint, p_now bigint,
  -- settlements
  p_tokens uuid[], p_started bigint[], p_finished bigint[], p_outcomes text[], p_codes bigint[], p_signals text[],
  p_errors text[], p_states text[], p_called_off text[], p_run_at bigint[], p_uncounted integer[],
  p_held_if_paused boolean[], p_cpu bigint[],
  -- whose output it brings, and its pieces
  p_printed uuid[], p_of uuid[], p_streams text[], p_starts bigint[], p_bytes bytea[], p_seen_at bigint[], p_from bigint[],
  p_to bigint[],
  -- a worker for each job that can be taken, and from where; NULL is everywhere
  p_free text[], p_queues text[],
  -- after which place, and the queues that have jobs, where they are known
  p_priority integer, p_seq bigint, p_lanes text[]
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan SET jit = off AS $$
DECLARE
  v_want integer := coalesce(cardinality(p_free), 0);
  v_brings boolean := cardinality(p_tokens) > 0 OR cardinality(p_printed) > 0;
  v_host text;
  v_stripe smallint;
  v_number bigint;
  v_due bigint;
  v_lanes text[];
  v_open boolean;
  v_limited boolean := false;
  v_ended bigint;
  v_moved bigint;
  v_settled uuid[] := '{}';
  v_refused uuid[] := '{}';
  v_woken integer := 0;
  v_claimed json;
  v_taken bigint := 0;
  v_seen bigint := 0;
  v_waits boolean := true;
  -- what is to be counted
  v_queues text[] := '{}';
  v_states text[] := '{}';
  v_n bigint[] := '{}';
  v_held bigint[] := '{}';
  v_begun json;
BEGIN
  IF NOT v_brings THEN
    SELECT min(run_at) INTO v_due FROM queuectl.jobs WHERE state IN ('scheduled', 'failed') AND NOT held;
  END IF;
  IF NOT v_brings AND (v_due IS NULL OR v_due > p_now) THEN
    -- Looking comes first and only reads, so that who has nothing to do costs no write.
    v_lanes := coalesce(p_queues, queuectl.lanes_2());
    v_open := v_want > 0 AND EXISTS (
      SELECT 1 FROM unnest(v_lanes) AS l (queue) LEFT JOIN queuectl.queues q ON q.name = l.queue
      WHERE NOT coalesce(q.paused, false) AND EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = l.queue)
        AND (q.concurrency IS NULL OR q.concurrency > (
          SELECT coalesce(sum(c.n), 0) FROM queuectl.counts c WHERE c.queue = l.queue AND c.state = 'processing')));
    IF v_open THEN
      SELECT true INTO v_open FROM queuectl.supervisors WHERE id = p_supervisor;
    END IF;
    IF NOT coalesce(v_open, false) THEN
      RETURN json_build_object('number', NULL, 'settled', '{}'::uuid[], 'refused', '{}'::uuid[], 'claimed', NULL,
        'taken', 0, 'seen', 0, 'woken', 0, 'due', v_due, 'waits', queuectl.waits_1(p_queues, v_lanes, v_due));
    END IF;
  END IF;

  -- Who takes over deletes this row: that waits for us, or we find none.
  SELECT host, stripe INTO v_host, v_stripe FROM queuectl.supervisors WHERE id = p_supervisor FOR KEY SHARE;
  IF v_host IS NULL THEN
    v_stripe := floor(random() * 16);
  ELSE
    UPDATE queuectl.exchanges SET n = n + 1, refused = NULL
      WHERE supervisor = p_supervisor AND (p_number IS NULL OR n = p_number - 1) RETURNING n INTO v_number;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'another exchange came between' USING ERRCODE = 'QU002';
    END IF;
  END IF;

  IF cardinality(p_printed) > 0 THEN
    v_refused := ARRAY(
      SELECT p.token FROM unnest(p_printed) AS p (token) WHERE NOT EXISTS (
        SELECT 1 FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p.token));
    IF cardinality(p_of) > 0 THEN
      INSERT INTO queuectl.output (job, attempt, stream, start, bytes, seen_at)
        SELECT r.job, r.attempt, p.stream, p.start, p.bytes, p.seen_at
        FROM unnest(p_of, p_streams, p_starts, p_bytes, p_seen_at) WITH ORDINALITY
          AS p (token, stream, start, bytes, seen_at, nth)
        JOIN queuectl.running r ON r.supervisor = p_supervisor AND r.token = p.token ORDER BY p.nth;
      DELETE FROM queuectl.output o
        USING unnest(p_of, p_streams, p_starts, p_from, p_to) AS p (token, stream, start, dropped_from, dropped_to),
          queuectl.running r
        WHERE p.dropped_from IS NOT NULL AND r.supervisor = p_supervisor AND r.token = p.token
          AND o.job = r.job AND o.attempt = r.attempt AND o.stream = p.stream
          AND o.start >= p.dropped_from AND o.start + length(o.bytes) <= p.dropped_to AND o.start <> p.start;
    END IF;
  END IF;

  IF cardinality(p_tokens) > 0 THEN
    WITH s AS MATERIALIZED (
      SELECT * FROM unnest(p_tokens, p_started, p_finished, p_outcomes, p_codes, p_signals, p_errors, p_states,
          p_called_off, p_run_at, p_uncounted, p_held_if_paused, p_cpu)
        AS s (token, started_at, finished_at, outcome, exit_code, signal, error, state, called_off, run_at, uncounted,
          held_if_paused, cpu_ms)),
    ended AS (
      DELETE FROM queuectl.running r USING s WHERE r.supervisor = p_supervisor AND r.token = s.token
      RETURNING r.job, r.attempt, r.token, r.worker, r.adopted_from, r.host, r.ready_at,
        coalesce(s.started_at, r.started_at) AS started_at, s.finished_at, s.outcome, s.exit_code, s.signal, s.error,
        s.run_at, s.uncounted, s.cpu_ms, s.outcome <> 'unstarted' AS begun,
        r.paused_ms + greatest(0, coalesce(s.finished_at - r.paused_at, 0)) AS paused_ms,
        r.paused_at IS NOT NULL AND NOT r.cancel_requested AND s.held_if_paused AS held,
        CASE WHEN r.cancel_requested THEN s.called_off ELSE s.state END AS state),
    kept AS (
      INSERT INTO queuectl.attempts (job, attempt, token, supervisor, worker, adopted_from, host, ready_at, started_at,
        finished_at, paused_ms, outcome, exit_code, signal, error, cpu_ms)
      SELECT job, attempt, token, p_supervisor, worker, adopted_from, host, ready_at, started_at,
        finished_at, paused_ms, outcome, exit_code, signal, error, cpu_ms FROM ended WHERE begun),
    unprinted AS (
      DELETE FROM queuectl.output o USING ended e WHERE NOT e.begun AND o.job = e.job AND o.attempt = e.attempt),
    moved AS (
      UPDATE queuectl.jobs j SET
        state = e.state,
        held = e.held,
        run_at = coalesce(e.run_at, j.run_at),
        attempts = j.attempts + 1 - e.uncounted,
        last_attempt = CASE WHEN begun THEN e.attempt ELSE j.last_attempt END,
        started_at = CASE WHEN begun THEN e.started_at ELSE j.started_at END,
        finished_at = CASE WHEN begun OR e.state = 'cancelled' THEN e.finished_at ELSE j.finished_at END,
        exit_code = CASE WHEN begun THEN e.exit_code ELSE j.exit_code END,
        signal = CASE WHEN begun THEN e.signal ELSE j.signal END,
        error = CASE WHEN begun THEN e.error ELSE j.error END,
        worker = CASE WHEN begun THEN e.worker ELSE j.worker END
      FROM ended e WHERE j.seq = e.job
      RETURNING j.seq, j.queue, j.priority, j.state, j.held, e.begun, e.outcome, e.ready_at, e.started_at, e.finished_at,
        e.cpu_ms),
    readied AS (
      INSERT INTO queuectl.ready (queue, priority, seq) SELECT queue, priority, seq FROM moved
      WHERE state = 'pending' AND NOT held),
    changed AS (
      SELECT queue, state, 1 AS n, held::integer AS held FROM moved UNION ALL SELECT queue, 'processing', -1, 0 FROM moved),
    counted AS (
      SELECT array_agg(g.queue) AS queues, array_agg(g.state) AS states, array_agg(g.n) AS n, array_agg(g.held) AS held
      FROM (SELECT queue, state, sum(n)::bigint AS n, sum(held)::bigint AS held FROM changed GROUP BY 1, 2) g),
    tallied AS (
      INSERT INTO queuectl.tallies (at, queue, ended)
      SELECT p_now, queue, json_agg(json_build_array(outcome, state, ready_at, started_at, finished_at, cpu_ms))
      FROM moved WHERE begun GROUP BY queue)
    SELECT e.tokens, e.n, (SELECT count(*) FROM moved), coalesce(c.queues, '{}'), coalesce(c.states, '{}'),
        coalesce(c.n, '{}'), coalesce(c.held, '{}')
      INTO v_settled, v_ended, v_moved, v_queues, v_states, v_n, v_held
      FROM (SELECT coalesce(array_agg(token), '{}') AS tokens, count(*) AS n FROM ended) e, counted c;
    IF v_ended <> v_moved THEN
      RAISE EXCEPTION 'a running attempt has no job' USING ERRCODE = 'QU003';
    END IF;
    v_refused := v_refused || ARRAY(SELECT t.token FROM unnest(p_tokens) AS t (token) WHERE t.token <> ALL (v_settled));
  END IF;
  IF v_number IS NOT NULL AND cardinality(v_refused) > 0 THEN
    UPDATE queuectl.exchanges SET refused = v_refused WHERE supervisor = p_supervisor;
  END IF;

  IF v_brings THEN
    SELECT min(run_at) INTO v_due FROM queuectl.jobs WHERE state IN ('scheduled', 'failed') AND NOT held;
  END IF;
  IF v_due <= p_now THEN
    v_woken := queuectl.wake_1(p_now, v_stripe);
    SELECT min(run_at) INTO v_due FROM queuectl.jobs WHERE state IN ('scheduled', 'failed') AND NOT held;
  END IF;

  IF v_host IS NOT NULL AND v_want > 0 THEN
    -- Who pauses a queue or limits it waits for claims that are under way; and one after the other claims from queues
    -- with a limit, in the order of their names.
    PERFORM pg_advisory_xact_lock_shared(1363366988, 'queuectl.queues'::regclass::oid::integer);
    v_lanes := coalesce(p_lanes, p_queues, v_lanes, queuectl.lanes_2());
    IF p_priority IS NULL THEN
      PERFORM 1 FROM queuectl.queues q
        WHERE q.concurrency IS NOT NULL AND NOT q.paused AND (p_queues IS NULL OR q.name = ANY (p_queues))
          AND EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = q.name)
        ORDER BY q.name FOR NO KEY UPDATE;
      v_limited := FOUND;
    ELSE
      -- From a queue with a limit is claimed from the start only.
      v_open := NOT EXISTS (
        SELECT 1 FROM queuectl.queues q WHERE q.concurrency IS NOT NULL AND q.name = ANY (v_lanes));
    END IF;
    IF v_limited AND cardinality(v_queues) > 0 THEN
      PERFORM queuectl.count_1(v_stripe, v_queues, v_states, v_n, v_held); -- what has ended here makes room
      v_queues := '{}'; v_states := '{}'; v_n := '{}'; v_held := '{}';
    END IF;
  END IF;

  IF v_host IS NOT NULL AND v_want > 0 AND (p_priority IS NULL OR v_open) THEN
    -- All lanes are looked at without locks; then only what is taken is locked, by where it stands, which nobody
    -- reuses while this statement runs. Of many lanes some jobs each tell how far it is worthwhile to look.
    WITH lanes AS MATERIALIZED (
      SELECT l.queue, count(*) OVER () AS k,
        CASE WHEN q.concurrency IS NULL THEN v_want * greatest(1, 12 / count(*) OVER ())
          ELSE greatest(0, least(v_want, q.concurrency - (
            SELECT coalesce(sum(c.n), 0) FROM queuectl.counts c WHERE c.queue = l.queue AND c.state = 'processing'))) END
          AS room
      FROM (SELECT DISTINCT queue FROM unnest(v_lanes) AS u (queue)) l LEFT JOIN queuectl.queues q ON q.name = l.queue
      WHERE NOT coalesce(q.paused, false)),
    near AS MATERIALIZED (
      SELECT f.priority, f.seq FROM lanes CROSS JOIN LATERAL (
        SELECT r.priority, r.seq FROM queuectl.ready r
        WHERE r.queue = lanes.queue AND (r.priority, r.seq) > (coalesce(p_priority, -2147483648), coalesce(p_seq, -1))
        ORDER BY r.priority, r.seq LIMIT least(lanes.room, v_want * 12 / lanes.k + 1)) f
      WHERE lanes.k > 12),
    horizon AS MATERIALIZED (
      SELECT n.priority, n.seq FROM near n ORDER BY n.priority, n.seq
      OFFSET (SELECT least(v_want * 10, greatest(v_want * 3, count(*) * 3 / 4)) FROM near) LIMIT 1),
    seen AS MATERIALIZED (
      SELECT f.at, f.priority, f.seq FROM lanes CROSS JOIN LATERAL (
        SELECT r.ctid AS at, r.priority, r.seq FROM queuectl.ready r
        WHERE r.queue = lanes.queue AND (r.priority, r.seq) > (coalesce(p_priority, -2147483648), coalesce(p_seq, -1))
          AND (r.priority, r.seq) <= (coalesce((SELECT h.priority FROM horizon h), 2147483647),
            coalesce((SELECT h.seq FROM horizon h), 9223372036854775807))
        ORDER BY r.priority, r.seq LIMIT lanes.room) f
      ORDER BY f.priority, f.seq LIMIT v_want * 12),
    first AS MATERIALIZED (
      SELECT r.ctid AS at FROM queuectl.ready r WHERE r.ctid = ANY (ARRAY(SELECT at FROM seen))
      ORDER BY r.priority, r.seq LIMIT v_want FOR UPDATE SKIP LOCKED),
    gone AS (
      DELETE FROM queuectl.ready r WHERE r.ctid = ANY (ARRAY(SELECT at FROM first)) RETURNING r.seq),
    took AS MATERIALIZED (
      SELECT j.*, gen_random_uuid() AS token, row_number() OVER (ORDER BY j.priority, j.seq) AS nth
      FROM gone JOIN queuectl.jobs j ON j.seq = gone.seq),
    begun AS (
      INSERT INTO queuectl.running (supervisor, token, job, queue, attempt, worker, host, ready_at, started_at, exchange)
      SELECT p_supervisor, token, seq, queue, last_attempt + 1, p_free[nth], v_host,
        greatest(created_at, coalesce(run_at, 0)), p_now, v_number FROM took)
    SELECT json_agg(to_json(took) ORDER BY nth), count(*), (SELECT count(*) FROM seen), (
        SELECT json_agg(json_build_array(g.queue, g.n)) FROM (SELECT queue, count(*) AS n FROM took GROUP BY queue) g)
      INTO v_claimed, v_taken, v_seen, v_begun FROM took;
    IF v_taken > 0 THEN
      SELECT v_queues || array_agg(c.queue), v_states || array_agg(c.state), v_n || array_agg(c.n),
          v_held || array_agg(0::bigint)
        INTO v_queues, v_states, v_n, v_held
        FROM (
          SELECT b.value ->> 0 AS queue, s.state, s.sign * (b.value ->> 1)::bigint AS n
          FROM json_array_elements(v_begun) b, (VALUES ('processing', 1), ('pending', -1)) AS s (state, sign)) c;
    END IF;
  END IF;
  IF cardinality(v_queues) > 0 THEN
    PERFORM queuectl.count_1(v_stripe, v_queues, v_states, v_n, v_held);
  END IF;
  IF p_priority IS NOT NULL THEN
    RETURN json_build_object('number', v_number, 'refused', v_refused, 'claimed', v_claimed, 'taken', v_taken,
      'seen', v_taken, 'woken', v_woken, 'due', v_due, 'waits', true, 'lanes', v_lanes);
  END IF;

  IF v_taken = 0 THEN
    v_waits := queuectl.waits_1(p_queues, coalesce(p_queues, queuectl.lanes_2()), v_due);
  END IF;
  RETURN json_build_object('number', v_number, 'settled', v_settled, 'refused', v_refused, 'claimed', v_claimed,
    'taken', v_taken, 'seen', v_seen, 'woken', v_woken, 'due', v_due, 'waits', v_waits);
END $$;

-- The same, job by job.
CREATE FUNCTION queuectl.exchange_few_10(
  p_supervisor text, p_number bigint, p_now bigint,
  -- settlements
  p_tokens uuid[], p_started bigint[], p_finished bigint[], p_outcomes text[], p_codes bigint[], p_signals text[],
  p_errors text[], p_states text[], p_called_off text[], p_run_at bigint[], p_uncounted integer[],
  p_held_if_paused boolean[], p_cpu bigint[],
  -- whose output it brings, and its pieces
  p_printed uuid[], p_of uuid[], p_streams text[], p_starts bigint[], p_bytes bytea[], p_seen_at bigint[], p_from bigint[],
  p_to bigint[],
  -- a worker for each job that can be taken, and from where; NULL is everywhere
  p_free text[], p_queues text[]
) RETURNS json LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_want integer := coalesce(cardinality(p_free), 0);
  v_brings boolean := cardinality(p_tokens) > 0 OR cardinality(p_printed) > 0;
  v_due bigint;
  v_lanes text[];
  v_open text[];
  v_queue text;
  v_limited boolean := false;
  v_number bigint;
  v_host text;
  v_stripe smallint;
  v_token uuid;
  v_at tid;
  v_running record;
  v_priority integer;
  v_begun boolean;
  v_job record;
  v_next record;
  v_refused uuid[] := '{}';
  -- what is to be counted
  v_queues text[] := '{}';
  v_states text[] := '{}';
  v_n bigint[] := '{}';
  v_held bigint[] := '{}';
  v_tallied text[] := '{}';
  v_tallies json[] := '{}';
  v_from text[] := '{}';
  v_priorities integer[] := '{}';
  v_seqs bigint[] := '{}';
  v_claimed json[] := '{}';
  v_taken bigint := 0;
  v_seen bigint := 0;
  v_woken integer := 0;
  v_waits boolean := true;
BEGIN
  IF NOT v_brings THEN
    SELECT j.run_at INTO v_due FROM queuectl.jobs j WHERE j.state IN ('scheduled', 'failed') AND NOT j.held
      ORDER BY j.run_at LIMIT 1;
    IF v_due IS NULL OR v_due > p_now THEN
      -- Looking comes first and only reads, so that who has nothing to do costs no write.
      v_lanes := coalesce(p_queues, queuectl.lanes_2());
      IF v_want = 0 OR cardinality(queuectl.open_2(v_lanes)) = 0
        OR NOT EXISTS (SELECT 1 FROM queuectl.supervisors s WHERE s.id = p_supervisor) THEN
        RETURN json_build_object('number', NULL, 'settled', '{}'::uuid[], 'refused', '{}'::uuid[], 'claimed', NULL,
          'taken', 0, 'seen', 0, 'woken', 0, 'due', v_due, 'waits', queuectl.waits_2(p_queues, v_lanes, v_due));
      END IF;
    END IF;
  END IF;

  -- Who takes over deletes the row of the supervisor and with it this one: that waits for us, or we find none.
  UPDATE queuectl.exchanges e SET n = e.n + 1, refused = NULL FROM queuectl.supervisors s
    WHERE e.supervisor = p_supervisor AND s.id = p_supervisor AND (p_number IS NULL OR e.n = p_number - 1)
    RETURNING e.n, s.host, s.stripe INTO v_number, v_host, v_stripe;
  IF v_number IS NULL THEN
    PERFORM 1 FROM queuectl.supervisors s WHERE s.id = p_supervisor FOR KEY SHARE;
    IF FOUND THEN
      RAISE EXCEPTION 'another exchange came between' USING ERRCODE = 'QU002';
    END IF;
    v_stripe := floor(random() * 16);
  END IF;

  FOREACH v_token IN ARRAY p_printed LOOP
    IF NOT EXISTS (SELECT 1 FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = v_token) THEN
      v_refused := v_refused || v_token;
    END IF;
  END LOOP;
  FOR i IN 1..cardinality(p_of) LOOP
    INSERT INTO queuectl.output (job, attempt, stream, start, bytes, seen_at)
      SELECT r.job, r.attempt, p_streams[i], p_starts[i], p_bytes[i], p_seen_at[i]
      FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p_of[i];
    IF p_from[i] IS NOT NULL THEN
      DELETE FROM queuectl.output o
        WHERE (o.job, o.attempt) = (
            SELECT r.job, r.attempt FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p_of[i])
          AND o.stream = p_streams[i] AND o.start >= p_from[i] AND o.start + length(o.bytes) <= p_to[i]
          AND o.start <> p_starts[i];
    END IF;
  END LOOP;

  FOR i IN 1..cardinality(p_tokens) LOOP
    DELETE FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p_tokens[i]
      RETURNING r.job, r.attempt, r.worker, r.adopted_from, r.host, r.ready_at,
        coalesce(p_started[i], r.started_at) AS started_at,
        r.paused_ms + greatest(0, coalesce(p_finished[i] - r.paused_at, 0)) AS paused_ms,
        r.paused_at IS NOT NULL AND NOT r.cancel_requested AND p_held_if_paused[i] AS held,
        CASE WHEN r.cancel_requested THEN p_called_off[i] ELSE p_states[i] END AS state
      INTO v_running;
    IF NOT FOUND THEN
      v_refused := v_refused || p_tokens[i];
      CONTINUE;
    END IF;
    v_begun := p_outcomes[i] <> 'unstarted';
    IF v_begun THEN
      INSERT INTO queuectl.attempts (job, attempt, token, supervisor, worker, adopted_from, host, ready_at, started_at,
          finished_at, paused_ms, outcome, exit_code, signal, error, cpu_ms)
        VALUES (v_running.job, v_running.attempt, p_tokens[i], p_supervisor, v_running.worker, v_running.adopted_from,
          v_running.host, v_running.ready_at, v_running.started_at, p_finished[i], v_running.paused_ms, p_outcomes[i],
          p_codes[i], p_signals[i], p_errors[i], p_cpu[i]);
    ELSE
      DELETE FROM queuectl.output o WHERE o.job = v_running.job AND o.attempt = v_running.attempt;
    END IF;
    LOOP
      -- By its place: an update by its number alone might be planned to read another index from end to end.
      SELECT j.ctid INTO v_at FROM queuectl.jobs j WHERE j.seq >= v_running.job AND j.seq <= v_running.job
        ORDER BY j.seq LIMIT 1;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'a running attempt has no job' USING ERRCODE = 'QU003';
      END IF;
      UPDATE queuectl.jobs j SET
          state = v_running.state,
          held = v_running.held,
          run_at = coalesce(p_run_at[i], j.run_at),
          attempts = j.attempts + 1 - p_uncounted[i],
          last_attempt = CASE WHEN v_begun THEN v_running.attempt ELSE j.last_attempt END,
          started_at = CASE WHEN v_begun THEN v_running.started_at ELSE j.started_at END,
          finished_at = CASE WHEN v_begun OR v_running.state = 'cancelled' THEN p_finished[i] ELSE j.finished_at END,
          exit_code = CASE WHEN v_begun THEN p_codes[i] ELSE j.exit_code END,
          signal = CASE WHEN v_begun THEN p_signals[i] ELSE j.signal END,
          error = CASE WHEN v_begun THEN p_errors[i] ELSE j.error END,
          worker = CASE WHEN v_begun THEN v_running.worker ELSE j.worker END
        WHERE j.ctid = v_at AND j.seq = v_running.job RETURNING j.queue, j.priority INTO v_queue, v_priority;
      EXIT WHEN FOUND; -- else somebody has just changed it
    END LOOP;
    IF v_running.state = 'pending' AND NOT v_running.held THEN
      INSERT INTO queuectl.ready (queue, priority, seq) VALUES (v_queue, v_priority, v_running.job);
    END IF;
    v_queues := v_queues || v_queue || v_queue;
    v_states := v_states || v_running.state || 'processing'::text;
    v_n := v_n || 1::bigint || -1::bigint;
    v_held := v_held || v_running.held::integer::bigint || 0::bigint;
    IF v_begun THEN
      v_tallied := v_tallied || v_queue;
      v_tallies := v_tallies || json_build_array(p_outcomes[i], v_running.state, v_running.ready_at,
        v_running.started_at, p_finished[i], p_cpu[i]);
    END IF;
  END LOOP;
  IF cardinality(v_tallied) = 1 THEN
    INSERT INTO queuectl.tallies (at, queue, ended) VALUES (p_now, v_tallied[1], array_to_json(v_tallies));
  ELSIF cardinality(v_tallied) > 1 THEN
    INSERT INTO queuectl.tallies (at, queue, ended)
      SELECT p_now, t.queue, json_agg(t.ended) FROM unnest(v_tallied, v_tallies) AS t (queue, ended) GROUP BY t.queue;
  END IF;
  IF v_number IS NOT NULL AND cardinality(v_refused) > 0 THEN
    UPDATE queuectl.exchanges e SET refused = v_refused WHERE e.supervisor = p_supervisor;
  END IF;

  IF v_brings THEN
    SELECT j.run_at INTO v_due FROM queuectl.jobs j WHERE j.state IN ('scheduled', 'failed') AND NOT j.held
      ORDER BY j.run_at LIMIT 1;
  END IF;
  IF v_due <= p_now THEN
    v_woken := queuectl.wake_1(p_now, v_stripe);
    SELECT j.run_at INTO v_due FROM queuectl.jobs j WHERE j.state IN ('scheduled', 'failed') AND NOT j.held
      ORDER BY j.run_at LIMIT 1;
  END IF;

  IF v_number IS NOT NULL AND v_want > 0 THEN
    -- Who pauses a queue or limits it waits for claims that are under way; and one after the other claims from queues
    -- with a limit, in the order of their names.
    PERFORM pg_advisory_xact_lock_shared(1363366988, 'queuectl.queues'::regclass::oid::integer);
    v_open := coalesce(p_queues, queuectl.lanes_2());
    IF cardinality(p_queues) > 1 OR EXISTS (
      SELECT 1 FROM queuectl.queues q WHERE q.paused OR q.concurrency IS NOT NULL) THEN
      PERFORM 1 FROM queuectl.queues q
        WHERE q.concurrency IS NOT NULL AND NOT q.paused AND (p_queues IS NULL OR q.name = ANY (p_queues))
          AND (SELECT true FROM queuectl.ready r WHERE r.queue = q.name LIMIT 1)
        ORDER BY q.name FOR NO KEY UPDATE;
      v_limited := FOUND;
      IF v_limited AND cardinality(v_queues) > 0 THEN
        PERFORM queuectl.count_few_2(v_stripe, v_queues, v_states, v_n, v_held); -- what has ended here makes room
        v_queues := '{}'; v_states := '{}'; v_n := '{}'; v_held := '{}';
      END IF;
      v_open := queuectl.open_2(coalesce(p_queues, queuectl.lanes_2()));
    END IF;
    IF cardinality(v_open) = 1 AND NOT v_limited THEN
      FOR v_next IN
        SELECT r.queue, r.priority, r.seq FROM queuectl.ready r WHERE r.queue = v_open[1]
        ORDER BY r.priority, r.seq LIMIT v_want FOR UPDATE SKIP LOCKED
      LOOP
        v_from := v_from || v_next.queue;
        v_priorities := v_priorities || v_next.priority;
        v_seqs := v_seqs || v_next.seq;
      END LOOP;
    ELSE
      -- All lanes are looked at without locks; then only what is taken is locked.
      FOR v_next IN
        SELECT f.queue, f.priority, f.seq FROM (
          SELECT l.queue, CASE WHEN q.concurrency IS NULL THEN v_want * greatest(1, 12 / cardinality(v_open))
            ELSE greatest(0, least(v_want, q.concurrency - (
              SELECT coalesce(sum(c.n), 0) FROM queuectl.counts c WHERE c.queue = l.queue AND c.state = 'processing')))
            END AS room
          FROM unnest(v_open) AS l (queue) LEFT JOIN queuectl.queues q ON q.name = l.queue) lanes
        CROSS JOIN LATERAL (
          SELECT r.queue, r.priority, r.seq FROM queuectl.ready r WHERE r.queue = lanes.queue
          ORDER BY r.priority, r.seq LIMIT lanes.room) f
        ORDER BY f.priority, f.seq LIMIT v_want * 12
      LOOP
        v_seen := v_seen + 1;
        PERFORM 1 FROM queuectl.ready r
          WHERE r.queue = v_next.queue AND r.priority = v_next.priority AND r.seq = v_next.seq FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        v_from := v_from || v_next.queue;
        v_priorities := v_priorities || v_next.priority;
        v_seqs := v_seqs || v_next.seq;
        EXIT WHEN cardinality(v_seqs) = v_want;
      END LOOP;
    END IF;
    FOR i IN 1..cardinality(v_seqs) LOOP
      DELETE FROM queuectl.ready r WHERE r.queue = v_from[i] AND r.priority = v_priorities[i] AND r.seq = v_seqs[i];
      SELECT j.*, gen_random_uuid() AS token, i AS nth INTO v_job FROM queuectl.jobs j
        WHERE j.seq >= v_seqs[i] AND j.seq <= v_seqs[i] ORDER BY j.seq LIMIT 1;
      INSERT INTO queuectl.running (supervisor, token, job, queue, attempt, worker, host, ready_at, started_at, exchange)
        VALUES (p_supervisor, v_job.token, v_job.seq, v_job.queue, v_job.last_attempt + 1, p_free[i], v_host,
          greatest(v_job.created_at, coalesce(v_job.run_at, 0)), p_now, v_number);
      v_claimed := v_claimed || to_json(v_job);
      v_queues := v_queues || v_job.queue || v_job.queue;
      v_states := v_states || 'processing'::text || 'pending'::text;
      v_n := v_n || 1::bigint || -1::bigint;
      v_held := v_held || 0::bigint || 0::bigint;
      v_taken := i;
    END LOOP;
    IF v_taken < v_want AND cardinality(v_open) = 1 AND NOT v_limited
      AND EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = v_open[1]) THEN
      v_seen := v_taken + 1;
    END IF;
  END IF;

  IF cardinality(v_queues) > 0 THEN
    PERFORM queuectl.count_few_2(v_stripe, v_queues, v_states, v_n, v_held);
  END IF;
  IF v_taken = 0 THEN
    v_waits := queuectl.waits_2(p_queues, coalesce(p_queues, queuectl.lanes_2()), v_due);
  END IF;
  RETURN json_build_object('number', v_number, 'refused', v_refused, 'claimed', array_to_json(v_claimed),
    'taken', v_taken, 'seen', greatest(v_seen, v_taken), 'woken', v_woken, 'due', v_due, 'waits', v_waits);
END $$;
`,
};
