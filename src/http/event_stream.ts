/**
 * @module
 * Responses that are streams of events (Server-Sent Events, WHATWG HTML 9.2).
 */
import { systemClock } from "../system/clock.ts";
import type { Events } from "./events.ts";
import { HttpProblem } from "./problem.ts";

export interface StreamEvent {
  /** Sent back as `Last-Event-ID` by a client that comes again. */
  id?: number;
  event: string;
  data: unknown;
}

/** How often something is sent in silence: it keeps proxies from closing the connection, and fails where nobody is there. */
const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = ":\n\n";

/**
 * A response of events. The next one is asked for only when the client has taken the one before, so a slow client costs
 * no memory. `looked()` waits for the next look at the store, and says whether there is anything more to be sent after it:
 * false when the server ends.
 * @throws {HttpProblem} when there are too many clients
 */
export function eventStream(
  events: Events,
  produce: (looked: () => Promise<boolean>) => AsyncGenerator<StreamEvent>,
): Response {
  const place = events.join();
  if (!place) {
    throw new HttpProblem("too-many", "Cannot send events: too many clients listen", { "retry-after": "10" });
  }
  const text = new TextEncoder();
  const produced = produce(() => events.looked().then(() => !events.over));
  let next: Promise<IteratorResult<StreamEvent>> | undefined;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      next ??= produced.next();
      const heard = new AbortController();
      const silence = systemClock.sleep(KEEP_ALIVE_MS, heard.signal).then(() => "silent" as const);
      try {
        const result = await Promise.race([next, silence]);
        if (result === "silent") return controller.enqueue(text.encode(KEEP_ALIVE));
        next = undefined;
        if (!result.done && !events.over) return controller.enqueue(text.encode(eventText(result.value)));
        place[Symbol.dispose]();
        controller.close();
      } catch (error) {
        place[Symbol.dispose]();
        controller.error(error);
      } finally {
        heard.abort();
      }
    },
    cancel() {
      place[Symbol.dispose]();
      // not waited for: it may be waiting for a look
      produced.return(undefined);
    },
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" },
  });
}

function eventText({ id, event, data }: StreamEvent): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
