/**
 * @module
 * Named queues: their switches and their counts. A queue has a row in `queues` only once a switch was set.
 */
import { type State, STATES, WAITING } from "../../domain/job.ts";
import type { QueueInfo, QueuePage, QueueSummary, QueueSwitches } from "../contract.ts";
import { queueInfo, type StateCount, type Switches, worthShowing } from "../rules/queue_infos.ts";
import { KNOWN, noteEmptied } from "./emptied.ts";
import type { Database } from "./engine/database.ts";
import { rateValues, setBounds } from "./gates.ts";
import { RULES, rulesFor, type RulesRow, toRules } from "./queue_rules.ts";
import { followRules } from "./sublanes.ts";
import { sqlList } from "./words.ts";

const PAGE = `
  SELECT queue AS known FROM counts WHERE queue > ? UNION SELECT name FROM queues WHERE name > ?
  ORDER BY known LIMIT ?`;

/** Queues by name, with their counts by state: all, or a page of them. */
export function queues(db: Database, page?: QueuePage): QueueInfo[] {
  if (!page) return everyQueue(db);
  const { after = "", limit } = page;
  return namesOf(db, PAGE, [after, after, limit]).map((name) => infoOf(db, name));
}

interface SwitchesRow extends RulesRow {
  paused: number | null;
  concurrency: number | null;
  retention_ms: number | null;
  retention_dead_ms: number | null;
}

/** The columns of what can be set, but for the rate, which has three. */
const SWITCHES = {
  paused: "paused",
  concurrency: "concurrency",
  retentionMs: "retention_ms",
  retentionDeadMs: "retention_dead_ms",
  takes: "takes",
  perLabel: "per_label",
  fair: "fair",
  agingMs: "aging_ms",
} as const satisfies Record<Exclude<keyof QueueSwitches, "rate">, string>;

function toSwitches(row: SwitchesRow): Switches {
  const { paused, concurrency, retention_ms: retentionMs, retention_dead_ms: retentionDeadMs } = row;
  return { paused: paused === 1, concurrency, retentionMs, retentionDeadMs, ...toRules(row) };
}

const EVERY_QUEUE = `
  SELECT known AS name, q.paused, q.concurrency, q.retention_ms, q.retention_dead_ms, ${RULES} FROM (${KNOWN}) LEFT JOIN queues q ON q.name = known
  ORDER BY known`;

function everyQueue(db: Database): QueueInfo[] {
  const counts = db.all<StateCount & { queue: string }>("SELECT queue, state, n FROM counts");
  const byQueue = Map.groupBy(counts, ({ queue }) => queue);
  return db.all<SwitchesRow & { name: string }>(EVERY_QUEUE)
    .map(({ name, ...row }) => queueInfo(name, toSwitches(row), byQueue.get(name) ?? []));
}

export function queue(db: Database, name: string): QueueInfo | undefined {
  const known = db.get(
    "SELECT 1 FROM counts WHERE queue = ? UNION ALL SELECT 1 FROM queues WHERE name = ? LIMIT 1",
    name,
    name,
  );
  return known === undefined ? undefined : infoOf(db, name);
}

function infoOf(db: Database, name: string): QueueInfo {
  const row = db.get<SwitchesRow>("SELECT * FROM queues WHERE name = ?", name);
  const counts = db.all<StateCount>("SELECT state, n FROM counts WHERE queue = ?", name);
  return queueInfo(name, row && toSwitches(row), counts);
}

// one pass, where GROUP BY would sort
const TOTALS = `SELECT ${
  STATES.map((state) => `ifnull(sum(n) FILTER (WHERE state = '${state}'), 0) AS ${state}`).join(", ")
} FROM counts`;

const COUNT = `
  SELECT (SELECT count(DISTINCT queue) FROM counts)
    + (SELECT count(*) FROM queues WHERE name NOT IN (SELECT queue FROM counts)) AS of`;

/** Queues that run something, and those whose jobs are next. */
const RUNNING = `
  SELECT DISTINCT j.queue AS known FROM attempts a JOIN jobs j ON j.seq = a.job WHERE a.finished_at IS NULL LIMIT ?`;
const NEXT = "SELECT queue AS known FROM lanes ORDER BY closed, priority, seq LIMIT ?";
const NEXT_IN_SUBLANES = `
  SELECT DISTINCT queue AS known FROM (
    SELECT queue FROM sublanes WHERE priority IS NOT NULL AND parked > -1 ORDER BY parked, priority, seq LIMIT 1000) LIMIT ?`;

/** How many jobs there are, and the queues that are worth showing. */
export function summary(db: Database, most: number): QueueSummary {
  const { of } = db.get<{ of: number }>(COUNT)!;
  const worth = of <= most ? [] : [
    ...namesOf(db, RUNNING, [most]),
    ...namesOf(db, NEXT, [most]),
    ...namesOf(db, NEXT_IN_SUBLANES, [most]),
  ];
  const names = worthShowing(most, [...worth, ...namesOf(db, PAGE, ["", "", most])]);
  const counts = { ...db.get<Record<State, number>>(TOTALS)! };
  return { counts, queues: names.map((name) => infoOf(db, name)), of };
}

const WAIT = `n > 0 AND state IN ${sqlList(WAITING)}`;
const PAUSED = `
  SELECT q.name AS known, sum(n) AS n FROM queues q CROSS JOIN counts c ON c.queue = q.name AND ${WAIT}
  WHERE q.paused = 1 GROUP BY 1`;
const UNSERVED = `
  SELECT queue AS known, n FROM counts
  WHERE state = 'pending' AND n > 0 AND queue NOT IN (SELECT value FROM json_each(?))`;

/** Queues in which jobs wait that nobody takes. */
export function standing(
  db: Database,
  { served, limit }: { served: readonly string[] | null; limit: number },
): QueueInfo[] {
  const all = served === null ? PAUSED : `${PAUSED} UNION ALL ${UNSERVED}`;
  const sql = `SELECT known, max(n) AS n FROM (${all}) GROUP BY known ORDER BY n DESC, known LIMIT ?`;
  const values = served === null ? [limit] : [JSON.stringify(served), limit];
  return namesOf(db, sql, values).map((name) => infoOf(db, name));
}

function namesOf(db: Database, sql: string, values: (string | number)[]): string[] {
  return db.all<{ known: string }>(sql, ...values).map(({ known }) => known);
}

/** Changes a queue's switches, creating it if need be. */
export function setQueue(db: Database, name: string, change: Partial<QueueSwitches>): void {
  const rules = RULE_KEYS.some((key) => change[key] !== undefined) ? rulesFor(db, name) : undefined;
  db.run("INSERT OR IGNORE INTO queues (name) VALUES (?)", name);
  for (const [key, column] of Object.entries(SWITCHES) as [keyof typeof SWITCHES, string][]) {
    const value = change[key];
    if (value === undefined) continue;
    db.run(
      `UPDATE queues SET ${column} = ? WHERE name = ?`,
      typeof value === "boolean" ? Number(value) : value,
      name,
    );
  }
  if (change.rate !== undefined) {
    const [count, ms, smooth] = rateValues(change.rate);
    db.run(
      "UPDATE queues SET rate_count = ?, rate_ms = ?, rate_smooth = ? WHERE name = ?",
      count,
      ms,
      smooth,
      name,
    );
  }
  if (rules) {
    if (change.rate !== undefined) {
      setBounds(db, { kind: "queue", name }, { atOnce: null, rate: change.rate });
    }
    if (change.perLabel !== undefined) {
      setBounds(db, { kind: "label", name }, { atOnce: change.perLabel, rate: null });
    }
    followRules(db, name, rules);
  }
  noteEmptied(db, name);
}

/** What concerns the lanes of its jobs. */
const RULE_KEYS = ["takes", "perLabel", "rate", "fair"] as const;
