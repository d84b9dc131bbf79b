/**
 * @module
 * The routes that do something to jobs that exist: to one, to those with some ids, or to all that a filter finds.
 */
import { BadInput, Refused } from "../../domain/errors.ts";
import { ENDED, type State, WAITING } from "../../domain/job.ts";
import type { JobFilter, JobStore, Store } from "../../store/contract.ts";
import { type InputValues, objectOf, someText } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { COUNTED, record } from "../schemas.ts";
import { FILTER, filterOf, SELECTION } from "./job_inputs.ts";

const tag = "actions on jobs";
/** Jobs that are looked at, and changed in one transaction, at a time. */
const PAGE = 500;
/** Counting stops here: more is "at least so many". */
const MOST_COUNTED = 100_000;

/** Something that can be done to a job. */
interface Action {
  name: string;
  /** What it does to one job, for the document. */
  summary: string;
  /** The jobs it can be done to. */
  states: readonly State[];
  /** Does it to all of them, or throws and has done nothing. A list it returns has those that stay held. */
  apply(store: JobStore, ids: readonly string[], now: number): Promise<unknown>;
}

const ACTIONS: readonly Action[] = [
  {
    name: "cancel",
    summary: "Calls it off; a running one is ended by its worker",
    states: [...WAITING, "processing"],
    apply: (store, ids, now) => store.cancel(ids, now),
  },
  {
    name: "retry",
    summary: "Runs it again, with its attempts counted anew",
    states: ["failed", ...ENDED],
    apply: (store, ids, now) => store.retry(ids, { now }),
  },
  {
    name: "delete",
    summary: "Removes it with its attempts and output",
    states: [...WAITING, ...ENDED],
    apply: (store, ids) => store.delete(ids),
  },
  {
    name: "hold",
    summary: "Keeps it from starting until it is released",
    states: WAITING,
    apply: (store, ids) => store.hold(ids, true),
  },
  {
    name: "release",
    summary: "Lets it start again",
    states: WAITING,
    apply: (store, ids) => store.hold(ids, false),
  },
];

const DONE_SCHEMA = record({ done: COUNTED, passed_over: COUNTED });
const DONE = {
  description:
    "To how many it was done, and how many were passed over since their state does not allow it; " +
    "after a retry, how many of them are held and stay so until they are released, if any are",
  schema: { ...DONE_SCHEMA, properties: { ...DONE_SCHEMA.properties as object, held: COUNTED } },
};

/** What an action came to. */
interface Done {
  done: number;
  passed_over: number;
  held?: number;
}

function doneTo(done: number, applied: unknown): Done {
  const held = Array.isArray(applied) ? applied.length : 0;
  return { done, passed_over: 0, ...(held > 0 && { held }) };
}

function added(one: Done, other: Done): Done {
  const held = (one.held ?? 0) + (other.held ?? 0);
  return {
    done: one.done + other.done,
    passed_over: one.passed_over + other.passed_over,
    ...(held > 0 && { held }),
  };
}

/** The routes. */
export const ACTION_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/bulk/count",
    summary: "How many jobs a filter finds, to know it before anything is done to them",
    tag,
    query: FILTER,
    answer: {
      description: `The number; when it is not exact, there are more than ${MOST_COUNTED}`,
      schema: record({ count: COUNTED, exact: { type: "boolean" } }),
    },
    run: ({ store, query }) => count(store, filterOf(query)),
  }),
  ...ACTIONS.flatMap((action): Route[] => [
    // `DELETE /jobs/:id` is another route
    ...(action.name === "delete" ? [] : [oneJob(action)]),
    defineRoute({
      method: "POST",
      url: `/bulk/${action.name}`,
      summary: `Many jobs: ${action.summary.toLowerCase().replaceAll(/\bit\b/g, "each")}`,
      tag,
      body: objectOf(SELECTION, "which jobs: either ids or a filter"),
      answer: DONE,
      problems: ["not-found", "refused"],
      async run({ store, body, now }) {
        const { ids, filter } = eitherOf(body);
        if (filter) return await applyToAll(store, action, { filter: filterOf(filter), now });
        return doneTo(ids!.length, await action.apply(store, ids!, now));
      },
    }),
  ]),
];

function oneJob(action: Action): Route {
  return defineRoute({
    method: "POST",
    url: `/jobs/:id/${action.name}`,
    summary: action.summary,
    tag,
    path: { id: someText({ max: 128 }, "id of the job") },
    answer: DONE,
    problems: ["not-found", "refused"],
    async run({ store, path, now }) {
      return doneTo(1, await action.apply(store, [path.id], now));
    },
  });
}

function eitherOf(body: InputValues<typeof SELECTION>): InputValues<typeof SELECTION> {
  if ((body.ids === undefined) === (body.filter === undefined)) {
    throw new BadInput("Cannot tell which jobs are meant: give either ids or filter");
  }
  return body;
}

async function count(
  store: Store,
  filter: Omit<JobFilter, "limit">,
): Promise<{ count: number; exact: boolean }> {
  const { state, queue, ...others } = filter;
  if (Object.keys(others).length === 0) {
    const counts = queue === undefined ? (await store.summary(0)).counts : (await store.queue(queue))?.counts;
    const states = counts ? state ? [counts[state]] : Object.values(counts) : [];
    return { count: states.reduce((sum, n) => sum + n, 0), exact: true };
  }
  let counted = 0;
  let cursor: string | null = null;
  do {
    const page = await store.list({ ...filter, limit: 10 * PAGE, ...(cursor && { cursor }) });
    counted += page.jobs.length;
    cursor = page.cursor;
  } while (cursor !== null && counted < MOST_COUNTED);
  return { count: counted, exact: cursor === null };
}

/**
 * Page by page, oldest first, up to the job that was the last one when it began. Every page is done as a whole; a job
 * whose state has changed since the look at it is passed over.
 */
async function applyToAll(
  store: Store,
  action: Action,
  { filter, now }: { filter: Omit<JobFilter, "limit">; now: number },
): Promise<Done> {
  let result: Done = { done: 0, passed_over: 0 };
  const last = (await store.list({ limit: 1 })).jobs[0]?.seq ?? 0;
  let cursor: string | null = null;
  do {
    const page = await store.list({ ...filter, sort: "oldest", limit: PAGE, ...(cursor && { cursor }) });
    const meant = page.jobs.filter(({ seq }) => seq <= last);
    const ids = meant.filter(({ state }) => action.states.includes(state)).map(({ id }) => id);
    const done = ids.length === 0 ? doneTo(0, []) : await applyToPage(store, action, { ids, now });
    result = added(result, { ...done, passed_over: meant.length - done.done });
    cursor = meant.length < page.jobs.length ? null : page.cursor;
  } while (cursor !== null);
  return result;
}

async function applyToPage(
  store: Store,
  action: Action,
  { ids, now }: { ids: readonly string[]; now: number },
): Promise<Done> {
  try {
    return doneTo(ids.length, await action.apply(store, ids, now));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  let done = doneTo(0, []);
  for (const id of ids) {
    try {
      done = added(done, doneTo(1, await action.apply(store, [id], now)));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return done;
}
