/**
 * @module
 * What a selector asks of jobs, as SQL. Users' words are bound, never part of it.
 */
import type { JobSelector } from "../contract.ts";
import type { Value } from "./engine/database.ts";
import { sqlList } from "./words.ts";

/** A condition and the values in it. */
export interface Condition {
  sql: string;
  values: Value[];
}

/** An index knows where all jobs of the selector stand. */
export function isIndexed({ schedule, search, error, exitCode, diedOf, since, until }: JobSelector): boolean {
  return [schedule, search, error, exitCode, diedOf, since, until].every((asked) => asked === undefined);
}

/** The index by which fewer jobs are found than are in a queue or a state; undefined where there is none. */
export function narrowIndex(
  { group, label, labels, uniqueKey }: JobSelector,
): "by_key" | "by_group" | "by_label" | undefined {
  if (uniqueKey !== undefined) return "by_key";
  if (group !== undefined) return "by_group";
  return (label ?? labels) === undefined ? undefined : "by_label";
}

/** Conditions on queue and state. The state stands in the SQL, for only then do partial indexes apply. */
export function ofSection(
  { queue, queues, state, states }: Pick<JobSelector, "queue" | "queues" | "state" | "states">,
): Condition[] {
  const all: Condition[] = [];
  if (queues !== undefined) all.push(oneOf("queue", queues));
  if (queue !== undefined) all.push({ sql: "queue = ?", values: [queue] });
  if (state !== undefined) all.push({ sql: `state = '${state}'`, values: [] });
  if (states !== undefined) all.push({ sql: `state IN ${sqlList(states)}`, values: [] });
  return all;
}

/** One of several values of a column. */
export function oneOf(column: string, values: readonly string[]): Condition {
  return { sql: `${column} IN (${values.map(() => "?").join()})`, values: [...values] };
}

/** All that is asked besides queue and state. */
export function ofOthers(
  { uniqueKey, label, labels, group, schedule, search, error, exitCode, diedOf, since, until }: JobSelector,
): Condition[] {
  const all: Condition[] = [];
  if (uniqueKey !== undefined) all.push({ sql: "unique_key = ?", values: [uniqueKey] });
  if (label !== undefined) all.push({ sql: "label = ?", values: [label] });
  if (labels !== undefined) all.push(oneOf("label", labels));
  if (group !== undefined) all.push({ sql: "in_group = ?", values: [group] });
  if (schedule !== undefined) {
    all.push({ sql: "seq IN (SELECT job FROM schedule_runs WHERE schedule = ?)", values: [schedule] });
  }
  if (search !== undefined) {
    const pattern = containing(search);
    const sql = "(command LIKE ? ESCAPE '\\' OR coalesce(name, 'j' || seq) LIKE ? ESCAPE '\\')";
    all.push({ sql, values: [pattern, pattern] });
  }
  if (error !== undefined) all.push({ sql: "error LIKE ? ESCAPE '\\'", values: [containing(error)] });
  if (exitCode !== undefined) all.push({ sql: "exit_code = ?", values: [exitCode] });
  if (diedOf !== undefined) all.push({ sql: "died_of = ? AND state = 'dead'", values: [diedOf] });
  if (since !== undefined) all.push({ sql: "created_at >= ?", values: [since] });
  if (until !== undefined) all.push({ sql: "created_at < ?", values: [until] });
  return all;
}

/** `WHERE` all of them; nothing where there are none. */
export function whereAll(conditions: readonly Condition[]): string {
  return conditions.length > 0 ? `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}` : "";
}

/** The values of all of them, in order. */
export function valuesOf(conditions: readonly Condition[]): Value[] {
  return conditions.flatMap(({ values }) => values);
}

function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}
