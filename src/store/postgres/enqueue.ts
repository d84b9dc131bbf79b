/**
 * @module
 * Storing new jobs: a thousand in one statement, very many in one transaction of several. Others see all of them or none,
 * and wait for none of them. Invariant: every call has a key that is stored with its jobs, the user's or one of its own:
 * so when the connection was lost, asking again tells whether it had happened, and enqueues once.
 */
import { StoreBusy, StoreUnusable } from "../../domain/errors.ts";
import { hasNeeds, type NewJob } from "../../domain/job.ts";
import { policyColumn } from "../../domain/policy.ts";
import type { EnqueueOptions, RequestKey } from "../contract.ts";
import { idOf, waitingState } from "../rules/jobs.ts";
import {
  divide,
  type Divided,
  idsGivenBefore,
  nameOf,
  NewJobTally,
  rememberedSince,
} from "../rules/new_jobs.ts";
import { JoinTally } from "../rules/groups.ts";
import { type ResolvedNeeds, resolveNeeds } from "../rules/needs.ts";
import { takenId } from "../rules/refusals.ts";
import { CountChanges } from "./counts.ts";
import type { Ring } from "./engine/bell.ts";
import type { Database, Transaction } from "./engine/database.ts";
import { Lost, type Statement, type Value } from "./engine/driver.ts";
import { isForbidden, takenIn } from "./engine/failures.ts";
import { enqueueByFunction, mayOnlyEnqueue } from "./enqueuer.ts";
import { join, sealing } from "./groups.ts";
import { lockNeeded, type MadeToWait, makeWait } from "./new_needs.ts";
import { FIELD_COLUMNS, toValue, typeOf } from "./rows.ts";

/** The columns of a new job, with their types, in the order of their parameters; besides, `created_at`. */
const COLUMNS: readonly { column: string; type: string }[] = [
  { column: "name", type: "text" },
  { column: "state", type: "text" },
  ...FIELD_COLUMNS.map(({ column, kind }) => ({ column, type: typeOf(kind) })),
  { column: "stdin_size", type: "bigint" },
  { column: "policy", type: "text" },
];
const NAMES = COLUMNS.map(({ column }) => column).join(", ");

/** Jobs get their numbers in the order given. */
const INSERT = `
  WITH stored AS (
    INSERT INTO queuectl.jobs (created_at, ${NAMES})
    SELECT $1::bigint, ${NAMES} FROM unnest(${
  COLUMNS.map(({ type }, at) => `$${at + 2}::${type}[]`).join(", ")
}) WITH ORDINALITY AS given (${NAMES}, nth) ORDER BY nth
    RETURNING seq, name, queue, priority, state, held, policy),
  readied AS (
    INSERT INTO queuectl.ready (queue, priority, seq)
    SELECT queuectl.place_13(queue, policy), priority, seq FROM stored WHERE state = 'pending' AND NOT held)`;
const STORE = `${INSERT} SELECT seq FROM stored ORDER BY seq`;
/** The same, with what is remembered of the request. */
const STORE_AND_REMEMBER = `${INSERT},
  remembered AS (
    INSERT INTO queuectl.requests (key, fingerprint, ids, made_at)
    SELECT $${COLUMNS.length + 2}, $${COLUMNS.length + 3},
      coalesce(json_agg(coalesce(name, 'j' || seq) ORDER BY seq), '[]'), $${
  COLUMNS.length + 4
}::bigint FROM stored)
  SELECT seq FROM stored ORDER BY seq`;

const KEEP_STDIN = `
  INSERT INTO queuectl.inputs (job, bytes) SELECT * FROM unnest($1::bigint[], $2::bytea[]) AS i (job, bytes)`;

const TALLY = `
  INSERT INTO queuectl.tallies (at, queue, enqueued)
  SELECT $1::bigint, t.queue, t.enqueued FROM unnest($2::text[], $3::bigint[]) AS t (queue, enqueued)`;
const REMEMBER = "INSERT INTO queuectl.requests (key, fingerprint, ids, made_at) VALUES ($1, $2, $3, $4)";
const AMEND = "UPDATE queuectl.requests SET ids = $2 WHERE key = $1";
const KNOWN = "SELECT fingerprint, ids FROM queuectl.requests WHERE key = $1 AND made_at >= $2";
const FORGET = "DELETE FROM queuectl.requests WHERE key = $1 AND made_at < $2";

/** A key of one's own is asked for again within minutes or never: it is stored as if it had been made that long ago. */
const OWN_KEPT_MS = 600_000;

/** A request under its key. */
export interface Keyed {
  request: RequestKey;
  madeAt: number;
  options: EnqueueOptions;
  /** To be rung once it is stored; who enqueues very many leaves that to others. */
  ring?: Ring;
}

/** Stores jobs in the given order and returns their ids in that order; or those of the same request before. */
export async function enqueue(
  db: Database,
  jobs: Iterable<NewJob>,
  options: EnqueueOptions,
  ring?: Ring,
): Promise<string[]> {
  const keyed: Keyed = { ...keyedRequest(options), ...ring && { ring } };
  const divided = divide(jobs);
  // who enqueues very many is asked first: then nothing is to be said twice
  if (divided.many && await mayOnlyEnqueue(db)) return await enqueueByFunction(db, [...divided.jobs], keyed);
  try {
    return await enqueueItself(db, divided, keyed);
  } catch (error) {
    if (divided.many || !isForbidden(error) || !await mayOnlyEnqueue(db)) throw error;
    return await enqueueByFunction(db, [...divided.jobs], keyed);
  }
}

/** The request under its key. */
export function keyedRequest(options: EnqueueOptions): Keyed {
  const { request } = options;
  return {
    request: request ?? { key: `own:${crypto.randomUUID()}`, fingerprint: "" },
    madeAt: request ? options.now : rememberedSince(options) + OWN_KEPT_MS,
    options,
  };
}

async function enqueueItself(db: Database, divided: Divided, keyed: Keyed): Promise<string[]> {
  if (keyed.options.request) {
    const known = await knownIds(db, keyed).catch((error) => {
      throw db.explain(error);
    });
    if (known) return known;
  }
  return await (divided.many ? enqueueMany : enqueueSome)(db, divided.jobs, keyed);
}

/** @throws {Refused} when its key was used for another request */
export async function knownIds(db: Database, { request, options }: Keyed): Promise<string[] | undefined> {
  const since = rememberedSince(options);
  const [, found] = await db.tryWrite([
    { sql: FORGET, values: [request.key, since] },
    { sql: KNOWN, values: [request.key, since] },
  ]);
  return idsGivenBefore(request, found!.rows[0] as { fingerprint: string; ids: string[] } | undefined);
}

async function enqueueSome(db: Database, jobs: Iterable<NewJob>, keyed: Keyed): Promise<string[]> {
  const part = new Part(keyed.options, 0);
  for (const job of jobs) part.add(job);
  return await told(
    db,
    [part.names],
    keyed,
    async () =>
      await db.untilAnswered(() =>
        db.tryTransaction(async (tx) => {
          const ids = await (part.isPlain ? storePlainPart : storeAnyPart)(tx, part, keyed);
          if (keyed.ring) keyed.ring.rung = true;
          return ids;
        })
      ),
  );
}

/** In one round trip. */
async function storePlainPart(tx: Transaction, part: Part, keyed: Keyed): Promise<string[]> {
  const all = [part.rememberedStatement(keyed), ...part.counted(new CountChanges())];
  const [stored] = await tx.commit(all, keyed.ring?.statement);
  return part.idsFrom(stored!.rows as { seq: number }[]);
}

async function storeAnyPart(tx: Transaction, part: Part, keyed: Keyed): Promise<string[]> {
  const { ids, statements } = await storePart(tx, part, keyed.options);
  await tx.commit([...statements, remembering(keyed, ids)], keyed.ring?.statement);
  return ids;
}

/** Jobs that were stored. */
export interface StoredJobs {
  ids: string[];
  seqs: readonly number[];
  /** What is to be done before the transaction ends. */
  statements: Statement[];
}

/** Stores some jobs in a transaction that does something else, too. */
export async function storeJobs(
  tx: Transaction,
  jobs: readonly NewJob[],
  options: EnqueueOptions,
): Promise<StoredJobs> {
  if (jobs.length === 0) return { ids: [], seqs: [], statements: [] };
  const part = new Part(options, 0);
  for (const job of jobs) part.add(job);
  return await storePart(tx, part, options);
}

async function storePart(tx: Transaction, part: Part, options: EnqueueOptions): Promise<StoredJobs> {
  const [stored] = await tx.several([part.statement()]);
  const ids = part.idsFrom(stored!.rows as { seq: number }[]);
  const needs = await needsOf(tx, part);
  const made = await join(tx, part.joins, options);
  const { statements, changes } = await waits(tx, part, needs);
  return {
    ids,
    seqs: part.seqs,
    statements: [
      ...part.inputs(),
      ...statements,
      ...sealing(made, options),
      ...part.counted(changes),
    ],
  };
}

async function enqueueMany(db: Database, jobs: Iterable<NewJob>, keyed: Keyed): Promise<string[]> {
  const names: (string | null)[][] = [];
  return await told(db, names, keyed, () =>
    db.tryTransaction(async (tx) => {
      if (names.length > 0) {
        throw new StoreBusy(
          `Cannot enqueue into the store "${db.address.shown}": others enqueue jobs with the same ids at this moment; ` +
            "nothing was enqueued; try again",
        );
      }
      await tx.several([remembering(keyed, [])]); // whoever asks for the same waits for this one to end
      const all = new Part(keyed.options, 0);
      const ids: string[] = [];
      const seqs: number[] = [];
      let part = new Part(keyed.options, 0);
      names.push(part.names);
      const flush = async () => {
        const [stored] = await tx.several([part.statement()]);
        for (const id of part.idsFrom(stored!.rows as { seq: number }[])) ids.push(id);
        for (const seq of part.seqs) seqs.push(seq);
        const inputs = part.inputs();
        if (inputs.length > 0) await tx.several(inputs);
        part = new Part(keyed.options, ids.length);
        names.push(part.names);
      };
      for (const job of jobs) {
        if (part.isFull) await flush();
        part.add(job);
        all.count(job);
      }
      await flush();
      const { needing, members, now } = all;
      const stored = { needing, members, names: names.flat(), seqs, now };
      const needs = await needsOf(tx, stored);
      const made = await join(tx, all.joins, keyed.options);
      const { statements, changes } = await waits(tx, stored, needs);
      const amended = { sql: AMEND, values: [keyed.request.key, JSON.stringify(ids)] };
      await tx.commit([
        ...statements,
        ...sealing(made, keyed.options),
        ...all.counted(changes),
        amended,
      ]);
      return ids;
    }));
}

export function remembering({ request, madeAt }: Keyed, ids: readonly string[]): Statement {
  return { sql: REMEMBER, values: [request.key, request.fingerprint, JSON.stringify(ids), madeAt] };
}

/** Does it, and finds out what went wrong, or whether it was done when that is not known. */
export async function told(
  db: Database,
  names: readonly (readonly (string | null)[])[],
  keyed: Keyed,
  store: () => Promise<string[]>,
): Promise<string[]> {
  try {
    return await store();
  } catch (error) {
    const taken = takenIn(error);
    if (taken === undefined && !(error instanceof Lost)) throw db.explain(error);
    // an id may be taken by the very job that an answer was lost of
    const known = await db.untilAnswered(() => knownIds(db, keyed)).catch((reason) => {
      if (!(reason instanceof Lost)) throw reason;
      const { message } = db.explain(error) as Error;
      throw new StoreUnusable(`${message}; whether anything was enqueued is not known`, { cause: error });
    });
    if (known) return known;
    if (taken === "jobs_name") throw await whichIsTaken(db, names.flat()) ?? db.explain(error);
    throw new StoreUnusable(`${(db.explain(error) as Error).message}; nothing was enqueued`, {
      cause: error,
    });
  }
}

const TAKEN = "SELECT name FROM queuectl.jobs WHERE name = ANY ($1)";

/** The first of some names that comes twice or that a job has. */
async function whichIsTaken(db: Database, names: readonly (string | null)[]): Promise<Error | undefined> {
  const given = names.filter((name) => name !== null);
  const rows = await db.read<{ name: string }>(TAKEN, given);
  const taken = new Set(rows.map(({ name }) => name));
  for (const [index, name] of names.entries()) {
    if (name === null) continue;
    if (taken.has(name)) return takenId(name, index);
    taken.add(name);
  }
  return undefined;
}

/** New jobs that are stored. */
type Stored = Pick<Part, "needing" | "members" | "names" | "seqs" | "now">;

/** What they need, which is locked from now on; undefined when that is nothing. */
export async function needsOf(
  tx: Transaction,
  { needing: jobs, members, names }: Stored,
): Promise<ResolvedNeeds | undefined> {
  if (jobs.size === 0) return undefined;
  const needs = resolveNeeds(jobs, { ids: names, members });
  await lockNeeded(tx, { needs, jobs });
  return needs;
}

/** Makes those wait that need others. */
export async function waits(
  tx: Transaction,
  { needing: jobs, names, seqs, now }: Stored,
  needs: ResolvedNeeds | undefined,
): Promise<MadeToWait> {
  return needs
    ? await makeWait(tx, { jobs, needs, seqs, names, now })
    : { statements: [], changes: new CountChanges() };
}

/** As many jobs as go into one statement. */
const MOST = { jobs: 1000, text: 1024 * 1024 };

/** Some jobs on their way into the table. */
export class Part {
  readonly names: (string | null)[] = [];
  readonly #options: EnqueueOptions;
  readonly #tally = new NewJobTally();
  /** Those that need others, by their place. */
  readonly needing = new Map<number, NewJob>();
  /** How many of them join which group, and who, by their place. */
  readonly joins = new JoinTally();
  readonly members = new Map<string, number[]>();
  readonly #columns: Value[][] = COLUMNS.map(() => []);
  /** What jobs read, by their place among the names. */
  readonly #stdins = new Map<number, Uint8Array>();
  seqs: number[] = [];
  #counted = 0;
  #text = 0;

  constructor(options: EnqueueOptions, readonly start: number) {
    this.#options = options;
  }

  /** The next job belongs into the next one. */
  get isFull(): boolean {
    return this.names.length >= MOST.jobs || this.#text >= MOST.text;
  }

  add(job: NewJob): void {
    const name = nameOf(job, this.#options);
    if (job.stdin) this.#stdins.set(this.names.length, job.stdin);
    this.#text += job.stdin?.length ?? 0;
    this.names.push(name);
    const values = [
      name,
      waitingState(job.runAt, this.#options.now),
      ...FIELD_COLUMNS.map(({ key }) => toValue(job[key])),
      job.stdin?.length ?? null,
      policyColumn(job),
    ];
    for (const [at, value] of values.entries()) {
      this.#columns[at]!.push(value);
      if (typeof value === "string") this.#text += value.length;
    }
    this.count(job);
  }

  get now(): number {
    return this.#options.now;
  }

  /** Counts a job that another one stores. */
  count(job: NewJob): void {
    const { queue, priority, held, runAt } = job;
    if (hasNeeds(job)) this.needing.set(this.#counted, job);
    this.joins.add(job);
    if (job.group !== null) {
      const others = this.members.get(job.group);
      if (others) others.push(this.#counted);
      else this.members.set(job.group, [this.#counted]);
    }
    this.#counted += 1;
    this.#tally.add({ queue, priority, held, seq: 0, state: waitingState(runAt, this.#options.now) });
  }

  /** Nothing else is to be stored that goes by the numbers of its jobs. */
  get isPlain(): boolean {
    return this.needing.size === 0 && this.joins.all().length === 0 && this.#stdins.size === 0;
  }

  statement(): Statement {
    return { sql: STORE, values: [this.#options.now, ...this.#columns] };
  }

  /** Stores its jobs, and their ids as those of the request. */
  rememberedStatement({ request: { key, fingerprint }, madeAt }: Keyed): Statement {
    const values = [this.#options.now, ...this.#columns, key, fingerprint, madeAt];
    return { sql: STORE_AND_REMEMBER, values, kept: true };
  }

  /** The ids of its jobs, from their numbers. */
  idsFrom(stored: readonly { seq: number }[]): string[] {
    this.seqs = stored.map(({ seq }) => seq);
    return stored.map(({ seq }, at) => idOf({ seq, name: this.names[at]! }));
  }

  /** Keeps what they read, once their numbers are known. */
  inputs(): Statement[] {
    if (this.#stdins.size === 0) return [];
    const seqs = Array.from(this.#stdins.keys(), (at) => this.seqs[at]!);
    return [{ sql: KEEP_STDIN, values: [seqs, [...this.#stdins.values()]] }];
  }

  /** What is counted of them. */
  counted(changes: CountChanges): Statement[] {
    const queues: string[] = [];
    const enqueued: number[] = [];
    for (const [queue, added] of this.#tally.queues()) {
      for (const { state, n, held } of added.counts) changes.addAll({ queue, state, n, held });
      queues.push(queue);
      enqueued.push(added.enqueued);
    }
    if (queues.length === 0) return [];
    const tally = { sql: TALLY, values: [this.#options.now, queues, enqueued], kept: true };
    return [tally, ...changes.statements()];
  }
}
