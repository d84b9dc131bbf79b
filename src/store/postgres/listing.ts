/**
 * @module
 * Pages of jobs, of which the thousandth costs what the first does (see `rules/pages.ts`). Where a queue or a state is
 * asked for, every queue and state that has jobs is a *section* with an index of its own in the order wanted; the first
 * jobs of all sections together are the page.
 */
import type { JobFilter, JobPage } from "../contract.ts";
import { DEFAULT_SORT, keyIn, lookedFor, pageOf, type Sort } from "../rules/pages.ts";
import { conditionsOf, IS_AS_STORED, stateAsked, Values, where } from "./conditions.ts";
import type { Database } from "./engine/database.ts";
import type { Value } from "./engine/driver.ts";
import { JOB, type JobRow, JOBS, STATE, toJob } from "./rows.ts";

/** An order of jobs, as SQL, of the columns of a table. */
interface Order {
  by(table: string): string;
  /** What comes after a key. */
  after(table: string, key: readonly string[]): string;
}

const ORDERS: Readonly<Record<Sort, Order>> = {
  newest: { by: (t) => `${t}.seq DESC`, after: (t, [seq]) => `${t}.seq < ${seq}` },
  oldest: { by: (t) => `${t}.seq`, after: (t, [seq]) => `${t}.seq > ${seq}` },
  priority: {
    by: (t) => `${t}.priority, ${t}.seq`,
    after: (t, [priority, seq]) => `(${t}.priority, ${t}.seq) > (${priority}, ${seq})`,
  },
};

/** One page of jobs. */
export async function list(db: Database, filter: JobFilter): Promise<JobPage> {
  const read = ({ sql, values }: Query) =>
    searches(filter) ? db.read<JobRow>(sql, ...values) : db.readFew<JobRow>(sql, ...values);
  const near = isOfStateAlone(filter) ? await read(new Query(filter, { near: true })) : [];
  const rows = near.length === lookedFor(filter) ? near : await read(new Query(filter));
  const { jobs, cursor } = pageOf(rows, filter);
  return { jobs: jobs.map(toJob), cursor };
}

/** It asks for something that no index knows. */
function searches({ schedule, search, error, exitCode, diedOf, since, until }: JobFilter): boolean {
  return [schedule, search, error, exitCode, diedOf, since, until].some((asked) => asked !== undefined);
}

/** Jobs next to where a page begins; to look through them costs less than to ask each of very many queues for its first. */
const NEAR = 2000;
/** Counts of a state, of which a queue has a few: with more, the page may be full of what is near. */
const MANY = 400;

function isOfStateAlone(
  { state, sort = DEFAULT_SORT, cursor: _, limit: _limit, ...others }: JobFilter,
): boolean {
  const asked = Object.values(others).filter((one) => one !== undefined);
  return asked.length === 0 && state !== undefined && state !== "processing" && sort !== "priority";
}

/** The statement of a filter; with `near`, of a state alone, and where very many queues have jobs of it. */
class Query {
  readonly #values = new Values();
  readonly sql: string;
  readonly #order: Order;
  readonly #limit: string;
  /** Where the page begins. */
  readonly #key: readonly string[] | undefined;

  constructor(filter: JobFilter, { near = false }: { near?: boolean } = {}) {
    const { sort = DEFAULT_SORT, cursor } = filter;
    this.#order = ORDERS[sort];
    this.#limit = this.#values.place(lookedFor(filter));
    if (cursor !== undefined) {
      this.#key = keyIn(cursor, sort).map((one) => `${this.#values.place(one)}::bigint`);
    }
    const conditions = conditionsOf(filter, this.#values);
    const page = near ? this.#near(filter) : this.#sections(filter, conditions) ??
      this.#first(`j.* FROM ${JOBS}`, [...conditions, ...this.#state(filter)]);
    this.sql = `
      SELECT ${JOB} FROM (${page}) j LEFT JOIN queuectl.running r ON r.job = j.seq
      ORDER BY ${this.#order.by("j")} LIMIT ${this.#limit}`;
  }

  /** Of its places. */
  get values(): readonly Value[] {
    return this.#values.all;
  }

  /** The first rows of a table in the order wanted, from where the page begins. */
  #first(
    rows: string,
    conditions: readonly string[],
    table = "j",
    limit: string | number = this.#limit,
  ): string {
    const all = [...conditions, ...this.#key ? [this.#order.after(table, this.#key)] : []];
    return `(SELECT ${rows} ${where(all)} ORDER BY ${this.#order.by(table)} LIMIT ${limit})`;
  }

  #near({ state }: JobFilter): string {
    const place = this.#values.place(state!);
    return `(
      SELECT j.* FROM ${this.#first("j.* FROM queuectl.jobs j", [], "j", NEAR)} j
      WHERE EXISTS (SELECT FROM queuectl.counts c WHERE c.state = ${place} OFFSET ${MANY})
        AND j.state = ${place} AND ${IS_AS_STORED} ORDER BY ${this.#order.by("j")} LIMIT ${this.#limit})`;
  }

  #state(filter: JobFilter): string[] {
    return stateAsked(filter, STATE, this.#values);
  }

  /** The first jobs of every section; undefined where there are none to go by, or fewer jobs have the label. */
  #sections(
    filter: JobFilter,
    conditions: readonly string[],
  ): string | undefined {
    const { queue, queues, state, states, label, labels, group, sort } = filter;
    if (labels !== undefined && group === undefined && label === undefined) {
      const firsts = this.#first(`j.* FROM ${JOBS}`, [
        ...conditions,
        ...this.#state(filter),
        "j.label = l.label",
      ]);
      return `
        SELECT f.* FROM unnest(${
        this.#values.place(labels)
      }::text[]) l (label) CROSS JOIN LATERAL (${firsts}) f`;
    }
    if ((label ?? labels ?? group) !== undefined || (queue ?? queues ?? state ?? states) === undefined) {
      return undefined;
    }
    if (sort === "priority" && state === "pending" && (queue ?? queues) === undefined) {
      return this.#pendingByPriority(conditions);
    }
    const running = this.#first(
      "j.* FROM queuectl.running r JOIN queuectl.jobs j ON j.seq = r.job",
      conditions,
    );
    if (state === "processing") return running;
    const of = [
      ...stateAsked(filter, "c.state", this.#values),
      ...queue === undefined ? [] : [`c.queue = ${this.#values.place(queue)}`],
      ...queues === undefined ? [] : [`c.queue = ANY(${this.#values.place(queues)})`],
    ];
    const sections = `
      SELECT c.queue, c.state FROM queuectl.counts c ${where(of)} GROUP BY 1, 2 HAVING sum(c.n) > 0`;
    const ofSection = ["j.queue = s.queue", "j.state = s.state", IS_AS_STORED, ...conditions];
    const firsts = sort === "priority" && state === "pending"
      // both have an index in this order
      ? `${
        this.#first(
          "j.* FROM queuectl.ready d JOIN queuectl.jobs j ON j.seq = d.seq",
          ["d.queue = s.queue", ...conditions],
          "d",
        )
      } UNION ALL ${
        // what stands apart is found by its jobs
        this.#first(
          "j.* FROM queuectl.ready d JOIN queuectl.jobs j ON j.seq = d.seq",
          ["d.queue < '0'", "j.queue = s.queue", ...conditions],
          "d",
        )} UNION ALL ${this.#first("j.* FROM queuectl.jobs j", ["j.held", ...ofSection])}`
      : this.#first("j.* FROM queuectl.jobs j", ofSection);
    const waiting = `SELECT f.* FROM (${sections}) s CROSS JOIN LATERAL (${firsts}) f`;
    const mayRun = state === undefined && (states === undefined || states.includes("processing"));
    return mayRun ? `${waiting} UNION ALL ${running}` : waiting;
  }

  /** Of all queues, those that are held aside, of which there are few: one index has the order of all others. */
  #pendingByPriority(conditions: readonly string[]): string {
    const ready = this.#first(
      "j.* FROM queuectl.ready d JOIN queuectl.jobs j ON j.seq = d.seq",
      conditions,
      "d",
    );
    const held = this.#first("j.* FROM queuectl.jobs j", [
      ...["j.queue = s.queue", "j.held", "j.state = 'pending'", IS_AS_STORED],
      ...conditions,
    ]);
    return `
      ${ready} UNION ALL SELECT f.* FROM (
        SELECT c.queue FROM queuectl.counts c WHERE c.state = 'pending' GROUP BY 1 HAVING sum(c.held) > 0) s
      CROSS JOIN LATERAL (${held}) f`;
  }
}
