/**
 * @module
 * How many jobs are in which queue and state. Each row is one stripe of such a count, and the sum of them is what there
 * is: a supervisor writes its own stripe, commands one of a few, so that nobody waits for a row that all write.
 */
import type { State } from "../../domain/job.ts";
import type { Statement } from "./engine/driver.ts";

/** The stripes of those who are no supervisors; as the schema has it. */
const COMMAND_STRIPES = 16;

/** The first stripe of a supervisor. */
export const FIRST_STRIPE = COMMAND_STRIPES;

/** What one transaction changes in the counts. */
export class CountChanges {
  readonly #changes = new Map<string, { queue: string; state: State; n: number; held: number }>();

  /** So many jobs more, or fewer. */
  add({ queue, state, held }: { queue: string; state: State; held: boolean }, n: number): void {
    this.addAll({ queue, state, n, held: held ? n : 0 });
  }

  /** The same, where not all of them are held. */
  addAll({ queue, state, n, held }: { queue: string; state: State; n: number; held: number }): void {
    const key = `${queue} ${state}`;
    const change = this.#changes.get(key) ?? { queue, state, n: 0, held: 0 };
    change.n += n;
    change.held += held;
    this.#changes.set(key, change);
  }

  /** The queues to which jobs came. */
  get filled(): string[] {
    const all = [...this.#changes.values()].filter(({ n }) => n > 0);
    return [...new Set(all.map(({ queue }) => queue))];
  }

  /** Stores them. The last statements of a transaction, since they lock rows that others want. */
  statements(): Statement[] {
    const all = [...this.#changes.values()].filter(({ n, held }) => n !== 0 || held !== 0);
    if (all.length === 0) return [];
    const stripe = Math.floor(Math.random() * COMMAND_STRIPES);
    const values = [
      stripe,
      all.map(({ queue }) => queue),
      all.map(({ state }) => state),
      all.map(({ n }) => n),
      all.map(({ held }) => held),
    ];
    const { filled } = this;
    const refilled = filled.length === 0 ? [] : [{ sql: NOT_EMPTIED, values: [filled] }];
    return [...refilled, { sql: COUNT, values, kept: true }];
  }
}

const COUNT = "SELECT queuectl.count_1($1::smallint, $2::text[], $3::text[], $4::bigint[], $5::bigint[])";
const NOT_EMPTIED = "DELETE FROM queuectl.emptied WHERE queue = ANY ($1::text[])";

/** The counts of queues, summed up; parameters and conditions are the caller's. */
export const SUMS =
  "SELECT queue, state, sum(n)::bigint AS n, sum(held)::bigint AS held FROM queuectl.counts";
