/**
 * @module
 * The routes of workers. To stop them goes through the store, so it needs no permission to signal anything.
 */
import { BadInput } from "../../domain/errors.ts";
import { endOfLog, openLog } from "../../logs/log_file.ts";
import { logElsewhere } from "../../views/log_elsewhere.ts";
import { statusNow } from "../../views/status.ts";
import { type Input, objectOf, someText, trueOrFalse, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { listOf, record, WORKER } from "../schemas.ts";

const tag = "workers";

const PATIENCE: Input<number> = {
  brief: "after so many seconds, what still runs is ended and put back",
  schema: { type: "number", minimum: 0, maximum: 31_536_000 },
  takes: "a number of seconds from 0 to 31536000",
  read: (value) => typeof value === "number" && value >= 0 && value <= 31_536_000 ? value : undefined,
};

/** The routes. */
export const WORKER_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/workers",
    summary: "The workers and what they run",
    tag,
    answer: { description: "The workers", schema: record({ workers: listOf(WORKER) }) },
    run: async ({ store, now }) => ({ workers: (await statusNow(store, now)).workers }),
  }),
  defineRoute({
    method: "GET",
    url: "/workers/:id/log",
    summary: "The end of what a background worker wrote down",
    tag,
    path: { id: someText({ max: 64 }, "id of the worker") },
    query: { lines: wholeNumber({ min: 1, max: 10_000 }, "how many lines; 100 unless given") },
    answer: { description: "The lines, as text", type: "text/plain" },
    problems: ["not-found"],
    async run({ home, store, path, query: { lines = 100 } }) {
      try {
        using file = openLog(home, path.id);
        const headers = { "content-type": "text/plain; charset=utf-8" };
        return new Response(endOfLog(file, lines).slice(), { headers });
      } catch (error) {
        throw await logElsewhere(error, store, path.id);
      }
    },
  }),
  defineRoute({
    method: "POST",
    url: "/workers/stop",
    summary: "Tells workers to stop: they take no new jobs, and end once what they run has ended",
    tag,
    body: objectOf({
      id: someText({ max: 64 }, "this worker only"),
      host: someText({ max: 255 }, "those on the machine of this name only"),
      timeout: PATIENCE,
      leave: trueOrFalse("stop at once, and leave what runs to the next worker"),
    }, "which, and how"),
    answer: {
      description: "The workers that were told",
      schema: record({ stopping: listOf({ type: "string" }) }),
    },
    problems: ["not-found"],
    async run({ store, body: { id, host, timeout, leave = false }, now }) {
      if (id !== undefined && host !== undefined) {
        throw new BadInput("Cannot use id with host: a worker is on one host");
      }
      if (leave && timeout !== undefined) {
        throw new BadInput("Cannot use leave with timeout: jobs that are left are not ended");
      }
      const endAt = timeout === undefined ? null : now + timeout * 1000;
      const which = { ...(id && { worker: id }), ...(host && { host }) };
      return { stopping: await store.requestStop({ ...which, endAt, leave }) };
    },
  }),
];
