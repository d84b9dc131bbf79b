/**
 * @module
 * Supervisors, their workers and leases, and what they have been told. What becomes of those that went away is in
 * `adoption.ts`.
 */
import { StoreBusy, StoreFull, StoreUnusable } from "../../domain/errors.ts";
import { systemClock } from "../../system/clock.ts";
import type { NewSupervisor, Orders, StopRequest, WorkerInfo } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import { LEFT } from "../rules/leases.ts";
import { noSuchWorker, noWorkerOn } from "../rules/refusals.ts";
import { FIRST_STRIPE } from "./counts.ts";
import type { Database } from "./engine/database.ts";
import { Lost } from "./engine/driver.ts";
import { takenIn } from "./engine/failures.ts";
import { LOCK_CLAIMS, LOOK_AGAIN } from "./limits.ts";
import { NEXT_SLOT_AT } from "./schedules.ts";
import { SERVER_NOW } from "./server_time.ts";
import { type SettingRow, SETTINGS, toSettings } from "./settings.ts";

/** The first stripe that nobody has: so there are no more of them than supervisors at the same time. */
const REGISTER = `
  INSERT INTO queuectl.supervisors (id, host, boot_id, pid_namespace, pid, started_at, lease_until, stripe)
  SELECT $1, $2, $3, $4, $5, $6, $7, min(s) FROM generate_series(${FIRST_STRIPE}, 32767) AS s
  WHERE NOT EXISTS (SELECT 1 FROM queuectl.supervisors o WHERE o.stripe = s)
    AND s <= ${FIRST_STRIPE} + (SELECT count(*) FROM queuectl.supervisors)`;
const NUMBER = "INSERT INTO queuectl.exchanges (supervisor) VALUES ($1)";
const ADD_THINGS = `
  INSERT INTO queuectl.things (supervisor, name, units) SELECT $1, * FROM unnest($2::text[], $3::integer[])`;
const ADD_WORKER = `
  INSERT INTO queuectl.workers (id, supervisor, slots, queues, started_at) VALUES ($1, $2, $3, $4, $5)`;

/** Announces a supervisor and its workers. */
export async function register(db: Database, supervisor: NewSupervisor): Promise<void> {
  const { id, host, bootId, pidNamespace, pid, startedAt, leaseUntil, has } = supervisor;
  const things = [...has?.keys() ?? []];
  const statements = [
    ...things.length === 0 ? [] : [{ sql: LOCK_CLAIMS }, { sql: LOOK_AGAIN, values: [things] }],
    { sql: REGISTER, values: [id, host, bootId, pidNamespace, pid, startedAt, leaseUntil] },
    { sql: NUMBER, values: [id] },
    ...things.length === 0 ? [] : [{ sql: ADD_THINGS, values: [id, things, [...has!.values()]] }],
    ...supervisor.workers.map(({ id: worker, slots, queues }) => ({
      sql: ADD_WORKER,
      values: [worker, id, slots, queues, startedAt],
    })),
  ];
  let asked = 0;
  await db.untilAnswered(async () => {
    while (true) {
      try {
        asked += 1;
        return void await db.tryWrite(statements);
      } catch (error) {
        const taken = takenIn(error);
        if (taken === "supervisors_pkey" && asked > 1) return; // nobody else uses the id: it had happened
        if (taken !== "supervisors_stripe") throw error; // else somebody was faster
      }
    }
  }).catch((error) => {
    throw db.explain(error);
  });
}

const RENEW = `UPDATE queuectl.supervisors SET lease_until = $2 WHERE id = $1 RETURNING ${SERVER_NOW} AS now`;
/** A supervisor that does not hear in time whether its lease was extended must have time left to end its jobs. */
const RENEW_LIMIT_MS = 5000;

/**
 * Extends the lease of a supervisor, once its end is known. Returns the server's time, or undefined when it is not
 * there. Whatever keeps this one from it need not keep others from taking over, so no failure is one of those that only
 * say that nobody can write.
 */
export async function renew(
  db: Database,
  supervisor: string,
  until: Promise<number>,
): Promise<number | undefined> {
  const asked = new AbortController();
  const limitMs = RENEW_LIMIT_MS;
  const late = systemClock.sleep(limitMs, asked.signal).then(() => {
    if (!asked.signal.aborted) throw new Lost(`no answer within ${limitMs / 1000} seconds`);
    return [];
  });
  const answer = until.then((leaseUntil) =>
    db.tryWrite([{ sql: RENEW, values: [supervisor, leaseUntil] }], { limitMs, ahead: true })
  );
  answer.catch(() => {}); // it may come when nobody waits any more
  try {
    const [result] = await Promise.race([answer, late]);
    return (result?.rows[0] as { now: number } | undefined)?.now;
  } catch (error) {
    const known = db.explain(error);
    if (known instanceof StoreBusy || known instanceof StoreFull) {
      throw new StoreUnusable(known.message, { cause: error });
    }
    throw known;
  } finally {
    asked.abort();
  }
}

export async function unregister(db: Database, workers: readonly string[]): Promise<void> {
  await db.writeAgain([{
    sql: "DELETE FROM queuectl.workers WHERE id = ANY ($1::text[])",
    values: [workers],
  }]);
}

const LEAVE = [
  `DELETE FROM queuectl.workers WHERE supervisor = $1
     AND id NOT IN (SELECT worker FROM queuectl.running WHERE supervisor = $1)`,
  `DELETE FROM queuectl.supervisors WHERE id = $1
     AND NOT EXISTS (SELECT 1 FROM queuectl.running WHERE supervisor = $1)`,
  `UPDATE queuectl.supervisors SET lease_until = ${LEFT} WHERE id = $1`,
];

/** Removes a supervisor and its workers. What still runs something stays, with a lease that has ended. */
export async function leave(db: Database, supervisor: string): Promise<void> {
  await db.writeAgain(LEAVE.map((sql) => ({ sql, values: [supervisor] })));
}

const ORDERS = `
  SELECT 'stop' AS kind, id AS key, NULL AS value, end_at, leaving FROM queuectl.workers
  WHERE supervisor = $1 AND stopping
  UNION ALL
  SELECT 'cancel', token::text, NULL, NULL, NULL FROM queuectl.running WHERE supervisor = $1 AND cancel_requested
  UNION ALL
  SELECT 'pause', token::text, NULL, paused_at, NULL FROM queuectl.running
  WHERE supervisor = $1 AND paused_at IS NOT NULL
  UNION ALL
  SELECT 'setting', key, value, NULL, NULL FROM (${SETTINGS}) s
  UNION ALL
  SELECT 'slot', '', NULL, (${NEXT_SLOT_AT}), NULL
  ORDER BY kind, key`;

interface OrderRow extends SettingRow {
  kind: "stop" | "cancel" | "pause" | "setting" | "slot";
  end_at: number | null;
  leaving: boolean;
}

/** What a supervisor has been told: one statement, since it is asked at every change. */
export async function orders(db: Database, supervisor: string): Promise<Orders> {
  const rows = await db.read<OrderRow>(ORDERS, supervisor);
  const { stop = [], cancel = [], pause = [], setting = [], slot = [] } = Object.groupBy(
    rows,
    ({ kind }) => kind,
  );
  return {
    stops: stop.map(({ key, end_at, leaving }) => ({ worker: key, endAt: end_at, leave: leaving })),
    cancels: cancel.map(({ key }) => key),
    pauses: pause.map(({ key, end_at }) => ({ token: key, since: end_at! })),
    settings: toSettings(setting),
    nextSlotAt: slot[0]?.end_at ?? null,
  };
}

interface WorkerRow {
  id: string;
  supervisor: string;
  host: string;
  pid: number;
  slots: number;
  queues: string[] | null;
  started_at: number;
  lease_until: number;
  stopping: boolean;
  has: Record<string, number> | null;
  jobs: { seq: number; name: string | null; adopted: boolean; paused: boolean }[];
}

const WORKERS = `
  SELECT w.id, w.supervisor, s.host, s.pid, w.slots, w.queues, w.started_at, s.lease_until, w.stopping, (
    SELECT coalesce(json_agg(
      json_build_object('seq', j.seq, 'name', j.name, 'adopted', r.adopted_from IS NOT NULL, 'paused', r.paused_at IS NOT NULL)
      ORDER BY r.started_at, j.seq), '[]')
    FROM queuectl.running r JOIN queuectl.jobs j ON j.seq = r.job
    WHERE r.supervisor = w.supervisor AND r.worker = w.id) AS jobs, (
    SELECT json_object_agg(t.name, t.units) FROM queuectl.things t WHERE t.supervisor = w.supervisor) AS has
  FROM queuectl.workers w JOIN queuectl.supervisors s ON s.id = w.supervisor
  ORDER BY s.started_at, s.id, w.started_at, w.id`;

/** All workers, by supervisor and start. */
export async function workers(db: Database): Promise<WorkerInfo[]> {
  return (await db.read<WorkerRow>(WORKERS)).map(({ jobs, has, started_at, lease_until, ...row }) => ({
    ...row,
    startedAt: started_at,
    leaseUntil: lease_until,
    running: jobs.map(idOf),
    adopted: jobs.filter(({ adopted }) => adopted).map(idOf),
    paused: jobs.filter(({ paused }) => paused).map(idOf),
    has: new Map(Object.entries(has ?? {}).sort(([a], [b]) => a < b ? -1 : 1)),
  }));
}

const SERVICE = `
  SELECT
    EXISTS (SELECT 1 FROM queuectl.queues WHERE name = $1 AND (paused OR concurrency = 0)) AS closed,
    EXISTS (
      SELECT 1 FROM queuectl.supervisors s JOIN queuectl.workers w ON w.supervisor = s.id
      WHERE s.lease_until > $2 AND NOT w.stopping AND (w.queues IS NULL OR $1 = ANY (w.queues))) AS served,
    EXISTS (SELECT 1 FROM queuectl.workers) AS "any"`;

/** Whether a queue may run jobs and a worker serves it whose lease lasts beyond a time. */
export async function service(
  db: Database,
  queue: string,
  beyond: number,
): Promise<"served" | "nobody" | "unclear"> {
  const row = await db.get<{ closed: boolean; served: boolean; any: boolean }>(SERVICE, queue, beyond);
  const { closed, served, any } = row!;
  if (closed) return "unclear";
  if (served) return "served";
  return any ? "unclear" : "nobody";
}

const REQUEST_STOP = `
  UPDATE queuectl.workers SET stopping = true, end_at = $2, leaving = $3
  WHERE ($1::text IS NULL OR id = $1) AND supervisor IN (
    SELECT id FROM queuectl.supervisors WHERE lease_until > ${LEFT} AND ($4::text IS NULL OR host = $4))
  RETURNING id`;

/** Tells one worker, those of a host, or all, to stop. Returns the ids of those told. Those that have left have nobody to tell. */
export async function requestStop(
  db: Database,
  { worker, host, endAt, leave }: StopRequest,
): Promise<string[]> {
  const values = [worker ?? null, endAt, leave, host ?? null];
  const [told] = await db.writeAgain([{ sql: REQUEST_STOP, values }]);
  if (worker !== undefined && told!.count === 0) throw noSuchWorker(worker);
  if (host !== undefined && told!.count === 0) throw noWorkerOn(host);
  return (told!.rows as { id: string }[]).map(({ id }) => id).sort();
}
