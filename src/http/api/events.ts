/**
 * @module
 * The route that tells how things change.
 */
import { eventStream } from "../event_stream.ts";
import { maskedForReaders } from "../masked.ts";
import { defineRoute, type Route } from "../route.ts";

/** The routes. */
export const EVENT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/events",
    summary: "How things are, now and after every change",
    tag: "overview",
    answer: {
      description:
        "Events: `status` with what `/status` says, and `change` when jobs changed without changing that. " +
        "`Last-Event-ID` leaves out what the client knows already",
      type: "text/event-stream",
    },
    problems: ["too-many"],
    async run({ events, request, right }) {
      await events.latest(); // a store that cannot be used is a problem, not a stream that breaks off
      let known = Number(/^\d{1,16}$/.exec(request.headers.get("last-event-id") ?? "")?.[0] ?? 0);
      return eventStream(events, async function* (looked) {
        for (let first = true, goesOn = true; goesOn; first = false) {
          const next = looked();
          const { number, status, statusSince } = await events.latest();
          if (statusSince > known) {
            yield { id: number, event: "status", data: right === "read" ? maskedForReaders(status) : status };
          } else if (first || number > known) yield { id: number, event: "change", data: null };
          known = number;
          goesOn = await next;
        }
      });
    },
  }),
];
