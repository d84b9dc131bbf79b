/**
 * @module
 * The route of what a job reads on its stdin.
 */
import { NoSuch } from "../../domain/errors.ts";
import { someText } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { findJob } from "./jobs.ts";

/** The routes. */
export const STDIN_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/jobs/:id/stdin",
    summary: "What a job reads on its standard input",
    tag: "jobs",
    path: { id: someText({ max: 128 }, "id of the job") },
    answer: { description: "The bytes, as they were given", type: "application/octet-stream" },
    problems: ["not-found"],
    async run({ store, path }) {
      const { id } = await findJob(store, path.id);
      const bytes = await store.stdin(id);
      if (bytes === undefined) throw new NoSuch(`Cannot show the stdin of job "${id}": it has none`);
      return new Response(new Uint8Array(bytes), {
        headers: {
          "content-type": "application/octet-stream",
          // never shown as a page of this server, whatever a job reads
          "content-disposition": "attachment",
        },
      });
    },
  }),
];
