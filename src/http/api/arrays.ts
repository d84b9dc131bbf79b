/**
 * @module
 * The route that enqueues a job for each of many items, or for each number of an array.
 */
import { readArray } from "../../domain/array.ts";
import { BadInput } from "../../domain/errors.ts";
import { FIELD_NAMES } from "../../domain/fields.ts";
import { readFields } from "../../domain/spec.ts";
import { comeAfterEach, jobsForEach } from "../../views/each_jobs.ts";
import { type Input, objectOf, required, someText } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { listOf, record } from "../schemas.ts";
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
import { GROUP_NAME } from "./groups.ts";
import { jobFields, JOINING } from "./job_inputs.ts";

const items: Input<string[]> = {
  brief: "a job for each of these, in this order",
  schema: { type: "array", items: { type: "string", minLength: 1 }, minItems: 1, maxItems: MOST_AT_ONCE },
  takes: `a list of 1 to ${MOST_AT_ONCE} texts`,
  read(value) {
    if (!Array.isArray(value) || value.length === 0 || value.length > MOST_AT_ONCE) return undefined;
    return value.every((item) => typeof item === "string" && item !== "" && !item.includes("\0"))
      ? value
      : undefined;
  },
};

/** The routes. */
export const ARRAY_ROUTES: readonly Route[] = [
  defineRoute({
    method: "POST",
    url: "/bulk/each",
    summary:
      "Enqueues a job for each item, or each number, as one group, and others that come after all of them",
    tag: "jobs",
    body: objectOf(
      {
        job: required(jobFields(
          FIELD_NAMES.filter((name) => name !== "id"),
          "what each of them is; in its command, {} is the item, quoted for the shell, {.}, {/}, {//}, {/.} and {#} are " +
            "what they are to enqueue --each. Its group is theirs",
          THEN,
        )),
        each: items,
        array: someText({ max: 60 }, "a job for each number: FIRST-LAST, or FIRST-LAST:STEP, such as 1-100"),
        mark: someText({ max: 100 }, "what stands for the item in the command instead of {} and its like"),
        after_each: { ...GROUP_NAME, brief: "each of them comes after one of that group, in the same order" },
        ...JOINING,
      },
      "the items, and what is to be done for each",
    ),
    answer: {
      status: 201,
      description: "Their ids, in the same order, their group, and the ids of those that come after them",
      schema: record({
        ids: listOf({ type: "string" }),
        group: { type: "string" },
        then: listOf({ type: "string" }),
      }),
    },
    problems: ["refused"],
    headers: IDEMPOTENCY,
    changed: (_, { ids, then }) => ({ jobs: [...ids, ...then] }),
    async run({ store, body, now, request }) {
      const { job, each, array, mark, after_each: afterEach, ...query } = body;
      if ((each === undefined) === (array === undefined)) {
        throw new BadInput('Cannot tell what to make jobs for: give either "each" or "array"');
      }
      const key = await requestKey(request, body);
      const { fields: { command, ...fields }, then } = splitThen(job);
      if (typeof command !== "string") {
        throw new BadInput('Missing command: say in "job" what to run for each item');
      }
      if ("id" in fields) throw new BadInput("Cannot use an id here: each job needs one of its own");
      const defaults = await defaultsOf(store, now);
      const { jobs, group } = jobsForEach({
        items: each ?? readArray(array!, "array", MOST_AT_ONCE).map(String),
        isArray: each === undefined,
        template: { text: command },
        mark,
        defaults: { ...defaults, given: readFields(fields, defaults) },
        source: each === undefined ? "array" : "each",
      });
      if (afterEach !== undefined) await comeAfterEach(store, afterEach, jobs);
      const all = [...jobs, ...jobsThen(then, fields, { defaults, on: { group } })];
      const placed = await storeJobs(store, all, { now, request: key, query, seal: true });
      const ids = placed.map(({ id }) => id);
      const first = key ? await store.get(ids[0]!) : undefined; // sent again, it named another group
      return {
        ids: ids.slice(0, jobs.length),
        group: first?.group ?? group,
        then: ids.slice(jobs.length),
      };
    },
  }),
];
