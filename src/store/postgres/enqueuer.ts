/**
 * @module
 * Enqueueing by who may do nothing else: a function of the schema's owner does it, with all that belongs to it. Whoever
 * may call it can give jobs what anybody who enqueues can, and can read nothing. `store roles` prints it; it is none of
 * the schema's steps, since most have no use for it.
 */
import { policyColumn } from "../../domain/policy.ts";
import { hasNeeds, type NewJob } from "../../domain/job.ts";
import type { EnqueueOptions, RequestKey } from "../contract.ts";
import { waitingState } from "../rules/jobs.ts";
import { nameOf, rememberedSince } from "../rules/new_jobs.ts";
import { keyIsUsed, mayNotJoin, mayNotNeed, takenId } from "../rules/refusals.ts";
import type { Database } from "./engine/database.ts";
import { ServerError } from "./engine/driver.ts";
import { takenIn } from "./engine/failures.ts";
import { FIELD_COLUMNS, toValue } from "./rows.ts";

const COLUMNS = ["name", "state", ...FIELD_COLUMNS.map(({ column }) => column), "stdin_size", "policy"];
const NAMES = COLUMNS.join(", ");

/**
 * With its arguments, as grants name it. Its number is that of the step since which jobs have to be stored as it does: one
 * of before would let them past their limits, and is called by nobody who knows them.
 */
export const ENQUEUE =
  "queuectl.enqueue_for_others_13(bigint, json, integer[], bytea[], text, text, bigint, bigint)";

/** The function, which is replaced when there is a newer one. */
export const MAKE_ENQUEUE =
  `CREATE OR REPLACE FUNCTION queuectl.enqueue_for_others_13(p_now bigint, p_jobs json, p_reads integer[], p_stdin bytea[],
  p_key text, p_fingerprint text, p_made_at bigint, p_since bigint) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_known record;
  v_ids json;
  v_stripe smallint := floor(random() * 16);
BEGIN
  SELECT fingerprint, ids INTO v_known FROM queuectl.requests WHERE key = p_key AND made_at >= p_since;
  IF FOUND THEN
    IF v_known.fingerprint <> p_fingerprint THEN
      RAISE EXCEPTION 'another request has this key' USING ERRCODE = 'QU005';
    END IF;
    RETURN v_known.ids;
  END IF;
  DELETE FROM queuectl.requests WHERE key = p_key AND made_at < p_since;
  -- no name of a temporary table, which a caller could make first
  WITH stored AS (
    INSERT INTO queuectl.jobs (created_at, ${NAMES})
    SELECT p_now, ${COLUMNS.map((column) => `g.${column}`).join(", ")}
    FROM json_populate_recordset(NULL::queuectl.jobs, p_jobs) WITH ORDINALITY AS g
    WHERE g.state IN ('pending', 'scheduled') ORDER BY g.ordinality
    RETURNING seq, name, queue, priority, state, held, policy),
  new AS (SELECT *, row_number() OVER (ORDER BY seq) AS nth FROM stored),
  readied AS (
    INSERT INTO queuectl.ready (queue, priority, seq)
    SELECT queuectl.place_13(queue, policy), priority, seq FROM new WHERE state = 'pending' AND NOT held),
  read AS (
    INSERT INTO queuectl.inputs (job, bytes)
    SELECT new.seq, i.bytes FROM unnest(p_reads, p_stdin) AS i (nth, bytes) JOIN new ON new.nth = i.nth),
  tallied AS (
    INSERT INTO queuectl.tallies (at, queue, enqueued) SELECT p_now, queue, count(*) FROM new GROUP BY queue),
  filled AS (DELETE FROM queuectl.emptied WHERE queue IN (SELECT queue FROM new)),
  counted AS (
    INSERT INTO queuectl.counts (queue, state, stripe, n, held)
    SELECT queue, state, v_stripe, count(*), count(*) FILTER (WHERE held) FROM new GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (queue, state, stripe) DO UPDATE SET n = counts.n + excluded.n, held = counts.held + excluded.held)
  SELECT coalesce(json_agg(coalesce(name, 'j' || seq) ORDER BY nth), '[]') INTO v_ids FROM new;
  IF json_array_length(v_ids) <> json_array_length(p_jobs) THEN
    RAISE EXCEPTION 'a new job is pending or scheduled' USING ERRCODE = '22023';
  END IF;
  INSERT INTO queuectl.requests (key, fingerprint, ids, made_at) VALUES (p_key, p_fingerprint, v_ids, p_made_at);
  RETURN v_ids;
END $$`;

/** Whether this user may only enqueue, by that function. Asked only where something else was refused. */
export async function mayOnlyEnqueue(db: Database): Promise<boolean> {
  const sql = `
    SELECT NOT has_table_privilege('queuectl.jobs', 'INSERT') AND
      coalesce(has_function_privilege(to_regprocedure('${ENQUEUE}'), 'EXECUTE'), false) AS may`;
  return (await db.get<{ may: boolean }>(sql).catch(() => undefined))?.may ?? false;
}

const CALL =
  "SELECT queuectl.enqueue_for_others_13($1, $2::json, $3::integer[], $4::bytea[], $5, $6, $7, $8) AS ids";

/** Stores jobs by the function; see \`enqueue\`. */
export async function enqueueByFunction(
  db: Database,
  jobs: readonly NewJob[],
  { request, madeAt, options }: { request: RequestKey; madeAt: number; options: EnqueueOptions },
): Promise<string[]> {
  const needy = jobs.findIndex(hasNeeds);
  if (needy >= 0) throw mayNotNeed(needy);
  const joining = jobs.find(({ group }) => group !== null);
  if (joining) throw mayNotJoin(joining.group!);
  const names = jobs.map((job) => nameOf(job, options));
  const rows = jobs.map((job, at) => ({
    name: names[at],
    state: waitingState(job.runAt, options.now),
    ...Object.fromEntries(FIELD_COLUMNS.map(({ column, key }) => [column, toValue(job[key])])),
    stdin_size: job.stdin?.length ?? null,
    policy: policyColumn(job),
  }));
  const reads = jobs.flatMap(({ stdin }, at) => stdin ? [at + 1] : []);
  const values = [
    options.now,
    JSON.stringify(rows),
    reads,
    reads.map((nth) => jobs[nth - 1]!.stdin!),
    request.key,
    request.fingerprint,
    madeAt,
    rememberedSince(options),
  ];
  try {
    // its key makes asking again harmless
    const [result] = await db.untilAnswered(() => db.tryWrite([{ sql: CALL, values }]));
    return (result!.rows[0] as { ids: string[] }).ids;
  } catch (error) {
    if (error instanceof ServerError && error.code === "QU005") throw keyIsUsed(request.key);
    if (takenIn(error) === "jobs_name") {
      const [, name] = /\(name\)=\((.*)\) already/.exec((error as ServerError).detail) ?? [];
      throw takenId(name ?? "", Math.max(0, names.lastIndexOf(name ?? null)));
    }
    throw db.explain(error);
  }
}
