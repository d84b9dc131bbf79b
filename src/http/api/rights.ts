/**
 * @module
 * The route that tells whoever asks what they may do, so that a page need not offer what would be refused.
 */
import { defineRoute, type Route } from "../route.ts";
import { record } from "../schemas.ts";

/** The routes. */
export const RIGHT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/rights",
    summary: "What the token of this request allows, on this server",
    tag: "overview",
    answer: {
      description: "`read`: to look alone; `change`: everything",
      schema: record({ right: { type: "string", enum: ["read", "change"] } }),
    },
    run: ({ right }) => Promise.resolve({ right }),
  }),
];
