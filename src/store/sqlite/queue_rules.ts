/**
 * @module
 * What is set of queues that decides in which lanes their jobs stand.
 */
import type { QueueLimits } from "../contract.ts";
import { ruleOf } from "../rules/limits.ts";
import type { Database } from "./engine/database.ts";
import { rateOf } from "./gates.ts";

/** What is set of a queue that concerns the lanes of its jobs; all null where it has no row. */
export interface RulesRow {
  takes: string | null;
  per_label: number | null;
  rate_count: number | null;
  rate_ms: number | null;
  rate_smooth: number | null;
  fair: number | null;
  aging_ms: number | null;
}

/** The columns of rules, in a statement that has the queue's row as `q`. */
export const RULES = "q.takes, q.per_label, q.rate_count, q.rate_ms, q.rate_smooth, q.fair, q.aging_ms";

export function toRules(row: RulesRow): QueueLimits {
  const { takes, per_label: perLabel, fair, rate_smooth, aging_ms: agingMs } = row;
  return {
    takes,
    perLabel,
    rate: rateOf({ ...row, rate_smooth: rate_smooth ?? 0 }),
    fair: fair === 1,
    agingMs,
  };
}

/** A queue's rules, and what its lanes are made by. */
export interface Rules {
  limits: QueueLimits;
  rule: string;
}

export function rulesOf(row: RulesRow): Rules {
  const limits = toRules(row);
  return { limits, rule: ruleOf(limits) };
}

const RULES_OF = `SELECT ${RULES} FROM queues q WHERE name = ?`;
/** Of a queue without a row. */
export const NO_RULES: RulesRow = {
  takes: null,
  per_label: null,
  rate_count: null,
  rate_ms: null,
  rate_smooth: null,
  fair: null,
  aging_ms: null,
};

export function rulesFor(db: Database, queue: string): Rules {
  return rulesOf(db.get<RulesRow>(RULES_OF, queue) ?? NO_RULES);
}
