/**
 * @module
 * The routes that do something to jobs that exist: to one, to those with some ids, or to all that a filter finds.
 */
import { BadInput, Refused } from "../../domain/errors.ts";
import { ENDED, type State, WAITING } from "../../domain/job.ts";
import type { JobSelector, JobStore, Store, Verb } from "../../store/contract.ts";
import { changeAll } from "../../views/change_all.ts";
import { whereNeedsHave } from "../../views/retried.ts";
import { type InputValues, objectOf, oneOf, someText, trueOrFalse } from "../inputs.ts";
import { defineRoute, type Machine, type Route, type Services } from "../route.ts";
import { COUNTED, record } from "../schemas.ts";
import { editMany } from "./bulk_edit.ts";
import { FILTER, filterOf, SELECTION } from "./job_inputs.ts";

const tag = "actions on jobs";
/** Jobs that are looked at, and changed in one transaction, at a time. */
const PAGE = 500;

/** Something that can be done to a job. */
interface Action {
  name: Exclude<Verb, "edit">;
  /** What it does to one job, for the document. */
  summary: string;
  /** The jobs it can be done to. */
  states: readonly State[];
  /** Does it to all of them, or throws and has done nothing. */
  apply(store: JobStore, ids: readonly string[], circumstances: Circumstances): Promise<Applied | void>;
  /** Does the same to the processes of running ones, where no worker is left to do it. */
  applyUnwatched?: (machine: Machine, ids: readonly string[]) => Promise<unknown>;
}

/** What an action may depend on. */
type Circumstances = Pick<Services & { now: number }, "now" | "machine">;

/** What is to be said of jobs to which something was done, or still to be done. */
interface Applied {
  /** How many stay held. */
  held?: number;
  /** How many wait for what they need. */
  blocked?: number;
  /** How many are skipped, since what they need can no longer come. */
  skipped?: number;
  /** To how many it is still to be done by whoever runs them. */
  requested?: number;
}

const ACTIONS: readonly Action[] = [
  {
    name: "cancel",
    summary: "Calls it off; a running one is ended by its worker, or here where none is left",
    states: [...WAITING, "processing"],
    apply: (store, ids, { now }) => store.cancel(ids, now),
    applyUnwatched: (machine, ids) => machine.endUnwatched(ids),
  },
  {
    name: "retry",
    summary: "Runs it again, with its attempts counted anew",
    states: ["failed", "completed", "dead", "cancelled"],
    async apply(store, ids, { now }) {
      const held = await store.retry(ids, { now });
      const { blocked, skipped } = await whereNeedsHave(store, ids);
      return { held: held.length, blocked: blocked.length, skipped: skipped.length };
    },
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
  {
    name: "pause",
    summary:
      "Lets it stand still until it is resumed; a running one with all its processes, a waiting one is held",
    states: [...WAITING, "processing"],
    async apply(store, ids, { now, machine }) {
      return { requested: (await store.pause(ids, { now, running: machine.canPause })).running };
    },
    applyUnwatched: (machine, ids) => machine.pauseUnwatched(ids),
  },
  {
    name: "resume",
    summary: "Lets it go on that was paused or held",
    states: [...WAITING, "processing"],
    apply: async (store, ids, { now }) => ({ requested: (await store.resume(ids, now)).running }),
    applyUnwatched: (machine, ids) => machine.pauseUnwatched(ids),
  },
];

const PASS_OVER = trueOrFalse(
  "pass over those of the ids that are gone or whose state does not allow it; otherwise nothing is done when there is one. " +
    "A filter always does",
);

const DONE_SCHEMA = record({ done: COUNTED, passed_over: COUNTED });
const DONE = {
  description:
    "To how many it was done, and how many were passed over since their state does not allow it or it was done already; " +
    "after a retry, how many of them are held and stay so until they are released, if any are, and of those given by ids, " +
    "how many wait for what they need, and how many are skipped since that can no longer come; after cancelling what " +
    "runs without a worker, whether its processes were ended, and how many of them could not be; after pausing it, " +
    "whether they were stopped, and how many could not be",
  schema: {
    ...DONE_SCHEMA,
    properties: {
      ...DONE_SCHEMA.properties as object,
      held: COUNTED,
      blocked: COUNTED,
      skipped: COUNTED,
      without_worker: {
        anyOf: [
          record({ ended: { type: "boolean" }, left: COUNTED }),
          record({ done: { type: "boolean" }, unstopped: COUNTED }),
        ],
      },
    },
  },
};

/** What an action came to. */
interface Done {
  done: number;
  passed_over: number;
  held: number;
  blocked: number;
  skipped: number;
  /** Running jobs may be among these, to which it is still to be done. */
  requested: readonly string[];
}

const NOTHING: Done = { done: 0, passed_over: 0, held: 0, blocked: 0, skipped: 0, requested: [] };

function added(one: Done, other: Done): Done {
  return {
    done: one.done + other.done,
    passed_over: one.passed_over + other.passed_over,
    held: one.held + other.held,
    blocked: one.blocked + other.blocked,
    skipped: one.skipped + other.skipped,
    requested: [...one.requested, ...other.requested],
  };
}

/** What to answer, once it was done to what runs without a worker. */
async function answerTo(
  { done, passed_over, held, blocked, skipped, requested }: Done,
  { action, machine }: { action: Action; machine: Machine },
): Promise<unknown> {
  const withoutWorker = requested.length > 0 ? await action.applyUnwatched?.(machine, requested) : undefined;
  return {
    ...{ done, passed_over },
    ...(held > 0 && { held }),
    ...(blocked > 0 && { blocked }),
    ...(skipped > 0 && { skipped }),
    ...(withoutWorker !== undefined && { without_worker: withoutWorker }),
  };
}

/** The routes. */
export const ACTION_ROUTES: readonly Route[] = [
  editMany,
  defineRoute({
    method: "GET",
    url: "/bulk/count",
    summary: "How many jobs a filter finds, to know it before anything is done to them",
    tag,
    query: {
      ...FILTER,
      action: oneOf([...ACTIONS.map(({ name }) => name), "edit"], "only jobs to which this can be done"),
    },
    answer: {
      description: "The number; with an action, also how many more are found to which it cannot be done",
      schema: record({ count: COUNTED, passed_over: COUNTED }),
    },
    run: ({ store, query: { action, ...filter } }) => count(store, filterOf(filter), action),
  }),
  ...ACTIONS.flatMap((action): Route[] => [
    // `DELETE /jobs/:id` is another route
    ...(action.name === "delete" ? [] : [oneJob(action)]),
    defineRoute({
      method: "POST",
      url: `/bulk/${action.name}`,
      summary: `Many jobs: ${action.summary.toLowerCase().replaceAll(/\bit\b/g, "each")}`,
      tag,
      body: objectOf({ ...SELECTION, pass_over: PASS_OVER }, "which jobs: either ids or a filter"),
      answer: DONE,
      problems: ["not-found", "refused"],
      changed: ({ ids, filter }) => ({ jobs: ids, filter }),
      async run(call) {
        const { store, now, machine } = call;
        const { pass_over: passOver = false, ...selection } = call.body;
        const { ids, filter } = eitherOf(selection);
        const done = filter
          ? await applyToAll(store, action, { which: filterOf(filter), now, machine })
          : passOver
          ? await applyToAllowing(store, action, { ids: ids!, now, machine })
          : await applyToThese(store, action, { ids: ids!, now, machine });
        return await answerTo(done, { action, machine });
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
    async run(call) {
      const { store, path, now, machine } = call;
      const done = await apply(store, action, { ids: [path.id], now, machine });
      return await answerTo(done, { action, machine });
    },
  });
}

function eitherOf(body: InputValues<typeof SELECTION>): InputValues<typeof SELECTION> {
  if ((body.ids === undefined) === (body.filter === undefined)) {
    throw new BadInput("Cannot tell which jobs are meant: give either ids or filter");
  }
  return body;
}

/** How many jobs a filter finds: all of them, or those that allow an action, and how many do not. */
async function count(
  store: Store,
  which: JobSelector,
  action: Verb | undefined,
): Promise<{ count: number; passed_over: number }> {
  const { state, states = state && [state], queue, ...others } = which;
  if (action === undefined && Object.keys(others).length === 0) {
    const counts = queue === undefined ? (await store.summary(0)).counts : (await store.queue(queue))?.counts;
    const all = counts ? states ? states.map((one) => counts[one]) : Object.values(counts) : [];
    return { count: all.reduce((sum, n) => sum + n, 0), passed_over: 0 };
  }
  const { seqs, passedOver } = await store.select(which, { verb: action ?? "delete" });
  return action === undefined
    ? { count: seqs.length + passedOver, passed_over: 0 }
    : { count: seqs.length, passed_over: passedOver };
}

/** A job that was changed since it was looked for is passed over, too. */
async function applyToAll(
  store: Store,
  { name }: Action,
  { which, now, machine }: Circumstances & { which: JobSelector },
): Promise<Done> {
  const only = name === "pause" && !machine.canPause ? { only: WAITING } : {};
  const all = await changeAll(store, { which, wish: { verb: name, ...only } }, { now });
  const { done, passedOver, changedMeanwhile, held, requested } = all;
  return { ...NOTHING, done, passed_over: passedOver + changedMeanwhile, held, requested };
}

/**
 * Page by page. Nothing is done when one of them does not allow it, as far as a look beforehand can tell; one whose
 * state has changed since is passed over.
 */
async function applyToThese(
  store: Store,
  action: Action,
  { ids, ...circumstances }: Jobs,
): Promise<Done> {
  const pages = Array.from(
    { length: Math.ceil(ids.length / PAGE) },
    (_, n) => ids.slice(n * PAGE, (n + 1) * PAGE),
  );
  if (pages.length === 1) return await apply(store, action, { ids, ...circumstances });
  let result = NOTHING;
  const early = new Set<string>();
  for (const page of pages) {
    const states = await store.states(page);
    for (const [n, state] of states.entries()) {
      if (state !== undefined && action.states.includes(state)) continue;
      result = added(result, await apply(store, action, { ids: [page[n]!], ...circumstances })); // which throws, unless it came to allow it
      early.add(page[n]!);
    }
  }
  for (const page of pages) {
    const left = page.filter((id) => !early.has(id));
    const done = left.length === 0
      ? NOTHING
      : await applyToPage(store, action, { ids: left, ...circumstances });
    result = added(result, { ...done, passed_over: left.length - done.done });
  }
  return result;
}

/** To those that allow it, page by page. */
async function applyToAllowing(store: Store, action: Action, { ids, ...circumstances }: Jobs): Promise<Done> {
  let result = NOTHING;
  for (let n = 0; n < ids.length; n += PAGE) {
    const page = ids.slice(n, n + PAGE);
    const states = await store.states(page);
    const allowing = page.filter((_, i) => states[i] !== undefined && action.states.includes(states[i]!));
    const done = allowing.length === 0
      ? NOTHING
      : await applyToPage(store, action, { ids: allowing, ...circumstances });
    result = added(result, { ...done, passed_over: page.length - done.done });
  }
  return result;
}

/** Some jobs. */
interface Jobs extends Circumstances {
  ids: readonly string[];
}

async function applyToPage(store: Store, action: Action, { ids, ...circumstances }: Jobs): Promise<Done> {
  try {
    return await apply(store, action, { ids, ...circumstances });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  let done = NOTHING;
  for (const id of ids) {
    try {
      done = added(done, await apply(store, action, { ids: [id], ...circumstances }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  return done;
}

/** To all of them or, when it throws, to none. */
async function apply(store: JobStore, action: Action, { ids, ...circumstances }: Jobs): Promise<Done> {
  const { requested = 0, ...others } = await action.apply(store, ids, circumstances) ?? {};
  return { ...NOTHING, done: ids.length, ...others, requested: requested > 0 ? ids : [] };
}
