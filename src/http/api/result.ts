/**
 * @module
 * The route of what a job left as its result.
 */
import { NoSuch } from "../../domain/errors.ts";
import { resultJson } from "../../domain/result_json.ts";
import { someText, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { findJob } from "./jobs.ts";

/** The routes. */
export const RESULT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/jobs/:id/result",
    summary: "What a job left as its result: JSON as it is, other text as text, anything else in base64",
    tag: "jobs",
    path: { id: someText({ max: 128 }, "id of the job") },
    query: { attempt: wholeNumber({ min: 1, max: 2 ** 31 - 1 }, "which attempt; the latest unless given") },
    answer: {
      description: "The result",
      schema: {
        type: "object",
        properties: {
          id: { type: "string" },
          attempt: { type: "integer", minimum: 1 },
          result: {},
          result_base64: { type: "string", contentEncoding: "base64" },
        },
        required: ["id", "attempt"],
        additionalProperties: false,
      },
    },
    problems: ["not-found"],
    async run({ store, path, query }) {
      const { id, lastAttempt } = await findJob(store, path.id);
      const attempt = query.attempt ?? lastAttempt;
      const bytes = await store.result(id, attempt);
      if (bytes === undefined) {
        const which = attempt === 0 ? "it has not run" : `its attempt ${attempt} left none`;
        throw new NoSuch(`Cannot show the result of job "${id}": ${which}`);
      }
      return { id, attempt, ...resultJson(bytes) };
    },
  }),
];
