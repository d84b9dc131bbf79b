/**
 * @module
 * An exchange of a few jobs, which must cost little: one job at a time is what a cluster of ordinary jobs does all day.
 * Its statements are planned once, and for rows by their keys, with the scan of a whole table turned off: so a plan that
 * was made while a table was empty is right when it is full. And an exchange of very many that goes on after the last job.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 1,
  sql: `
-- The same as exchange_1, job by job.
CREATE FUNCTION queuectl.exchange_few_2(
  p_supervisor text, p_number bigint, p_now bigint,
  -- settlements
  p_tokens uuid[], p_started bigint[], p_finished bigint[], p_outcomes text[], p_codes bigint[], p_signals text[],
  p_errors text[], p_states text[], p_called_off text[], p_run_at bigint[], p_uncounted integer[],
  p_held_if_paused boolean[],
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
          finished_at, paused_ms, outcome, exit_code, signal, error)
        VALUES (v_running.job, v_running.attempt, p_tokens[i], p_supervisor, v_running.worker, v_running.adopted_from,
          v_running.host, v_running.ready_at, v_running.started_at, p_finished[i], v_running.paused_ms, p_outcomes[i],
          p_codes[i], p_signals[i], p_errors[i]);
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
        v_running.started_at, p_finished[i]);
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

-- The queues that have jobs that could be claimed, each found by one step in the index.
CREATE FUNCTION queuectl.lanes_2() RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_lanes text[] := '{}';
  v_queue text;
BEGIN
  SELECT r.queue INTO v_queue FROM queuectl.ready r ORDER BY r.queue LIMIT 1;
  WHILE v_queue IS NOT NULL LOOP
    v_lanes := v_lanes || v_queue;
    SELECT r.queue INTO v_queue FROM queuectl.ready r WHERE r.queue > v_queue ORDER BY r.queue LIMIT 1;
  END LOOP;
  RETURN v_lanes;
END $$;

-- Those of some queues that have such jobs, are not paused, and whose limit is not reached. A subquery with a limit is
-- never made a join, which might read all that is ready.
CREATE FUNCTION queuectl.open_2(p_lanes text[]) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN ARRAY(
    SELECT DISTINCT l.queue FROM unnest(p_lanes) AS l (queue) LEFT JOIN queuectl.queues q ON q.name = l.queue
    WHERE NOT coalesce(q.paused, false) AND (SELECT true FROM queuectl.ready r WHERE r.queue = l.queue LIMIT 1)
      AND (q.concurrency IS NULL OR q.concurrency > (
        SELECT coalesce(sum(c.n), 0) FROM queuectl.counts c WHERE c.queue = l.queue AND c.state = 'processing')));
END $$;

-- Whether jobs wait that are not held, in queues that are not paused.
CREATE FUNCTION queuectl.waits_2(p_queues text[], p_lanes text[], p_due bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_queue text;
BEGIN
  FOREACH v_queue IN ARRAY p_lanes LOOP
    IF NOT EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = v_queue AND q.paused)
      AND EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = v_queue) THEN
      RETURN true;
    END IF;
  END LOOP;
  RETURN p_due IS NOT NULL AND EXISTS (
    SELECT 1 FROM queuectl.counts c
    WHERE c.state IN ('scheduled', 'failed') AND (p_queues IS NULL OR c.queue = ANY (p_queues))
      AND NOT EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = c.queue AND q.paused)
    GROUP BY c.queue HAVING sum(c.n) > sum(c.held));
END $$;

-- Adds to the counts.
CREATE FUNCTION queuectl.count_few_2(
  p_stripe smallint, p_queues text[], p_states text[], p_n bigint[], p_held bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_n bigint;
  v_held bigint;
BEGIN
  IF cardinality(p_queues) > 8 THEN
    PERFORM queuectl.count_1(p_stripe, p_queues, p_states, p_n, p_held);
    RETURN;
  END IF;
  FOR i IN 1..cardinality(p_queues) LOOP
    v_n := 0;
    v_held := 0;
    FOR k IN 1..cardinality(p_queues) LOOP
      IF p_queues[k] = p_queues[i] AND p_states[k] = p_states[i] THEN
        EXIT WHEN k < i; -- it was counted with that one
        v_n := v_n + p_n[k];
        v_held := v_held + p_held[k];
      END IF;
    END LOOP;
    CONTINUE WHEN v_n = 0 AND v_held = 0;
    UPDATE queuectl.counts c SET n = c.n + v_n, held = c.held + v_held
      WHERE c.queue = p_queues[i] AND c.state = p_states[i] AND c.stripe = p_stripe;
    IF NOT FOUND THEN
      INSERT INTO queuectl.counts (queue, state, stripe, n, held) VALUES (p_queues[i], p_states[i], p_stripe, v_n, v_held)
        ON CONFLICT (queue, state, stripe) DO UPDATE SET n = counts.n + excluded.n, held = counts.held + excluded.held;
    END IF;
  END LOOP;
END $$;

-- An exchange that brings something and goes on claiming after a place, from the queues that are named, or from all, which
-- it then names: what stands before that place is not read, be it gone or not. It may take less than there is.
CREATE FUNCTION queuectl.exchange_after_2(
  p_supervisor text, p_number bigint, p_now bigint, p_tokens uuid[], p_started bigint[], p_finished bigint[],
  p_outcomes text[], p_codes bigint[], p_signals text[], p_errors text[], p_states text[], p_called_off text[],
  p_run_at bigint[], p_uncounted integer[], p_held_if_paused boolean[], p_printed uuid[], p_of uuid[], p_streams text[],
  p_starts bigint[], p_bytes bytea[], p_seen_at bigint[], p_from bigint[], p_to bigint[], p_free text[], p_queues text[],
  p_priority integer, p_seq bigint, p_lanes text[]
) RETURNS json LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  v_want integer := cardinality(p_free);
  v_brought json;
  v_number bigint;
  v_host text;
  v_stripe smallint;
  v_lanes text[];
  v_claimed json;
  v_taken bigint := 0;
BEGIN
  -- The queue that it looks at is none: whether anything waits there is not what is asked.
  v_brought := queuectl.exchange_1(p_supervisor, p_number, p_now, p_tokens, p_started, p_finished, p_outcomes, p_codes,
    p_signals, p_errors, p_states, p_called_off, p_run_at, p_uncounted, p_held_if_paused, p_printed, p_of, p_streams,
    p_starts, p_bytes, p_seen_at, p_from, p_to, '{}', '{""}');
  v_number := (v_brought ->> 'number')::bigint;
  IF v_number IS NOT NULL THEN
    SELECT s.host, s.stripe INTO v_host, v_stripe FROM queuectl.supervisors s WHERE s.id = p_supervisor;
    PERFORM pg_advisory_xact_lock_shared(1363366988, 'queuectl.queues'::regclass::oid::integer);
    v_lanes := coalesce(p_lanes, p_queues, queuectl.lanes_1());
    -- From a queue with a limit is claimed as ever.
    IF NOT EXISTS (
      SELECT 1 FROM queuectl.queues q WHERE q.concurrency IS NOT NULL AND q.name = ANY (v_lanes)) THEN
      WITH lanes AS MATERIALIZED (
        SELECT l.queue, count(*) OVER () AS k FROM (SELECT DISTINCT queue FROM unnest(v_lanes) AS u (queue)) l
        WHERE NOT EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = l.queue AND q.paused)),
      seen AS MATERIALIZED (
        SELECT f.at, f.priority, f.seq FROM lanes CROSS JOIN LATERAL (
          SELECT r.ctid AS at, r.priority, r.seq FROM queuectl.ready r
          WHERE r.queue = lanes.queue AND (r.priority, r.seq) > (p_priority, p_seq)
          ORDER BY r.priority, r.seq LIMIT v_want * greatest(1, 12 / lanes.k)) f
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
          greatest(created_at, coalesce(run_at, 0)), p_now, v_number FROM took),
      changed AS (
        SELECT queue, 'processing' AS state, 1 AS n FROM took UNION ALL SELECT queue, 'pending', -1 FROM took),
      counted AS (
        INSERT INTO queuectl.counts (queue, state, stripe, n)
        SELECT queue, state, v_stripe, sum(n) FROM changed GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (queue, state, stripe) DO UPDATE SET n = counts.n + excluded.n)
      SELECT json_agg(to_json(took) ORDER BY nth), count(*) INTO v_claimed, v_taken FROM took;
    END IF;
  END IF;
  RETURN json_build_object('number', v_number, 'refused', v_brought -> 'refused', 'claimed', v_claimed,
    'taken', v_taken, 'seen', v_taken, 'woken', v_brought -> 'woken', 'due', v_brought -> 'due', 'waits', true,
    'lanes', v_lanes);
END $$;
`,
};
