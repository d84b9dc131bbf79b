/**
 * @module
 * The route of the audit log.
 */
import { AUDIT_KINDS, auditEntries } from "../audit_entries.ts";
import { oneOf, someText, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { AUDIT_ENTRY, COUNTED, listOf, record } from "../schemas.ts";

/** The routes. */
export const AUDIT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/audit",
    summary: "What was changed over HTTP, or refused, and who got in or tried to, the latest first",
    tag: "overview",
    query: {
      kind: oneOf(AUDIT_KINDS, "only lines of this kind"),
      address: someText({ max: 100 }, "only what came from this address"),
      about: someText({ max: 200 }, "only what names this, or found jobs by it: a job, a queue, a schedule"),
      limit: wholeNumber({ min: 1, max: 500 }, "at most so many; 100 unless given"),
      before: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }, "from the page before"),
    },
    answer: {
      description:
        "A page of lines, of this server and those before it in its home; `before` for the next one, null when this is " +
        "the last. Where few lines are meant, a page may have fewer than its limit. What changed several jobs, or made some, " +
        "names the first hundred and says how many more they are, or the filter that found them",
      schema: record({
        entries: listOf(AUDIT_ENTRY),
        before: { anyOf: [COUNTED, { type: "null" }] },
      }),
    },
    run: ({ home, query: { limit = 100, ...query } }) =>
      Promise.resolve(auditEntries({ path: `${home.logs}/audit.log`, limit, ...query })),
  }),
];
