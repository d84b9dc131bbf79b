/**
 * @module
 * The route of labels, for whoever is typing one.
 */
import { someText, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { COUNTED, listOf, record } from "../schemas.ts";

/** Nobody counts further: what is asked with each letter must stay cheap. */
const MOST_COUNTED = 10_000;

/** The routes. */
export const LABEL_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/labels",
    summary: "Labels that jobs have, in order, and how many have each",
    tag: "jobs",
    query: {
      prefix: someText({ max: 128 }, "only those that begin so"),
      limit: wholeNumber({ min: 1, max: 100 }, "at most so many; 20 unless given"),
    },
    answer: {
      description: `The labels; of each, jobs are counted to at most ${MOST_COUNTED}`,
      schema: record({ labels: listOf(record({ label: { type: "string" }, count: COUNTED })) }),
    },
    async run({ store, query: { prefix = "", limit = 20 } }) {
      const labels = await store.labels(prefix, limit);
      const counts = await store.countLabels(labels, MOST_COUNTED);
      return { labels: labels.map((label, n) => ({ label, count: counts[n]! })) };
    },
  }),
];
