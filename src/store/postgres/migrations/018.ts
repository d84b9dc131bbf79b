/**
 * @module
 * An exchange costs the server less. Of one job, there are fewer statements: to begin and end one costs more than what it
 * does. Of many, rows are found by all their places at once, since to look for each of them asks the system how long the
 * table is. And tokens of attempts begin with the time, so that those of a supervisor stand together in the index, whose
 * earlier pages are not touched again. The functions stay under their names, since whoever calls them gets the same.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 13,
  sql: `
-- Each statement that writes reads these conditions anew, in a form that is the longer the more words they have: a list is
-- one word, and what only few jobs need is asked by the function.
ALTER TABLE queuectl.jobs DROP CONSTRAINT jobs_state, DROP CONSTRAINT jobs_held,
  ADD CONSTRAINT jobs_state CHECK (
    state = ANY ('{blocked,pending,scheduled,completed,failed,dead,cancelled,skipped}'::text[])),
  ADD CONSTRAINT jobs_held CHECK (NOT held OR state = ANY ('{blocked,pending,scheduled,failed,skipped}'::text[]));
ALTER TABLE queuectl.attempts DROP CONSTRAINT attempts_outcome, ADD CONSTRAINT attempts_outcome CHECK (
  outcome = ANY ('{completed,failed,timed_out,idle,cancelled,lost,snoozed,released}'::text[]));
ALTER TABLE queuectl.counts DROP CONSTRAINT counts_state, ADD CONSTRAINT counts_state CHECK (
  state = ANY ('{blocked,pending,scheduled,processing,completed,failed,dead,cancelled,skipped}'::text[]));

CREATE FUNCTION queuectl.note_end_18() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.skipped_for IS DISTINCT FROM OLD.skipped_for
    OR (NEW.state IN ('completed', 'dead', 'cancelled', 'skipped'))
      <> (OLD.state IN ('completed', 'dead', 'cancelled', 'skipped')) THEN
    INSERT INTO queuectl.ended (job) VALUES (NEW.seq);
  END IF;
  RETURN NULL;
END $$;

DROP TRIGGER job_ended ON queuectl.jobs;
CREATE TRIGGER job_ended AFTER UPDATE OF state, skipped_for ON queuectl.jobs FOR EACH ROW WHEN (NEW.needed)
  EXECUTE FUNCTION queuectl.note_end_18();

CREATE FUNCTION queuectl.count_in_group_18() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.state IS DISTINCT FROM OLD.state OR NEW.skipped_for IS DISTINCT FROM OLD.skipped_for)
    AND (NEW.state IN ('completed', 'dead', 'cancelled', 'skipped')
      OR OLD.state IN ('completed', 'dead', 'cancelled', 'skipped')) THEN
    INSERT INTO queuectl.group_changes (in_group, at, open, completed, dead, cancelled, skipped_failed, skipped_called_off, skipped_unneeded)
      VALUES (NEW.in_group, coalesce(NEW.finished_at, 0),
        (NEW.state NOT IN ('completed', 'dead', 'cancelled', 'skipped'))::integer
          - (OLD.state NOT IN ('completed', 'dead', 'cancelled', 'skipped'))::integer,
        (NEW.state = 'completed')::integer - (OLD.state = 'completed')::integer,
        (NEW.state = 'dead')::integer - (OLD.state = 'dead')::integer,
        (NEW.state = 'cancelled')::integer - (OLD.state = 'cancelled')::integer,
        (NEW.skipped_for IS NOT DISTINCT FROM 'failed')::integer - (OLD.skipped_for IS NOT DISTINCT FROM 'failed')::integer,
        (NEW.skipped_for IS NOT DISTINCT FROM 'called_off')::integer - (OLD.skipped_for IS NOT DISTINCT FROM 'called_off')::integer,
        (NEW.skipped_for IS NOT DISTINCT FROM 'unneeded')::integer - (OLD.skipped_for IS NOT DISTINCT FROM 'unneeded')::integer);
  END IF;
  RETURN NULL;
END $$;

DROP TRIGGER group_counts ON queuectl.jobs;
CREATE TRIGGER group_counts AFTER UPDATE OF state, skipped_for ON queuectl.jobs FOR EACH ROW
  WHEN (NEW.in_group IS NOT NULL) EXECUTE FUNCTION queuectl.count_in_group_18();

-- What names an attempt.
CREATE FUNCTION queuectl.token_18(p_now bigint) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT (lpad(to_hex(p_now), 12, '0') || substr(gen_random_uuid()::text, 15))::uuid
$$;

-- How many attempts ended, without what follows. Here, rows that were found are joined by their hashes alone.
CREATE FUNCTION queuectl.settle_18(
  p_supervisor text, p_now bigint,
  p_tokens uuid[], p_started bigint[], p_finished bigint[], p_outcomes text[], p_codes bigint[], p_signals text[],
  p_errors text[], p_states text[], p_called_off text[], p_run_at bigint[], p_uncounted integer[],
  p_held_if_paused boolean[], p_cpu bigint[],
  OUT settled uuid[], OUT jobs bigint[], OUT apart bigint, OUT moved bigint, OUT ready bigint[],
  OUT unstarted bigint[], OUT unstarted_attempts integer[],
  OUT queues text[], OUT states text[], OUT n bigint[], OUT held bigint[]
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_nestloop = off SET enable_mergejoin = off SET enable_hashjoin = on AS $$
BEGIN
  WITH s AS MATERIALIZED (
    SELECT s.*, r.at, o.at AS job_at
    FROM unnest(p_tokens, p_started, p_finished, p_outcomes, p_codes, p_signals, p_errors, p_states,
        p_called_off, p_run_at, p_uncounted, p_held_if_paused, p_cpu)
      AS s (token, started_at, finished_at, outcome, exit_code, signal, error, state, called_off, run_at, uncounted,
        held_if_paused, cpu_ms)
    CROSS JOIN LATERAL (
      SELECT r.ctid AS at, r.job FROM queuectl.running r
      WHERE r.supervisor = p_supervisor AND r.token = s.token LIMIT 1) r
    LEFT JOIN LATERAL (
      SELECT o.ctid AS at FROM queuectl.jobs o WHERE o.seq >= r.job AND o.seq <= r.job ORDER BY o.seq LIMIT 1) o ON true),
  gone AS (
    -- in words that no index fits: it is to be found by its place alone
    DELETE FROM queuectl.running r
    WHERE r.ctid = ANY (ARRAY(SELECT s.at FROM s)) AND r.supervisor IS NOT DISTINCT FROM p_supervisor
    RETURNING r.job, r.attempt, r.token, r.worker, r.takes, r.adopted_from, r.host, r.ready_at, r.started_at,
      r.paused_at, r.paused_ms, r.cancel_requested),
  ended AS MATERIALIZED (
    SELECT r.job, r.attempt, r.token, r.worker, r.takes, r.adopted_from, r.host, r.ready_at,
      coalesce(s.started_at, r.started_at) AS started_at, s.finished_at, s.outcome, s.exit_code, s.signal, s.error,
      s.run_at, s.uncounted, s.cpu_ms, s.outcome <> 'unstarted' AS begun,
      r.paused_ms + greatest(0, coalesce(s.finished_at - r.paused_at, 0)) AS paused_ms,
      r.paused_at IS NOT NULL AND NOT r.cancel_requested AND s.held_if_paused AS held,
      CASE WHEN r.cancel_requested THEN s.called_off ELSE s.state END AS state
    FROM gone r JOIN s ON s.token = r.token),
  kept AS (
    INSERT INTO queuectl.attempts (job, attempt, token, supervisor, worker, adopted_from, host, ready_at, started_at,
      finished_at, paused_ms, outcome, exit_code, signal, error, cpu_ms)
    SELECT e.job, e.attempt, e.token, p_supervisor, e.worker, e.adopted_from, e.host, e.ready_at, e.started_at,
      e.finished_at, e.paused_ms, e.outcome, e.exit_code, e.signal, e.error, e.cpu_ms FROM ended e WHERE e.begun),
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
    -- in words that no index fits, again: all jobs might be read, where the server does not know yet that there are many
    FROM ended e WHERE j.ctid = ANY (ARRAY(SELECT s.job_at FROM s)) AND j.seq + 0 = e.job
    RETURNING j.seq, j.queue, j.state, j.held, e.begun, e.outcome, e.ready_at, e.started_at, e.finished_at, e.cpu_ms),
  tallied AS (
    INSERT INTO queuectl.tallies (at, queue, ended)
    SELECT p_now, m.queue, ('[' || string_agg(concat('["', m.outcome, '","', m.state, '",', m.ready_at, ',', m.started_at,
      ',', m.finished_at, ',', coalesce(m.cpu_ms::text, 'null'), ']'), ',') || ']')::json
    FROM moved m WHERE m.begun GROUP BY m.queue)
  SELECT e.tokens, e.jobs, e.apart, e.unstarted, e.unstarted_attempts, m.n, m.ready, c.queues || c.queues,
      c.states || array_fill('processing'::text, ARRAY[c.k]), c.n || c.less, c.held || array_fill(0::bigint, ARRAY[c.k])
    INTO settled, jobs, apart, unstarted, unstarted_attempts, moved, ready, queues, states, n, held
    FROM (
        SELECT coalesce(array_agg(e.token), '{}') AS tokens, array_agg(e.job) AS jobs, count(e.takes) AS apart,
          array_agg(e.job) FILTER (WHERE NOT e.begun) AS unstarted,
          array_agg(e.attempt) FILTER (WHERE NOT e.begun) AS unstarted_attempts
        FROM ended e) e,
      (SELECT count(*) AS n, array_agg(m.seq) FILTER (WHERE m.state = 'pending' AND NOT m.held) AS ready FROM moved m) m,
      (SELECT array_agg(g.queue) AS queues, array_agg(g.state) AS states, array_agg(g.n) AS n, array_agg(-g.n) AS less,
          array_agg(g.held) AS held, count(*)::integer AS k
        FROM (
          SELECT m.queue, m.state, count(*) AS n, count(*) FILTER (WHERE m.held) AS held FROM moved m GROUP BY 1, 2) g) c;
END $$;

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
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  v_did record;
  v_settled uuid[];
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

  SELECT * INTO v_did FROM queuectl.settle_18(p_supervisor, p_now, p_tokens, p_started, p_finished, p_outcomes, p_codes,
    p_signals, p_errors, p_states, p_called_off, p_run_at, p_uncounted, p_held_if_paused, p_cpu);
  v_settled := v_did.settled;
  apart := v_did.apart; queues := v_did.queues; states := v_did.states; n := v_did.n; held := v_did.held;
  IF cardinality(v_settled) <> v_did.moved THEN
    IF (SELECT count(*) FROM queuectl.jobs j WHERE j.seq = ANY (v_did.jobs)) = cardinality(v_did.jobs) THEN
      RAISE EXCEPTION 'somebody has just changed one of these jobs' USING ERRCODE = '40001'; -- all is done again
    END IF;
    RAISE EXCEPTION 'a running attempt has no job' USING ERRCODE = 'QU003';
  END IF;
  IF v_did.ready IS NOT NULL THEN
    INSERT INTO queuectl.ready (queue, priority, seq)
      SELECT queuectl.place_13(j.queue, j.policy), j.priority, j.seq FROM queuectl.jobs j WHERE j.seq = ANY (v_did.ready);
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
    DELETE FROM queuectl.output o
      USING unnest(v_did.unstarted, v_did.unstarted_attempts) AS u (job, attempt)
      WHERE o.job = u.job AND o.attempt = u.attempt;
    WITH back AS (
      DELETE FROM queuectl.gate_starts g USING unnest(p_tokens, p_outcomes) AS t (token, outcome)
      WHERE t.outcome = 'unstarted' AND t.token = ANY (v_settled) AND g.token = t.token RETURNING g.kind, g.name)
    INSERT INTO queuectl.gate_returns (name) SELECT b.name FROM back b WHERE b.kind = 'limit';
  END IF;
END $$;

-- Claims very many of some queues, in the order of all; NULL is all that can be claimed.
CREATE OR REPLACE FUNCTION queuectl.claim_15(
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
  IF p_open IS NULL THEN
    SELECT array_agg(f.at), array_agg(f.seq) INTO v_places, v_seqs FROM (
      SELECT r.ctid AS at, r.seq FROM queuectl.ready r WHERE (r.priority, r.seq) > (v_priority, v_seq)
      ORDER BY r.priority, r.seq LIMIT v_want FOR UPDATE SKIP LOCKED) f;
  ELSIF cardinality(p_open) = 1 AND NOT p_limited THEN
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
    SELECT to_json(t) AS claimed, t.token, t.seq, t.queue, t.last_attempt + 1 AS attempt,
      greatest(t.created_at, coalesce(t.run_at, 0)) AS ready_at, t.nth
    FROM (
      SELECT j.*, queuectl.token_18(p_now) AS token, s.nth FROM unnest(v_seqs) WITH ORDINALITY AS s (seq, nth)
      CROSS JOIN LATERAL (
        SELECT * FROM queuectl.jobs j WHERE j.seq >= s.seq AND j.seq <= s.seq ORDER BY j.seq LIMIT 1) j) t),
  begun AS (
    INSERT INTO queuectl.running (supervisor, token, job, queue, attempt, worker, host, ready_at, started_at, exchange)
    SELECT p_supervisor, t.token, t.seq, t.queue, t.attempt, p_free[t.nth], p_host, t.ready_at, p_now, p_number FROM took t),
  counted AS (
    SELECT array_agg(c.queue) AS queues, array_agg(c.n) AS n, array_agg(-c.n) AS less, count(*)::integer AS k
    FROM (SELECT t.queue, count(*) AS n FROM took t GROUP BY 1) c)
  SELECT t.claimed, t.n, c.queues || c.queues,
      array_fill('processing'::text, ARRAY[c.k]) || array_fill('pending'::text, ARRAY[c.k]), c.n || c.less,
      array_fill(0::bigint, ARRAY[2 * c.k])
    INTO claimed, taken, queues, states, n, held
    FROM (SELECT json_agg(t.claimed ORDER BY t.nth) AS claimed, count(*) AS n FROM took t) t, counted c;
END $$;

-- As exchange_13 and exchange_few_13.
CREATE OR REPLACE FUNCTION queuectl.exchange_15(
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
  v_some boolean;
  v_plain boolean := false;
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
  v_void text;
  v_counted bigint;
  v_seq bigint;
  v_gone boolean := false;                -- what is claimed no longer stands in ready
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
      IF v_want = 0 THEN
        v_some := false;
      ELSIF queuectl.is_plain_15(p_queues) THEN
        PERFORM 1 FROM queuectl.ready r ORDER BY r.priority, r.seq LIMIT 1;
        v_some := FOUND;
      ELSE
        v_some := cardinality(queuectl.open_13(coalesce(p_queues, queuectl.lanes_13()))) > 0;
        IF NOT v_some AND queuectl.is_apart_15() THEN
          SELECT * INTO v_took FROM queuectl.claim_apart_13(
            p_supervisor, NULL, NULL, p_now, p_free, coalesce(p_ahead, 0), p_queues, '{}', true);
          v_some := v_took.missed > 0;
          v_due := least(v_due, v_took.next_at);
        END IF;
      END IF;
      IF NOT v_some OR NOT EXISTS (SELECT 1 FROM queuectl.supervisors s WHERE s.id = p_supervisor) THEN
        RETURN json_build_object('number', NULL, 'refused', '{}'::uuid[], 'claimed', NULL,
          'taken', 0, 'seen', 0, 'woken', 0, 'due', v_due,
          'waits', queuectl.waits_13(p_queues, coalesce(p_queues, queuectl.lanes_13()), v_due));
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
          -- by its place: by its number alone, another index might be read from end to end
          WHERE j.ctid = (
              SELECT o.ctid FROM queuectl.jobs o WHERE o.seq >= v_running.job AND o.seq <= v_running.job
              ORDER BY o.seq LIMIT 1)
            AND j.seq = v_running.job
          RETURNING j.queue, j.priority, j.policy INTO v_queue, v_priority, v_policy;
        EXIT WHEN FOUND; -- else somebody has just changed it
        IF NOT EXISTS (SELECT 1 FROM queuectl.jobs j WHERE j.seq = v_running.job) THEN
          RAISE EXCEPTION 'a running attempt has no job' USING ERRCODE = 'QU003';
        END IF;
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
    v_void := pg_advisory_xact_lock_shared(1363366988, 'queuectl.queues'::regclass::oid::integer)::text;
    v_plain := queuectl.is_plain_15(p_queues);
    IF NOT v_plain THEN
      v_lanes := coalesce(p_lanes, p_queues, queuectl.lanes_13());
    END IF;
    IF v_plain THEN
      v_open := NULL; -- all of them
    ELSIF p_priority IS NOT NULL THEN
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
    ELSIF p_few AND v_plain AND v_want = 1 THEN
      DELETE FROM queuectl.ready r
        WHERE r.ctid = (
          SELECT f.ctid FROM queuectl.ready f
          ORDER BY f.priority, f.seq LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING r.queue, r.seq INTO v_queue, v_seq;
      IF FOUND THEN
        v_from := ARRAY[v_queue];
        v_seqs := ARRAY[v_seq];
      END IF;
      v_gone := true;
    ELSIF p_few AND v_plain THEN
      FOR v_next IN
        SELECT r.queue, r.priority, r.seq FROM queuectl.ready r ORDER BY r.priority, r.seq LIMIT v_want FOR UPDATE SKIP LOCKED
      LOOP
        v_from := v_from || v_next.queue;
        v_priorities := v_priorities || v_next.priority;
        v_seqs := v_seqs || v_next.seq;
      END LOOP;
    ELSIF p_few AND cardinality(v_open) = 1 AND NOT v_limited AND v_want = 1 THEN
      DELETE FROM queuectl.ready r
        WHERE r.ctid = (
          SELECT f.ctid FROM queuectl.ready f WHERE f.queue = v_open[1]
          ORDER BY f.priority, f.seq LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING r.queue, r.seq INTO v_queue, v_seq;
      IF FOUND THEN
        v_from := ARRAY[v_queue];
        v_seqs := ARRAY[v_seq];
      END IF;
      v_gone := true;
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
    ELSIF v_plain OR cardinality(v_open) > 0 THEN
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
      IF NOT v_gone THEN
        DELETE FROM queuectl.ready r WHERE r.queue = v_from[i] AND r.priority = v_priorities[i] AND r.seq = v_seqs[i];
      END IF;
      SELECT j.*, queuectl.token_18(p_now) AS token, i AS nth INTO v_job FROM queuectl.jobs j
        WHERE j.seq >= v_seqs[i] AND j.seq <= v_seqs[i] ORDER BY j.seq LIMIT 1;
      INSERT INTO queuectl.running (supervisor, token, job, queue, attempt, worker, host, ready_at, started_at, exchange)
        VALUES (p_supervisor, v_job.token, v_job.seq, v_job.queue, v_job.last_attempt + 1, p_free[i], v_host,
          greatest(v_job.created_at, coalesce(v_job.run_at, 0)), p_now, v_number);
      v_claimed := v_claimed || to_json(v_job);
      v_taken := i;
    END LOOP;
    IF v_taken < v_want AND p_priority IS NULL AND (v_plain OR cardinality(v_open) = 1 AND NOT v_apart AND NOT v_limited) THEN
      IF v_plain THEN
        PERFORM 1 FROM queuectl.ready r ORDER BY r.priority, r.seq LIMIT 1;
      ELSE
        PERFORM 1 FROM queuectl.ready r WHERE r.queue = v_open[1] ORDER BY r.queue, r.priority, r.seq LIMIT 1;
      END IF;
      IF FOUND THEN
        v_seen := v_taken + 1;
      END IF;
    END IF;
  END IF;

  IF cardinality(v_from) = 1 AND cardinality(v_queues) = 2 AND v_queues[1] = v_from[1] AND v_states[1] <> 'pending'
    AND v_held[1] = 0 THEN
    -- One has ended and the next of its queue begun: as many run as before.
    UPDATE queuectl.counts c SET n = c.n + CASE WHEN c.state = 'pending' THEN -1 ELSE 1 END
      WHERE c.queue = v_from[1] AND c.state = ANY (ARRAY[v_states[1], 'pending']) AND c.stripe = v_stripe;
    GET DIAGNOSTICS v_counted = ROW_COUNT;
    IF v_counted < 2 THEN
      INSERT INTO queuectl.counts (queue, state, stripe, n)
        VALUES (v_from[1], v_states[1], v_stripe, 1), (v_from[1], 'pending', v_stripe, -1) ON CONFLICT DO NOTHING;
    END IF;
  ELSE
    FOREACH v_queue IN ARRAY v_from LOOP
      v_queues := v_queues || v_queue || v_queue;
      v_states := v_states || 'processing'::text || 'pending'::text;
      v_n := v_n || 1::bigint || -1::bigint;
      v_held := v_held || 0::bigint || 0::bigint;
    END LOOP;
    IF cardinality(v_queues) > 0 THEN
      PERFORM queuectl.count_few_2(v_stripe, v_queues, v_states, v_n, v_held);
    END IF;
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
