/**
 * @module
 * What a selector asks of jobs, as SQL of `jobs j`. Users' words are bound, never part of it.
 */
import type { JobSelector } from "../contract.ts";
import type { Value } from "./engine/driver.ts";

/** The values of a statement, in the order of their places. */
export class Values {
  readonly all: Value[] = [];

  /** A value's place. */
  place(value: Value): string {
    this.all.push(value);
    return `$${this.all.length}`;
  }
}

/** What runs has no end yet, whatever its row says of the attempt before. */
const RUNS = "EXISTS (SELECT 1 FROM queuectl.running x WHERE x.job = j.seq)";

/** It is in no other state than its row says. */
export const IS_AS_STORED = `(j.state <> 'pending' OR NOT ${RUNS})`;

/** All that is asked besides the state. */
export function conditionsOf(
  { queue, queues, uniqueKey, label, labels, group, schedule, search, error, exitCode, diedOf, since, until }:
    JobSelector,
  values: Values,
): string[] {
  const all: string[] = [];
  if (queue !== undefined) all.push(`j.queue = ${values.place(queue)}`);
  if (queues !== undefined) all.push(`j.queue = ANY(${values.place(queues)})`);
  if (uniqueKey !== undefined) all.push(`j.unique_key = ${values.place(uniqueKey)}`);
  if (label !== undefined) all.push(`j.label = ${values.place(label)}`);
  if (labels !== undefined) all.push(`j.label = ANY(${values.place(labels)})`);
  if (group !== undefined) all.push(`j.in_group = ${values.place(group)}`);
  if (schedule !== undefined) {
    all.push(`j.seq IN (SELECT job FROM queuectl.schedule_runs WHERE schedule = ${values.place(schedule)})`);
  }
  if (search !== undefined) {
    const pattern = values.place(containing(search));
    all.push(`(j.command ILIKE ${pattern} OR coalesce(j.name, 'j' || j.seq) ILIKE ${pattern})`);
  }
  if (error !== undefined) all.push(`j.error ILIKE ${values.place(containing(error))}`, IS_AS_STORED);
  if (exitCode !== undefined) all.push(`j.exit_code = ${values.place(exitCode)}`, IS_AS_STORED);
  if (diedOf !== undefined) all.push(`j.died_of = ${values.place(diedOf)}`, "j.state = 'dead'");
  if (since !== undefined) all.push(`j.created_at >= ${values.place(since)}`);
  if (until !== undefined) all.push(`j.created_at < ${values.place(until)}`);
  return all;
}

/** The state that is asked for; `sql` is where it stands. */
export function stateAsked({ state, states }: JobSelector, sql: string, values: Values): string[] {
  if (state !== undefined) return [`${sql} = ${values.place(state)}`];
  return states === undefined ? [] : [`${sql} = ANY(${values.place(states)})`];
}

/** `WHERE` all of them; nothing where there are none. */
export function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
}

function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
}
