/**
 * @module
 * In a fair queue, who has its turn and finds no room keeps nothing from those that came before it. And what ends is not
 * planned anew each time: each attempt is found by its token, and each job by its number, however many there are; so are
 * jobs that are laid. The functions stay under their names, since whoever calls them gets the same.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  oldest: 13,
  sql: `
-- Lays jobs that are to be: those that say what they take, those of queues with rules, and those in sub-lanes of other
-- rules, each in their order, at most 500. Whoever changes a job at this moment is not waited for. To be called by who has
-- the lock on sub-lanes. Returns whether there are more.
CREATE OR REPLACE FUNCTION queuectl.lay_13() RETURNS boolean LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  v_room integer := 500;
  v_source text;
  v_jobs bigint[];
  v_places tid[];                         -- of these in ready
BEGIN
  FOR v_source IN
    SELECT s.place FROM (
      SELECT '' AS place WHERE EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = '')
      UNION ALL
      SELECT q.name FROM queuectl.queues q
      WHERE queuectl.has_rules_13(q) AND EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = q.name)
      UNION ALL
      (SELECT '*' || l.id FROM queuectl.sublanes l WHERE l.stale ORDER BY l.id LIMIT 200)) s
  LOOP
    SELECT coalesce(array_agg(f.seq), '{}'), array_agg(f.at) INTO v_jobs, v_places FROM (
      SELECT r.seq, r.ctid AS at FROM queuectl.ready r JOIN queuectl.jobs j ON j.seq = r.seq WHERE r.queue = v_source
      ORDER BY r.priority, r.seq LIMIT v_room FOR NO KEY UPDATE SKIP LOCKED) f;
    IF cardinality(v_jobs) > 0 THEN
      WITH picked AS (
        SELECT j.queue, coalesce(j.policy::json ->> 'takes', '') AS takes,
          coalesce((j.policy::json ->> 'slots')::integer, 1) AS slots,
          CASE WHEN q.per_label IS NOT NULL OR q.fair IS TRUE THEN coalesce(j.label, '') ELSE '' END AS label,
          queuectl.rule_13(q) AS rule, q.takes AS of_queue
        FROM queuectl.jobs j LEFT JOIN queuectl.queues q ON q.name = j.queue WHERE j.seq = ANY (v_jobs))
      INSERT INTO queuectl.sublanes (queue, rule, label, takes, slots, names, units)
        SELECT p.queue, p.rule, p.label, p.takes, p.slots, coalesce(u.names, '{}'), coalesce(u.units, '{}')
        FROM (SELECT DISTINCT * FROM picked WHERE rule <> '' OR takes <> '' OR slots > 1) p CROSS JOIN LATERAL (
          SELECT array_agg(b.name) AS names, array_agg(b.units) AS units FROM (
            SELECT o.name, least(1000000, sum(o.units))::bigint AS units FROM (
              SELECT * FROM queuectl.units_13(p.takes) UNION ALL SELECT * FROM queuectl.units_13(p.of_queue)) o
            GROUP BY 1 ORDER BY 1) b) u
        ON CONFLICT DO NOTHING;
      WITH moved AS (
        -- each by its place, number and kind: before the server has looked at these tables, it might read all of them
        UPDATE queuectl.ready r SET queue = coalesce('*' || p.id, p.queue)
        FROM (
          SELECT v.at, j.seq, j.queue, s.id FROM unnest(v_places, v_jobs) AS v (at, seq)
          CROSS JOIN LATERAL (
            SELECT * FROM queuectl.jobs j WHERE j.seq >= v.seq AND j.seq <= v.seq ORDER BY j.seq LIMIT 1) j
          LEFT JOIN queuectl.queues q ON q.name = j.queue
          LEFT JOIN LATERAL (
            SELECT l.id FROM queuectl.sublanes l
            WHERE l.queue = j.queue AND l.rule = queuectl.rule_13(q)
              AND l.label = CASE WHEN q.per_label IS NOT NULL OR q.fair IS TRUE THEN coalesce(j.label, '') ELSE '' END
              AND l.takes = coalesce(j.policy::json ->> 'takes', '')
              AND l.slots = coalesce((j.policy::json ->> 'slots')::integer, 1) LIMIT 1) s ON true) p
        WHERE r.ctid = p.at AND r.seq = p.seq
        RETURNING p.id, r.priority, r.seq),
      first AS (
        SELECT DISTINCT ON (m.id) m.id, m.priority, m.seq FROM moved m WHERE m.id IS NOT NULL
        ORDER BY m.id, m.priority, m.seq)
      UPDATE queuectl.sublanes s SET priority = f.priority, seq = f.seq FROM first f
        WHERE s.id = f.id AND (s.priority IS NULL OR (f.priority, f.seq) < (s.priority, s.seq));
      v_room := v_room - cardinality(v_jobs);
    END IF;
    IF v_source LIKE '*%' THEN
      DELETE FROM queuectl.sublanes s WHERE s.id = substr(v_source, 2)::bigint
        AND NOT EXISTS (SELECT 1 FROM queuectl.ready r WHERE r.queue = v_source);
    END IF;
    IF v_room <= 0 THEN
      RETURN true;
    END IF;
  END LOOP;
  RETURN EXISTS (SELECT 1 FROM queuectl.sublanes s WHERE s.stale);
END $$;

-- Claims, where some stand apart, one by one in the order of all. Where another one does so at this moment, what stands
-- apart is left to it.
CREATE OR REPLACE FUNCTION queuectl.claim_apart_13(
  p_supervisor text, p_host text, p_number bigint, p_now bigint, p_free text[], p_ahead integer, p_queues text[],
  -- queues with a concurrency that are locked; and whether only to look, which says in missed whether there is anything
  p_locked text[], p_looks boolean,
  OUT claimed json[], OUT queues text[], OUT missed integer, OUT apart integer, OUT more boolean, OUT next_at bigint
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
  v_want integer := cardinality(p_free);
  v_place integer := 1;                   -- the next in p_free
  v_ours boolean;
  v_slots bigint;                         -- of all its workers
  v_open text[];
  v_cursor refcursor;
  v_plain record;
  v_lane queuectl.sublanes;
  v_queue queuectl.queues;
  v_has_plain boolean := false;
  v_has_lane boolean := false;
  v_chosen_fair boolean;
  v_early boolean;                        -- it has its turn before its place
  v_waits boolean;                        -- and is to be looked at there
  v_used jsonb;                           -- by name, and by '//' and a queue and its label
  v_labelled text[] := '{}';              -- the queues that are among these
  -- what is not to be looked at any more: what takes of these names, of these queues, these sub-lanes, and what comes
  -- before this place
  v_closed text[] := '{}';
  v_shut text[] := '{}';
  v_passed bigint[] := '{}';
  v_drawn text[] := '{}';                 -- of these somebody found too little who had its turn before its place
  v_priority integer := -2147483648;
  v_seq bigint := -1;
  -- gates: a name that is taken of, '/' and a queue with a rate, '//' and a queue and its label, '///' and a queue with a
  -- concurrency; for each how many units have room at once, how many there are, the same of its rate, what of things
  v_gates text[] := '{}';
  v_room bigint[] := '{}';
  v_most bigint[] := '{}';
  v_begin bigint[] := '{}';
  v_count bigint[] := '{}';
  v_per bigint[] := '{}';
  v_smooth double precision[] := '{}';    -- when the next may begin; NULL where its rate is not even
  v_shut_until bigint[] := '{}';          -- by whom its rate is kept, and until when
  v_shut_priority integer[] := '{}';
  v_shut_seq bigint[] := '{}';
  v_thing bigint[] := '{}';               -- how many units this supervisor has; NULL where it is no thing
  v_units jsonb := '{}';                  -- the numbers of those that are free
  -- of the job that is looked at
  v_names text[];
  v_takes bigint[];
  v_at integer[];
  v_k integer;
  v_u bigint;
  v_limit record;
  v_gate record;
  v_never boolean;
  v_lacks boolean;
  v_lacks_room boolean;
  v_lacks_more boolean;
  v_free_at bigint;
  v_until bigint;
  v_first bigint;
  v_parked integer := 0;
  v_looked integer := 0;
  v_known boolean := false;               -- which sub-lane is the next
  v_names_back text[];
  v_ready record;
  v_job record;
  v_own jsonb;
BEGIN
  claimed := '{}'; queues := '{}'; missed := 0; apart := 0; more := false;
  IF p_looks THEN
    v_open := queuectl.open_13(coalesce(p_queues, queuectl.lanes_13()));
    IF cardinality(v_open) > 0 OR queuectl.is_unlaid_13() OR EXISTS (SELECT 1 FROM queuectl.gate_returns) THEN
      missed := 1;
      RETURN;
    END IF;
  END IF;
  v_ours := p_looks OR pg_try_advisory_xact_lock(1363366988, 'queuectl.sublanes'::regclass::oid::integer);
  IF v_ours THEN
    IF NOT p_looks THEN
      more := queuectl.lay_13();
      WITH back AS (DELETE FROM queuectl.gate_returns g RETURNING g.name)
      SELECT array_agg(DISTINCT b.name) INTO v_names_back FROM back b;
      IF v_names_back IS NOT NULL THEN
        UPDATE queuectl.sublanes s SET until = NULL WHERE s.until IS NOT NULL AND s.names && v_names_back;
        UPDATE queuectl.gates g SET closed_until = NULL, closed_by = NULL
          WHERE g.kind = 'limit' AND g.name = ANY (v_names_back);
      END IF;
    END IF;
    SELECT sum(w.slots) INTO v_slots FROM queuectl.workers w WHERE w.supervisor = p_supervisor;
    SELECT coalesce(jsonb_object_agg(u.name, u.units), '{}') INTO v_used FROM queuectl.used_13() u;
    v_shut := ARRAY(SELECT q.name FROM queuectl.queues q WHERE q.paused OR q.concurrency = 0 OR q.per_label = 0);
  ELSE
    missed := 1;
  END IF;
  v_open := queuectl.open_13(coalesce(p_queues, queuectl.lanes_13()));
  OPEN v_cursor FOR
    SELECT f.queue, f.priority, f.seq, lanes.concurrency FROM (
      SELECT l.queue, q.concurrency FROM unnest(v_open) AS l (queue) LEFT JOIN queuectl.queues q ON q.name = l.queue) lanes
    CROSS JOIN LATERAL (
      SELECT r.queue, r.priority, r.seq FROM queuectl.ready r WHERE r.queue = lanes.queue
      ORDER BY r.priority, r.seq LIMIT v_want * greatest(1, 12 / greatest(1, cardinality(v_open)))) f
    ORDER BY f.priority, f.seq LIMIT v_want * 12;

  WHILE v_place <= v_want LOOP
    IF NOT v_has_plain THEN
      FETCH v_cursor INTO v_plain;
      v_has_plain := FOUND;
    END IF;
    IF v_ours AND NOT v_known THEN
      SELECT s.* INTO v_lane FROM queuectl.sublanes s
        WHERE s.priority IS NOT NULL AND NOT s.stale AND (s.priority, s.seq) >= (v_priority, v_seq)
          AND s.queue <> ALL (v_shut) AND (p_queues IS NULL OR s.queue = ANY (p_queues)) AND NOT s.names && v_closed
          AND s.id <> ALL (v_passed) AND (s.until IS NULL OR s.until <= p_now)
        ORDER BY s.priority, s.seq LIMIT 1;
      v_has_lane := FOUND;
      v_known := true;
    END IF;

    IF v_has_plain AND (NOT v_has_lane OR (v_plain.priority, v_plain.seq) < (v_lane.priority, v_lane.seq)) THEN
      v_has_plain := false; -- whatever becomes of it
      IF v_plain.concurrency IS NOT NULL THEN
        v_k := array_position(v_gates, '///' || v_plain.queue);
        IF v_k IS NULL THEN
          v_k := cardinality(v_gates) + 1;
          v_gates[v_k] := '///' || v_plain.queue;
          v_room[v_k] := CASE WHEN v_plain.queue = ANY (p_locked) THEN v_plain.concurrency - (
            SELECT coalesce(sum(c.n), 0) FROM queuectl.counts c
            WHERE c.queue = v_plain.queue AND c.state = 'processing') ELSE 0 END;
        END IF;
        CONTINUE WHEN v_room[v_k] < 1;
      END IF;
      PERFORM 1 FROM queuectl.ready r
        WHERE r.queue = v_plain.queue AND r.priority = v_plain.priority AND r.seq = v_plain.seq FOR UPDATE SKIP LOCKED;
      IF NOT FOUND THEN
        missed := missed + 1;
        CONTINUE;
      END IF;
      IF v_plain.concurrency IS NOT NULL THEN
        v_room[v_k] := v_room[v_k] - 1;
      END IF;
      DELETE FROM queuectl.ready r
        WHERE r.queue = v_plain.queue AND r.priority = v_plain.priority AND r.seq = v_plain.seq;
      SELECT j.*, gen_random_uuid() AS token, v_place AS nth INTO v_job FROM queuectl.jobs j
        WHERE j.seq >= v_plain.seq AND j.seq <= v_plain.seq ORDER BY j.seq LIMIT 1;
      INSERT INTO queuectl.running (supervisor, token, job, queue, attempt, worker, host, ready_at, started_at, exchange)
        VALUES (p_supervisor, v_job.token, v_job.seq, v_job.queue, v_job.last_attempt + 1, p_free[v_place], p_host,
          greatest(v_job.created_at, coalesce(v_job.run_at, 0)), p_now, p_number);
      claimed := claimed || to_json(v_job);
      queues := queues || v_job.queue::text;
      v_place := v_place + 1;
      CONTINUE;
    END IF;
    EXIT WHEN NOT v_has_lane;
    v_known := false;
    v_looked := v_looked + 1;
    IF p_looks AND v_looked > 100 THEN
      missed := 1; -- what is found is to be noted
      RETURN;
    END IF;

    SELECT q.* INTO v_queue FROM queuectl.queues q WHERE q.name = v_lane.queue;
    v_chosen_fair := coalesce(v_queue.fair, false);
    v_early := false;
    IF v_chosen_fair THEN
      -- It is the queue's turn: which of its sub-lanes is the next?
      v_first := v_lane.id;
      SELECT s.* INTO v_lane FROM queuectl.sublanes s
        WHERE s.queue = v_queue.name AND s.priority = v_lane.priority AND NOT s.stale
          AND NOT s.names && v_closed AND s.id <> ALL (v_passed) AND (s.until IS NULL OR s.until <= p_now)
          AND (s.id = v_first OR NOT s.names && v_drawn)
        ORDER BY s.served, s.seq LIMIT 1;
      v_early := v_lane.id <> v_first;
    END IF;
    SELECT r.priority, r.seq INTO v_ready FROM queuectl.ready r WHERE r.queue = '*' || v_lane.id
      ORDER BY r.priority, r.seq LIMIT 1;
    IF p_looks AND v_ready.seq IS NULL THEN
      missed := 1; -- its place is to be cleared
      RETURN;
    END IF;
    IF NOT p_looks AND v_ready.seq IS DISTINCT FROM v_lane.seq OR NOT p_looks AND v_ready.priority IS DISTINCT FROM v_lane.priority THEN
      UPDATE queuectl.sublanes s SET priority = v_ready.priority, seq = v_ready.seq WHERE s.id = v_lane.id;
      CONTINUE;
    END IF;
    -- Unless it is taken, it is not looked at again.
    IF v_chosen_fair THEN
      v_passed := v_passed || v_lane.id;
    ELSE
      v_priority := v_lane.priority;
      v_seq := v_lane.seq + 1;
    END IF;

    v_names := v_lane.names;
    v_takes := v_lane.units;
    IF v_queue.rate_count IS NOT NULL THEN
      v_names := v_names || ('/' || v_queue.name);
      v_takes := v_takes || 1::bigint;
    END IF;
    IF v_queue.per_label IS NOT NULL THEN
      v_names := v_names || ('//' || v_queue.name || ' ' || v_lane.label);
      v_takes := v_takes || 1::bigint;
    END IF;
    v_at := '{}';
    v_never := v_lane.slots > coalesce(v_slots, 0);
    v_until := NULL;
    FOR i IN 1..cardinality(v_names) LOOP
      v_k := array_position(v_gates, v_names[i]);
      IF v_k IS NULL THEN
        v_k := cardinality(v_gates) + 1;
        v_gates[v_k] := v_names[i];
        v_most[v_k] := NULL; v_room[v_k] := NULL; v_count[v_k] := NULL; v_begin[v_k] := NULL; v_per[v_k] := NULL;
        v_smooth[v_k] := NULL; v_thing[v_k] := NULL; v_shut_until[v_k] := NULL;
        IF v_names[i] LIKE '//%' THEN
          v_most[v_k] := v_queue.per_label;
          IF v_queue.name <> ALL (v_labelled) THEN
            v_labelled := v_labelled || v_queue.name::text;
            v_used := v_used || queuectl.used_by_label_13(v_queue.name);
          END IF;
          v_room[v_k] := v_queue.per_label - coalesce((v_used ->> v_names[i])::bigint, 0);
        ELSE
          IF v_names[i] LIKE '/%' THEN
            SELECT 'queue'::text AS kind, v_queue.name AS name, NULL::bigint AS at_once, v_queue.rate_count AS rate_count,
              v_queue.rate_ms AS rate_ms, v_queue.rate_smooth AS rate_smooth INTO v_limit;
          ELSE
            SELECT 'limit'::text AS kind, l.* INTO v_limit FROM queuectl.limits l WHERE l.name = v_names[i];
            IF EXISTS (SELECT 1 FROM queuectl.things t WHERE t.name = v_names[i]) THEN
              v_thing[v_k] := coalesce((
                SELECT t.units FROM queuectl.things t WHERE t.name = v_names[i] AND t.supervisor = p_supervisor), 0);
              v_units := v_units || jsonb_build_object(v_names[i],
                queuectl.free_units_13(p_supervisor, v_names[i], v_thing[v_k]));
            END IF;
            IF v_thing[v_k] = 0 OR v_limit.name IS NULL AND v_thing[v_k] IS NULL THEN
              v_closed := v_closed || v_names[i]; -- others have it, or nobody
            END IF;
          END IF;
          IF v_limit.at_once IS NOT NULL THEN
            v_most[v_k] := v_limit.at_once;
            v_room[v_k] := v_limit.at_once - coalesce((v_used ->> v_names[i])::bigint, 0);
          END IF;
          IF v_limit.rate_count IS NOT NULL THEN
            v_count[v_k] := v_limit.rate_count;
            v_per[v_k] := v_limit.rate_ms;
            -- clocks differ, so a little more is kept than counts
            IF NOT p_looks THEN
              DELETE FROM queuectl.gate_starts g
                WHERE g.kind = v_limit.kind AND g.name = v_limit.name AND g.at <= p_now - v_limit.rate_ms - 60000;
            END IF;
            v_begin[v_k] := v_limit.rate_count - coalesce((
              SELECT sum(g.units) FROM queuectl.gate_starts g
              WHERE g.kind = v_limit.kind AND g.name = v_limit.name AND g.at > p_now - v_limit.rate_ms), 0);
            SELECT g.smooth_at, g.closed_until, s.priority, s.seq INTO v_gate FROM queuectl.gates g
              LEFT JOIN queuectl.sublanes s ON s.id = g.closed_by AND s.priority IS NOT NULL AND NOT s.stale
                AND s.queue <> ALL (v_shut) AND (SELECT true FROM queuectl.ready r WHERE r.queue = '*' || s.id LIMIT 1)
              WHERE g.kind = v_limit.kind AND g.name = v_limit.name;
            IF v_limit.rate_smooth THEN
              v_smooth[v_k] := coalesce(v_gate.smooth_at, 0);
            END IF;
            IF v_gate.closed_until > p_now AND v_gate.seq IS NOT NULL THEN
              v_shut_until[v_k] := v_gate.closed_until;
              v_shut_priority[v_k] := v_gate.priority;
              v_shut_seq[v_k] := v_gate.seq;
            END IF;
          END IF;
        END IF;
      END IF;
      v_at := v_at || v_k;
      v_u := v_takes[i];
      v_never := v_never OR v_u > coalesce(v_most[v_k], v_u) OR v_u > coalesce(v_count[v_k], v_u)
        OR v_u > coalesce(v_thing[v_k], v_u) OR v_names[i] = ANY (v_closed);
      IF v_names[i] NOT LIKE '/%' AND (v_u > coalesce(v_most[v_k], v_u) OR v_u > coalesce(v_count[v_k], v_u)
        OR v_most[v_k] IS NULL AND v_count[v_k] IS NULL AND v_thing[v_k] IS NULL) THEN
        v_until := 9007199254740991; -- who sets the limit, or brings the thing, undoes that
      END IF;
    END LOOP;
    IF v_never THEN
      IF v_until IS NOT NULL AND NOT p_looks THEN
        UPDATE queuectl.sublanes s SET until = v_until WHERE s.id = v_lane.id;
        v_parked := v_parked + 1;
        IF v_parked >= 500 THEN
          more := true;
          EXIT;
        END IF;
      END IF;
      CONTINUE;
    END IF;

    v_waits := false;
    v_lacks_room := false;
    v_lacks_more := false;
    FOR i IN 1..cardinality(v_names) LOOP
      v_k := v_at[i];
      v_u := v_takes[i];
      v_lacks := v_room[v_k] < v_u;
      v_lacks_room := v_lacks_room OR coalesce(v_lacks, false);
      IF v_begin[v_k] < v_u OR v_smooth[v_k] > p_now THEN
        v_lacks := true;
        v_lacks_more := true;
        v_free_at := NULL;
        IF v_begin[v_k] < v_u THEN
          SELECT g.at + v_per[v_k] INTO v_free_at FROM (
            SELECT s.at, sum(s.units) OVER (ORDER BY s.at, s.token) AS units FROM queuectl.gate_starts s
            WHERE s.kind = CASE WHEN v_names[i] LIKE '/%' THEN 'queue' ELSE 'limit' END AND s.name = ltrim(v_names[i], '/')
              AND s.at > p_now - v_per[v_k]) g
            WHERE v_begin[v_k] + g.units >= v_u ORDER BY g.at LIMIT 1;
          v_free_at := coalesce(v_free_at, p_now + v_per[v_k]);
        END IF;
        v_free_at := greatest(v_free_at, p_now + 1, ceil(v_smooth[v_k])::bigint);
        next_at := least(next_at, v_free_at);
        IF v_names[i] NOT LIKE '/%' AND NOT p_looks AND NOT v_early THEN
          v_until := greatest(v_until, v_free_at);
          IF v_shut_until[v_k] IS NULL OR (v_lane.priority, v_lane.seq) <= (v_shut_priority[v_k], v_shut_seq[v_k]) THEN
            INSERT INTO queuectl.gates (kind, name, closed_until, closed_by)
              VALUES ('limit', v_names[i], v_free_at, v_lane.id)
              ON CONFLICT (kind, name) DO UPDATE SET closed_until = excluded.closed_until, closed_by = excluded.closed_by;
          END IF;
        END IF;
      ELSIF v_shut_until[v_k] IS NOT NULL
        AND (v_shut_priority[v_k], v_shut_seq[v_k]) < (v_lane.priority, v_lane.seq) THEN
        v_lacks := true;
        v_lacks_more := true;
        next_at := least(next_at, v_shut_until[v_k]);
      END IF;
      IF jsonb_array_length(v_units -> v_names[i]) < v_u THEN
        v_lacks := true;
        v_lacks_more := true;
      END IF;
      IF v_lacks THEN
        -- what comes after it takes none of it
        IF v_names[i] LIKE '//%' THEN
          v_room[v_k] := 0;
        ELSIF v_names[i] LIKE '/%' THEN
          v_shut := v_shut || v_queue.name::text;
        ELSIF v_early THEN
          v_drawn := v_drawn || v_names[i];
          v_waits := true;
        ELSE
          v_closed := v_closed || v_names[i];
        END IF;
      END IF;
    END LOOP;
    IF v_lacks_room OR v_lacks_more THEN
      IF v_early THEN
        IF v_waits THEN -- who comes before it may have room: nothing is kept from them
          v_passed := array_remove(v_passed, v_lane.id);
        END IF;
        CONTINUE;
      END IF;
      IF NOT v_lacks_more THEN
        FOR i IN 1..cardinality(v_names) LOOP -- kept for it; where there is too little, nothing is taken any more
          v_room[v_at[i]] := v_room[v_at[i]] - v_takes[i];
        END LOOP;
      END IF;
      IF v_until IS NOT NULL THEN
        UPDATE queuectl.sublanes s SET until = v_until WHERE s.id = v_lane.id;
        v_parked := v_parked + 1;
        IF v_parked >= 500 THEN
          more := true;
          EXIT;
        END IF;
      END IF;
      CONTINUE;
    END IF;
    IF v_queue.concurrency IS NOT NULL THEN
      v_k := array_position(v_gates, '///' || v_queue.name);
      IF v_k IS NULL THEN
        v_k := cardinality(v_gates) + 1;
        v_gates[v_k] := '///' || v_queue.name;
        v_room[v_k] := 0;
        IF p_looks OR v_queue.name = ANY (p_locked) THEN
          v_room[v_k] := v_queue.concurrency - (
            SELECT coalesce(sum(c.n), 0) FROM queuectl.counts c
            WHERE c.queue = v_queue.name AND c.state = 'processing');
        ELSE
          more := true; -- it is locked the next time
        END IF;
      END IF;
      IF v_room[v_k] < 1 THEN
        v_shut := v_shut || v_queue.name::text;
        CONTINUE;
      END IF;
    END IF;
    -- What fits later keeps its place; and it begins at once or not at all.
    EXIT WHEN v_place + v_lane.slots - 1 > v_want;
    EXIT WHEN v_place + v_lane.slots - 1 > v_want - p_ahead
      AND (cardinality(v_names) > 0 OR v_lane.slots > 1);
    IF p_looks THEN
      missed := 1;
      RETURN;
    END IF;

    SELECT r.priority, r.seq INTO v_ready FROM queuectl.ready r WHERE r.queue = '*' || v_lane.id
      ORDER BY r.priority, r.seq LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      missed := missed + 1;
      CONTINUE;
    END IF;
    DELETE FROM queuectl.ready r
      WHERE r.queue = '*' || v_lane.id AND r.priority = v_ready.priority AND r.seq = v_ready.seq;
    v_own := '{}';
    IF v_queue.concurrency IS NOT NULL THEN
      v_room[v_k] := v_room[v_k] - 1;
    END IF;
    SELECT j.*, gen_random_uuid() AS token, v_place AS nth, NULL::json AS units INTO v_job FROM queuectl.jobs j
      WHERE j.seq >= v_ready.seq AND j.seq <= v_ready.seq ORDER BY j.seq LIMIT 1;
    FOR i IN 1..cardinality(v_names) LOOP
      v_k := v_at[i];
      v_u := v_takes[i];
      v_room[v_k] := v_room[v_k] - v_u;
      IF v_count[v_k] IS NOT NULL THEN
        v_begin[v_k] := v_begin[v_k] - v_u;
        INSERT INTO queuectl.gate_starts (kind, name, at, token, units)
          VALUES (CASE WHEN v_names[i] LIKE '/%' THEN 'queue' ELSE 'limit' END, ltrim(v_names[i], '/'), p_now, v_job.token, v_u);
        IF v_smooth[v_k] IS NOT NULL THEN
          -- a start that was held up by a little is made up for by the next
          v_smooth[v_k] := greatest(v_smooth[v_k], p_now - least(50, v_per[v_k] / 10.0))
            + v_u * v_per[v_k]::double precision / v_count[v_k];
          INSERT INTO queuectl.gates (kind, name, smooth_at)
            VALUES (CASE WHEN v_names[i] LIKE '/%' THEN 'queue' ELSE 'limit' END, ltrim(v_names[i], '/'), v_smooth[v_k])
            ON CONFLICT (kind, name) DO UPDATE SET smooth_at = excluded.smooth_at;
        END IF;
      END IF;
      IF v_thing[v_k] IS NOT NULL THEN
        v_own := v_own || jsonb_build_object(v_names[i],
          (SELECT jsonb_agg(e.value ORDER BY e.nth) FROM jsonb_array_elements(v_units -> v_names[i]) WITH ORDINALITY AS e (value, nth) WHERE e.nth <= v_u));
        v_units := v_units || jsonb_build_object(v_names[i],
          (SELECT coalesce(jsonb_agg(e.value ORDER BY e.nth), '[]') FROM jsonb_array_elements(v_units -> v_names[i]) WITH ORDINALITY AS e (value, nth) WHERE e.nth > v_u));
      END IF;
    END LOOP;
    IF v_own <> '{}' THEN
      v_job.units := v_own::json;
    END IF;
    INSERT INTO queuectl.running (supervisor, token, job, queue, attempt, worker, host, ready_at, started_at, exchange,
        takes, units)
      VALUES (p_supervisor, v_job.token, v_job.seq, v_job.queue, v_job.last_attempt + 1, p_free[v_place], p_host,
        greatest(v_job.created_at, coalesce(v_job.run_at, 0)), p_now, p_number, v_lane.takes, v_job.units::text);
    claimed := claimed || to_json(v_job);
    queues := queues || v_job.queue::text;
    apart := apart + 1;
    v_place := v_place + v_lane.slots;
    -- It is looked at again, from where its next one stands.
    IF v_chosen_fair THEN
      v_passed := array_remove(v_passed, v_lane.id);
    END IF;
    SELECT r.priority, r.seq INTO v_ready FROM queuectl.ready r WHERE r.queue = '*' || v_lane.id
      ORDER BY r.priority, r.seq LIMIT 1;
    UPDATE queuectl.sublanes s SET priority = v_ready.priority, seq = v_ready.seq WHERE s.id = v_lane.id;
    IF v_chosen_fair THEN
      UPDATE queuectl.sublanes s SET served = (
          SELECT m.served + 1 FROM queuectl.sublanes m WHERE m.queue = v_lane.queue ORDER BY m.queue DESC, m.served DESC LIMIT 1)
        WHERE s.queue = v_lane.queue AND s.rule = v_lane.rule AND s.label = v_lane.label;
    END IF;
  END LOOP;
  CLOSE v_cursor;
  next_at := least(next_at, (
    SELECT s.until FROM queuectl.sublanes s
    WHERE s.until > p_now AND s.until < 9007199254740991 AND s.priority IS NOT NULL AND NOT s.stale
    ORDER BY s.until LIMIT 1));
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
