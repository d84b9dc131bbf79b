/**
 * @module
 * What is done to all jobs that a selector finds. First they are looked for; then they are changed, some in one
 * transaction, where they still are what was looked for. So nobody waits long, what comes meanwhile stays, and what is
 * done is never more than was counted. Who is interrupted has done it to some of them.
 */
import type { Changed, ChangeOptions, JobSelector, Selection, Wish } from "../contract.ts";
import { idOf } from "../rules/jobs.ts";
import { meant } from "../rules/refusals.ts";
import { actOf } from "./acts.ts";
import { conditionsOf, stateAsked, Values, where } from "./conditions.ts";
import type { Database } from "./engine/database.ts";
import { letGo, lockJobs } from "./locked_jobs.ts";
import { haveKeysBack, type KeysBack, lockKeysOfSeqs } from "./keys.ts";
import { revive } from "./needs.ts";
import { JOBS, STATE } from "./rows.ts";

/** Jobs that are told of by one statement. */
const PAGE = 20_000;
const LAST = "SELECT max(seq) AS seq FROM queuectl.jobs";

/** Looks for jobs, oldest first, up to the one that is the last when it begins. */
export async function select(db: Database, which: JobSelector, wish: Wish): Promise<Selection> {
  const last = (await db.get<{ seq: number | null }>(LAST))!.seq ?? 0;
  const seqs: number[] = [];
  let passedOver = 0;
  for (let after = 0, more = true; more;) {
    const values = new Values();
    const conditions = [
      `j.seq > ${values.place(after)}`,
      `j.seq <= ${values.place(last)}`,
      ...conditionsOf(which, values),
      ...stateAsked(which, STATE, values),
    ];
    const sql = `
      SELECT j.seq, ${isMeant(wish, values)} AS meant FROM ${JOBS} ${
      where(conditions)
    } ORDER BY j.seq LIMIT ${PAGE}`;
    const rows = await db.read<{ seq: number; meant: boolean }>(sql, ...values.all);
    for (const { seq, meant } of rows) {
      if (meant) seqs.push(seq);
      else passedOver += 1;
    }
    more = rows.length === PAGE;
    after = rows.at(-1)?.seq ?? after;
  }
  return { which, wish, seqs, passedOver };
}

function isMeant(wish: Wish, values: Values): string {
  const { states, held } = meant(wish);
  const inState = `${STATE} = ANY (${values.place(states)}::text[])`;
  return `(${inState}${held === undefined ? "" : ` AND j.held = ${values.place(held)}`})`;
}

/** Jobs in one transaction. */
const AT_ONCE = 500;

/** Changes the selected jobs that still are what was looked for. */
export async function change(
  db: Database,
  { which, wish, seqs }: Selection,
  options: ChangeOptions,
): Promise<Changed> {
  const { act, store } = actOf(wish.verb, options);
  const changed = { done: 0, changedMeanwhile: 0, held: 0, requested: [] as string[] };
  for (let from = 0; from < seqs.length; from += AT_ONCE) {
    const some = seqs.slice(from, from + AT_ONCE);
    const values = new Values();
    const conditions = [
      `j.seq = ANY (${values.place(some)}::bigint[])`,
      ...conditionsOf(which, values),
      ...stateAsked(which, STATE, values),
      isMeant(wish, values),
    ];
    const find = `SELECT j.seq FROM ${JOBS} ${where(conditions)}`;
    const jobs = await db.transaction(async (tx) => {
      if (wish.verb === "retry") await lockKeysOfSeqs(tx, some);
      const locked = await lockJobs(tx, "j.seq = ANY ($1::bigint[])", some);
      const still = new Set((await tx.all<{ seq: number }>(find, ...values.all)).map(({ seq }) => seq));
      const found = locked.filter(({ row }) => still.has(row.seq));
      const keys: KeysBack = wish.verb === "retry"
        ? await haveKeysBack(tx, found, options.now)
        : { statements: [], barred: new Map() };
      const jobs = found.filter((job) => !keys.barred.has(job));
      const { revived, statements } = wish.verb === "retry"
        ? await revive(tx, jobs, options.now)
        : { revived: new Set(), statements: [] };
      const others = jobs.filter((job) => !revived.has(job));
      for (const job of others) act(job);
      await tx.commit([...keys.statements, ...statements, ...store(others), ...letGo(locked)]);
      return jobs;
    });
    changed.done += jobs.length;
    changed.changedMeanwhile += some.length - jobs.length;
    if (wish.verb === "retry") changed.held += jobs.filter(({ held }) => held).length;
    const requested = jobs.filter(({ state, gone }) => state === "processing" && !gone);
    changed.requested.push(...requested.map(({ row }) => idOf(row)));
  }
  return changed;
}
