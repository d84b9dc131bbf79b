/**
 * @module
 * The routes of single jobs, and of pages of them.
 */
import { jobsFromValues } from "../../domain/bulk.ts";
import { BadInput, noSuchJob } from "../../domain/errors.ts";
import { EDITABLE_FIELDS, FIELD_NAMES, FIELDS } from "../../domain/fields.ts";
import type { Job } from "../../domain/job.ts";
import { isField, jobFromValue, readFields } from "../../domain/spec.ts";
import type { Store } from "../../store/contract.ts";
import { editJob } from "../../views/edit_job.ts";
import { attemptJson, jobJson } from "../../views/job_json.ts";
import { needsJson, needsOf, whyNotRun } from "../../views/needs.ts";
import { needsGraph } from "../../views/needs_graph.ts";
import { isCreated } from "../../views/placed.ts";
import { reasonsToWait } from "../../views/waiting.ts";
import { type Input, objectOf, oneOf, required, someText, wholeNumber } from "../inputs.ts";
import { HttpProblem } from "../problem.ts";
import { defineRoute, type Route } from "../route.ts";
import {
  COUNTED,
  JOB,
  JOB_IN_FULL,
  JOB_PAGE,
  listOf,
  NEEDS_GRAPH,
  NEW_JOB,
  record,
  withOptional,
} from "../schemas.ts";
import {
  defaultsOf,
  IDEMPOTENCY,
  jobsThen,
  MOST_AT_ONCE,
  requestKey,
  splitThen,
  storeJobs,
  THEN,
} from "./enqueueing.ts";
import { FILTER, filterOf, jobFields, JOINING, surroundings } from "./job_inputs.ts";

const tag = "jobs";
const ID = { id: someText({ max: 128 }, "id of the job") };
/** What others of the same request may call a job. */
const NAME = {
  type: "string",
  pattern: "^[A-Za-z0-9._:-]{1,128}$",
  description: "by which others of the list may need it",
};

/** The job of an id. @throws {NoSuch} */
export async function findJob(store: Store, id: string): Promise<Job> {
  const job = await store.get(id);
  if (job) return job;
  throw noSuchJob("show", id);
}

const manyJobs: Input<unknown[]> = {
  brief: "the jobs, in the order in which they are to be enqueued",
  schema: {
    type: "array",
    items: jobFields(FIELD_NAMES, "", { name: NAME }).schema,
    minItems: 1,
    maxItems: MOST_AT_ONCE,
  },
  takes: `a list of 1 to ${MOST_AT_ONCE} jobs`,
  read: (value) =>
    Array.isArray(value) && value.length > 0 && value.length <= MOST_AT_ONCE ? value : undefined,
};

/** The routes. */
export const JOB_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/jobs",
    summary: "A page of jobs, newest first",
    tag,
    query: {
      ...FILTER,
      sort: oneOf(["newest", "oldest", "priority"], "the order; priority is that of claiming"),
      limit: wholeNumber({ min: 1, max: 1000 }, "at most so many; 50 unless given"),
      cursor: someText({ max: 100 }, "the page after the one that gave this"),
    },
    answer: { description: "The jobs, and the cursor of the next page", schema: JOB_PAGE },
    async run({ store, query: { sort, limit = 50, cursor, ...filter } }) {
      const page = await store.list({
        ...filterOf(filter),
        ...(sort && { sort }),
        ...(cursor && { cursor }),
        limit,
      });
      return { jobs: page.jobs.map(jobJson), cursor: page.cursor };
    },
  }),
  defineRoute({
    method: "POST",
    url: "/jobs",
    summary: "Enqueues a job",
    tag,
    query: JOINING,
    body: jobFields(FIELD_NAMES, "the job, and others that come after it", THEN),
    answer: {
      status: 201,
      description:
        "The job, and the ids of those that come after it; they are safely stored. Where another one has its " +
        "key, that one, and created is false",
      schema: withOptional(NEW_JOB, { then: listOf({ type: "string" }) }),
    },
    problems: ["refused", "gone"],
    headers: IDEMPOTENCY,
    changed: (_, { id, then = [] }) => ({ jobs: [id, ...then] }),
    async run({ store, query, body, now, request }) {
      const key = await requestKey(request, body);
      const { fields, then } = splitThen(body);
      const defaults = await defaultsOf(store, now);
      const jobs = [jobFromValue(fields, defaults), ...jobsThen(then, fields, { defaults, on: 0 })];
      const [placed, ...after] = await storeJobs(store, jobs, { now, request: key, query });
      const { id } = placed!;
      const job = await store.get(id);
      const more = after.length > 0 && { then: after.map(({ id }) => id) };
      if (job) return { ...jobJson(job), created: isCreated(placed!), ...more };
      const named = key ? ` with the key "${key.key}"` : "";
      throw new HttpProblem("gone", `Cannot show job "${id}": it was enqueued${named}, and is gone since`);
    },
  }),
  defineRoute({
    method: "POST",
    url: "/bulk/enqueue",
    summary: "Enqueues many jobs, or, when one of them is wrong, none",
    tag,
    body: objectOf(
      { jobs: required(manyJobs), ...JOINING },
      "the jobs; groups that they make are sealed with them",
    ),
    answer: {
      status: 201,
      description:
        "Their ids, in the same order; they are safely stored. Where others have the keys of some, the ids of those; " +
        "created says of each whether it is new",
      schema: record({ ids: listOf({ type: "string" }), created: listOf({ type: "boolean" }) }),
    },
    problems: ["refused"],
    headers: IDEMPOTENCY,
    changed: (_, { ids }) => ({ jobs: ids }),
    async run({ store, body: { jobs, ...query }, now, request }) {
      const key = await requestKey(request, jobs);
      const described = jobsFromValues(jobs, await defaultsOf(store, now));
      const placed = await storeJobs(store, described, { now, request: key, query, seal: true });
      return { ids: placed.map(({ id }) => id), created: placed.map(isCreated) };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/jobs/:id",
    summary: "A job with its attempts, and why it is not running",
    tag,
    path: ID,
    answer: { description: "The job", schema: JOB_IN_FULL },
    problems: ["not-found"],
    async run({ store, path, now }) {
      const job = await findJob(store, path.id);
      const [attempts, reasons] = [await store.attempts(job.id), await reasonsToWait(job, { store, now })];
      const needs = await needsOf(store, job.id);
      return {
        ...jobJson(job),
        needs: needsJson(needs),
        dependents: (await store.neededBy(job.id, 1)).of,
        waits_because: reasons,
        not_run_because: job.state === "skipped" && needs ? whyNotRun(needs) : [],
        history: attempts.map(attemptJson),
      };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/jobs/:id/needs",
    summary: "What a job needs and who needs it, and those in turn, the nearest first",
    tag,
    path: ID,
    query: { limit: wholeNumber({ min: 1, max: 200 }, "at most so many jobs; 100 unless given") },
    answer: {
      description:
        "The jobs, this one first, and which needs which; of each, how many more there are that are not " +
        "shown, or null where nobody looked",
      schema: NEEDS_GRAPH,
    },
    problems: ["not-found"],
    run: async ({ store, path, query: { limit = 100 } }) =>
      await needsGraph(store, await findJob(store, path.id), limit),
  }),
  defineRoute({
    method: "PATCH",
    url: "/jobs/:id",
    summary: "Changes a waiting job",
    tag,
    path: ID,
    body: jobFields(EDITABLE_FIELDS, "what to change"),
    answer: { description: "The job as it is now", schema: JOB },
    problems: ["not-found", "refused"],
    async run({ store, path, body, now }) {
      const fields = Object.keys(body);
      const fixed = fields.find((name) => isField(name) && !FIELDS[name].editable);
      if (fixed) {
        throw new BadInput(`Cannot change ${fixed} of job "${path.id}"; hold and release have routes`);
      }
      if (fields.length === 0) {
        throw new BadInput(`Cannot edit job "${path.id}": nothing says what to change`);
      }
      return jobJson(await editJob(store, path.id, { changes: readFields(body, surroundings(now)), now }));
    },
  }),
  defineRoute({
    method: "DELETE",
    url: "/jobs/:id",
    summary: "Removes a job with its attempts and output; not one that runs",
    tag,
    path: ID,
    answer: { description: "It is gone", schema: record({ deleted: COUNTED }) },
    problems: ["not-found", "refused"],
    async run({ store, path }) {
      await store.delete([path.id]);
      return { deleted: 1 };
    },
  }),
];
