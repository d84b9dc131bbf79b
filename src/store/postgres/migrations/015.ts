/**
 * @module
 * One exchange for few jobs and for many. Of many, only what ends is planned anew each time, since it is joined with what
 * runs; the rest is planned once, in the ways that are right for few and many rows alike.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 13,
  sql: `
-- Each job ends once: there is room for its second version, so that no page is split for it.
ALTER INDEX queuectl.jobs_pkey SET (fillfactor = 45);

-- As is_apart_13, of which a plan that was made while nothing could be claimed reads all that can be. To be called where
-- nothing is read from end to end.
CREATE FUNCTION queuectl.is_apart_15() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM 1 FROM queuectl.ready r WHERE r.queue < '0' ORDER BY r.seq LIMIT 1;
  RETURN FOUND OR queuectl.has_ruled_13();
END $$;

-- What many attempts printed, and how they ended. What is to be counted of it comes back.
CREATE FUNCTION queuectl.bring_15(
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
  v_moved bigint;
  v_ready bigint[];
BEGIN
  refused := '{}'; apart := 0; queues := '{}'; states := '{}'; n := '{}'; held := '{}';
  IF cardinality(p_printed) > 0 THEN
    refused := ARRAY(
      SELECT p.token FROM unnest(p_printed) AS p (token) WHERE NOT EXISTS (
        SELECT 1 FROM queuectl.running r WHERE r.supervisor = p_supervisor AND r.token = p.token));
  END IF;
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
  IF cardinality(p_tokens) = 0 THEN
    RETURN;
  END IF;

  WITH s AS MATERIALIZED (
    SELECT * FROM unnest(p_tokens, p_started, p_finished, p_outcomes, p_codes, p_signals, p_errors, p_states,
        p_called_off, p_run_at, p_uncounted, p_held_if_paused, p_cpu)
      AS s (token, started_at, finished_at, outcome, exit_code, signal, error, state, called_off, run_at, uncounted,
        held_if_paused, cpu_ms)),
  ended AS (
    DELETE FROM queuectl.running r USING s WHERE r.supervisor = p_supervisor AND r.token = s.token
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
    FROM ended e WHERE j.seq = e.job
    RETURNING j.seq, j.queue, j.state, j.held, e.begun, e.outcome, e.ready_at, e.started_at, e.finished_at, e.cpu_ms),
  tallied AS (
    INSERT INTO queuectl.tallies (at, queue, ended)
    SELECT p_now, m.queue, json_agg(json_build_array(m.outcome, m.state, m.ready_at, m.started_at, m.finished_at, m.cpu_ms))
    FROM moved m WHERE m.begun GROUP BY m.queue)
  SELECT e.tokens, e.apart, m.n, m.ready, c.queues || c.queues,
      c.states || array_fill('processing'::text, ARRAY[c.k]), c.n || c.less, c.held || array_fill(0::bigint, ARRAY[c.k])
    INTO v_settled, apart, v_moved, v_ready, queues, states, n, held
    FROM (SELECT coalesce(array_agg(e.token), '{}') AS tokens, count(e.takes) AS apart FROM ended e) e,
      (SELECT count(*) AS n, array_agg(m.seq) FILTER (WHERE m.state = 'pending' AND NOT m.held) AS ready FROM moved m) m,
      (SELECT array_agg(g.queue) AS queues, array_agg(g.state) AS states, array_agg(g.n) AS n, array_agg(-g.n) AS less,
          array_agg(g.held) AS held, count(*)::integer AS k
        FROM (
          SELECT m.queue, m.state, count(*) AS n, count(*) FILTER (WHERE m.held) AS held FROM moved m GROUP BY 1, 2) g) c;
  IF cardinality(v_settled) <> v_moved THEN
    RAISE EXCEPTION 'a running attempt has no job' USING ERRCODE = 'QU003';
  END IF;
  IF v_ready IS NOT NULL THEN
    INSERT INTO queuectl.ready (queue, priority, seq)
      SELECT queuectl.place_13(j.queue, j.policy), j.priority, j.seq FROM queuectl.jobs j WHERE j.seq = ANY (v_ready);
  END IF;
  IF cardinality(v_settled) < cardinality(p_tokens) THEN
    refused := refused || ARRAY(SELECT t.token FROM unnest(p_tokens) AS t (token) WHERE t.token <> ALL (v_settled));
  END IF;
  IF 'unstarted' = ANY (p_outcomes) THEN
    WITH back AS (
      DELETE FROM queuectl.gate_starts g USING unnest(p_tokens, p_outcomes) AS t (token, outcome)
      WHERE t.outcome = 'unstarted' AND t.token = ANY (v_settled) AND g.token = t.token RETURNING g.kind, g.name)
    INSERT INTO queuectl.gate_returns (name) SELECT b.name FROM back b WHERE b.kind = 'limit';
  END IF;
END $$;

-- Claims very many of some queues, in the order of all.
CREATE FUNCTION queuectl.claim_15(
  p_supervisor text, p_host text, p_number bigint, p_now bigint, p_free text[], p_open text[], p_limited boolean,
  -- after which place; NULL is from the start
  p_priority integer, p_seq bigint,
  OUT claimed json, OUT taken bigint, OUT seen bigint, OUT queues text[], OUT states text[], OUT n bigint[],
  OUT held bigint[]
) LANGUAGE plpgsql SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_want integer := cardinality(p_free);
  v_priority integer := coalesce(p_priority, -2147483648);
  v_seq bigint := coalesce(p_seq, -1);
  v_places tid[];
  v_seqs bigint[];
BEGIN
  IF cardinality(p_open) = 1 AND NOT p_limited THEN
    SELECT array_agg(f.at), array_agg(f.seq) INTO v_places, v_seqs FROM (
      SELECT r.ctid AS at, r.seq FROM queuectl.ready r
      WHERE r.queue = p_open[1] AND (r.priority, r.seq) > (v_priority, v_seq)
      ORDER BY r.priority, r.seq LIMIT v_want FOR UPDATE SKIP LOCKED) f;
  ELSE
    -- All lanes are looked at without locks; then only what is taken is locked, by where it stands, which nobody
    -- reuses while this statement runs. Of many lanes some jobs each tell how far it is worthwhile to look.
    WITH lanes AS MATERIALIZED (
      SELECT l.queue, count(*) OVER () AS k,
        CASE WHEN q.concurrency IS NULL THEN v_want * greatest(1, 12 / count(*) OVER ())
          ELSE greatest(0, least(v_want, q.concurrency - (
            SELECT coalesce(sum(c.n), 0) FROM queuectl.counts c WHERE c.queue = l.queue AND c.state = 'processing'))) END
          AS room
      FROM unnest(p_open) AS l (queue) LEFT JOIN queuectl.queues q ON q.name = l.queue),
    near AS MATERIALIZED (
      SELECT f.priority, f.seq FROM lanes CROSS JOIN LATERAL (
        SELECT r.priority, r.seq FROM queuectl.ready r
        WHERE r.queue = lanes.queue AND (r.priority, r.seq) > (v_priority, v_seq)
        ORDER BY r.priority, r.seq LIMIT least(lanes.room, v_want * 12 / lanes.k + 1)) f
      WHERE lanes.k > 12),
    horizon AS MATERIALIZED (
      SELECT n.priority, n.seq FROM near n ORDER BY n.priority, n.seq
      OFFSET (SELECT least(v_want * 10, greatest(v_want * 3, count(*) * 3 / 4)) FROM near) LIMIT 1),
    looked AS MATERIALIZED (
      SELECT f.at, f.priority, f.seq FROM lanes CROSS JOIN LATERAL (
        SELECT r.ctid AS at, r.priority, r.seq FROM queuectl.ready r
        WHERE r.queue = lanes.queue AND (r.priority, r.seq) > (v_priority, v_seq)
          AND (r.priority, r.seq) <= (coalesce((SELECT h.priority FROM horizon h), 2147483647),
            coalesce((SELECT h.seq FROM horizon h), 9223372036854775807))
        ORDER BY r.priority, r.seq LIMIT lanes.room) f
      ORDER BY f.priority, f.seq LIMIT v_want * 12),
    first AS MATERIALIZED (
      SELECT r.ctid AS at, r.seq FROM queuectl.ready r WHERE r.ctid = ANY (ARRAY(SELECT l.at FROM looked l))
      ORDER BY r.priority, r.seq LIMIT v_want FOR UPDATE SKIP LOCKED)
    SELECT array_agg(f.at), array_agg(f.seq), (SELECT count(*) FROM looked) INTO v_places, v_seqs, seen FROM first f;
  END IF;
  DELETE FROM queuectl.ready r WHERE r.ctid = ANY (v_places);
  WITH took AS MATERIALIZED (
    SELECT j.*, gen_random_uuid() AS token, s.nth FROM unnest(v_seqs) WITH ORDINALITY AS s (seq, nth)
    CROSS JOIN LATERAL (
      SELECT * FROM queuectl.jobs j WHERE j.seq >= s.seq AND j.seq <= s.seq ORDER BY j.seq LIMIT 1) j),
  begun AS (
    INSERT INTO queuectl.running (supervisor, token, job, queue, attempt, worker, host, ready_at, started_at, exchange)
    SELECT p_supervisor, t.token, t.seq, t.queue, t.last_attempt + 1, p_free[t.nth], p_host,
      greatest(t.created_at, coalesce(t.run_at, 0)), p_now, p_number FROM took t),
  counted AS (
    SELECT array_agg(c.queue) AS queues, array_agg(c.n) AS n, array_agg(-c.n) AS less, count(*)::integer AS k
    FROM (SELECT t.queue, count(*) AS n FROM took t GROUP BY 1) c)
  SELECT t.claimed, t.n, c.queues || c.queues,
      array_fill('processing'::text, ARRAY[c.k]) || array_fill('pending'::text, ARRAY[c.k]), c.n || c.less,
      array_fill(0::bigint, ARRAY[2 * c.k])
    INTO claimed, taken, queues, states, n, held
    FROM (SELECT json_agg(to_json(t) ORDER BY t.nth) AS claimed, count(*) AS n FROM took t) t, counted c;
END $$;

-- As exchange_13 and exchange_few_13.
CREATE FUNCTION queuectl.exchange_15(
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
  -- so many of the last workers would not begin at once
  p_ahead integer,
  -- after which place, and the queues that have jobs, where they are known: what stands before that place is not read, be
  -- it gone or not, and it may take less than there is
  p_priority integer, p_seq bigint, p_lanes text[],
  -- whether to deal with them one by one
  p_few boolean
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
  v_locked text[] := '{}';
  v_apart boolean := false;
  v_brought record;
  v_took record;
  v_more boolean := false;
  v_room bigint := 0;
  v_policy text;
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
  v_all json;                             -- of many, all of it
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
      v_lanes := coalesce(p_queues, queuectl.lanes_13());
      v_open := queuectl.open_13(v_lanes);
      IF v_want > 0 AND cardinality(v_open) = 0 AND queuectl.is_apart_15() THEN
        SELECT * INTO v_took FROM queuectl.claim_apart_13(
          p_supervisor, NULL, NULL, p_now, p_free, coalesce(p_ahead, 0), p_queues, '{}', true);
        v_apart := v_took.missed > 0;
        v_due := least(v_due, v_took.next_at);
      END IF;
      IF v_want = 0 OR cardinality(v_open) = 0 AND NOT v_apart
        OR NOT EXISTS (SELECT 1 FROM queuectl.supervisors s WHERE s.id = p_supervisor) THEN
        RETURN json_build_object('number', NULL, 'refused', '{}'::uuid[], 'claimed', NULL,
          'taken', 0, 'seen', 0, 'woken', 0, 'due', v_due, 'waits', queuectl.waits_13(p_queues, v_lanes, v_due));
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

  IF p_few THEN
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
          CASE WHEN r.cancel_requested THEN p_called_off[i] ELSE p_states[i] END AS state, r.takes
        INTO v_running;
      IF NOT FOUND THEN
        v_refused := v_refused || p_tokens[i];
        CONTINUE;
      END IF;
      v_begun := p_outcomes[i] <> 'unstarted';
      IF v_running.takes IS NOT NULL THEN
        v_room := v_room + 1;
      END IF;
      IF v_begun THEN
        INSERT INTO queuectl.attempts (job, attempt, token, supervisor, worker, adopted_from, host, ready_at, started_at,
            finished_at, paused_ms, outcome, exit_code, signal, error, cpu_ms)
          VALUES (v_running.job, v_running.attempt, p_tokens[i], p_supervisor, v_running.worker, v_running.adopted_from,
            v_running.host, v_running.ready_at, v_running.started_at, p_finished[i], v_running.paused_ms, p_outcomes[i],
            p_codes[i], p_signals[i], p_errors[i], p_cpu[i]);
      ELSE
        DELETE FROM queuectl.output o WHERE o.job = v_running.job AND o.attempt = v_running.attempt;
        IF v_running.takes IS NOT NULL THEN
          WITH back AS (DELETE FROM queuectl.gate_starts g WHERE g.token = p_tokens[i] RETURNING g.kind, g.name)
          INSERT INTO queuectl.gate_returns (name) SELECT b.name FROM back b WHERE b.kind = 'limit';
        END IF;
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
          WHERE j.ctid = v_at AND j.seq = v_running.job RETURNING j.queue, j.priority, j.policy
            INTO v_queue, v_priority, v_policy;
        EXIT WHEN FOUND; -- else somebody has just changed it
      END LOOP;
      IF v_running.state = 'pending' AND NOT v_running.held THEN
        INSERT INTO queuectl.ready (queue, priority, seq) VALUES (queuectl.place_13(v_queue, v_policy), v_priority, v_running.job);
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
  ELSIF v_brings THEN
    SELECT * INTO v_brought FROM queuectl.bring_15(p_supervisor, p_now, p_tokens, p_started, p_finished, p_outcomes, p_codes,
      p_signals, p_errors, p_states, p_called_off, p_run_at, p_uncounted, p_held_if_paused, p_cpu, p_printed, p_of,
      p_streams, p_starts, p_bytes, p_seen_at, p_from, p_to);
    v_refused := v_brought.refused;
    v_room := v_brought.apart;
    v_queues := v_brought.queues;
    v_states := v_brought.states;
    v_n := v_brought.n;
    v_held := v_brought.held;
  END IF;
  IF v_number IS NOT NULL AND cardinality(v_refused) > 0 THEN
    UPDATE queuectl.exchanges e SET refused = v_refused WHERE e.supervisor = p_supervisor;
  END IF;

  IF v_brings THEN
    SELECT j.run_at INTO v_due FROM queuectl.jobs j WHERE j.state IN ('scheduled', 'failed') AND NOT j.held
      ORDER BY j.run_at LIMIT 1;
  END IF;
  IF v_due <= p_now THEN
    v_woken := queuectl.wake_13(p_now, v_stripe);
    SELECT j.run_at INTO v_due FROM queuectl.jobs j WHERE j.state IN ('scheduled', 'failed') AND NOT j.held
      ORDER BY j.run_at LIMIT 1;
  END IF;

  IF v_number IS NOT NULL AND v_want > 0 THEN
    -- Who pauses a queue or limits it waits for claims that are under way; and one after the other claims from queues
    -- with a limit, in the order of their names.
    PERFORM pg_advisory_xact_lock_shared(1363366988, 'queuectl.queues'::regclass::oid::integer);
    v_lanes := coalesce(p_lanes, p_queues, queuectl.lanes_13());
    IF p_priority IS NOT NULL THEN
      -- From what has limits is claimed from the start only.
      IF queuectl.is_apart_15() OR EXISTS (
        SELECT 1 FROM queuectl.queues q WHERE q.concurrency IS NOT NULL AND q.name = ANY (v_lanes)) THEN
        v_open := '{}';
      ELSE
        v_open := ARRAY(
          SELECT DISTINCT l.queue FROM unnest(v_lanes) AS l (queue)
          WHERE NOT EXISTS (SELECT 1 FROM queuectl.queues q WHERE q.name = l.queue AND q.paused));
      END IF;
    ELSE
      v_open := v_lanes;
      v_apart := CASE WHEN p_queues IS NULL THEN v_open[1] IS NOT DISTINCT FROM '' ELSE queuectl.is_apart_15() END;
      IF v_apart OR cardinality(p_queues) > 1 OR EXISTS (
        SELECT 1 FROM queuectl.queues q WHERE q.paused OR q.concurrency IS NOT NULL OR queuectl.has_rules_13(q)) THEN
        v_locked := ARRAY(
          SELECT q.name FROM queuectl.queues q
          WHERE q.concurrency IS NOT NULL AND NOT q.paused AND (p_queues IS NULL OR q.name = ANY (p_queues))
            AND ((SELECT true FROM queuectl.ready r WHERE r.queue = q.name LIMIT 1)
              OR (SELECT true FROM queuectl.sublanes s WHERE s.queue = q.name AND s.priority IS NOT NULL LIMIT 1))
          ORDER BY q.name FOR NO KEY UPDATE);
        v_limited := cardinality(v_locked) > 0;
        IF v_limited AND cardinality(v_queues) > 0 THEN
          PERFORM queuectl.count_few_2(v_stripe, v_queues, v_states, v_n, v_held); -- what has ended here makes room
          v_queues := '{}'; v_states := '{}'; v_n := '{}'; v_held := '{}';
        END IF;
        v_open := queuectl.open_13(v_lanes);
        v_apart := v_apart OR queuectl.has_ruled_13();
      END IF;
    END IF;
    IF v_apart THEN
      SELECT * INTO v_took FROM queuectl.claim_apart_13(
        p_supervisor, v_host, v_number, p_now, p_free, coalesce(p_ahead, 0), p_queues, v_locked, false);
      v_claimed := v_took.claimed;
      v_taken := cardinality(v_claimed);
      v_seen := v_taken + v_took.missed;
      v_more := v_took.more;
      v_room := v_room - v_took.apart;
      v_due := least(v_due, v_took.next_at);
      FOREACH v_queue IN ARRAY v_took.queues LOOP
        v_queues := v_queues || v_queue || v_queue;
        v_states := v_states || 'processing'::text || 'pending'::text;
        v_n := v_n || 1::bigint || -1::bigint;
        v_held := v_held || 0::bigint || 0::bigint;
      END LOOP;
    ELSIF p_few AND cardinality(v_open) = 1 AND NOT v_limited THEN
      FOR v_next IN
        SELECT r.queue, r.priority, r.seq FROM queuectl.ready r WHERE r.queue = v_open[1]
        ORDER BY r.priority, r.seq LIMIT v_want FOR UPDATE SKIP LOCKED
      LOOP
        v_from := v_from || v_next.queue;
        v_priorities := v_priorities || v_next.priority;
        v_seqs := v_seqs || v_next.seq;
      END LOOP;
    ELSIF p_few THEN
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
    ELSIF cardinality(v_open) > 0 THEN
      SELECT * INTO v_took FROM queuectl.claim_15(
        p_supervisor, v_host, v_number, p_now, p_free, v_open, v_limited, p_priority, p_seq);
      v_all := v_took.claimed;
      v_taken := v_took.taken;
      v_seen := v_took.seen;
      v_queues := v_queues || v_took.queues;
      v_states := v_states || v_took.states;
      v_n := v_n || v_took.n;
      v_held := v_held || v_took.held;
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
    IF p_priority IS NULL AND NOT v_apart AND v_taken < v_want AND cardinality(v_open) = 1 AND NOT v_limited
      AND EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = v_open[1]) THEN
      v_seen := v_taken + 1;
    END IF;
  END IF;

  IF cardinality(v_queues) > 0 THEN
    PERFORM queuectl.count_few_2(v_stripe, v_queues, v_states, v_n, v_held);
  END IF;
  IF v_taken = 0 AND p_priority IS NULL THEN
    v_waits := queuectl.waits_13(p_queues, coalesce(p_queues, queuectl.lanes_13()), v_due);
  END IF;
  RETURN json_build_object('number', v_number, 'refused', v_refused, 'claimed', coalesce(v_all, array_to_json(v_claimed)),
    'taken', v_taken, 'seen', greatest(v_seen, v_taken), 'woken', v_woken, 'due', v_due, 'waits', v_waits, 'more', v_more,
    'room', v_room > 0 AND queuectl.is_apart_15(), 'lanes', CASE WHEN p_priority IS NOT NULL THEN v_lanes END);
END $$;
`,
};
