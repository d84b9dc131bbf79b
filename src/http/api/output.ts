/**
 * @module
 * The routes of what jobs print: as bytes, exactly as they were printed, or as a stream of events while they print.
 */
import { NoSuch } from "../../domain/errors.ts";
import { type Job, type Stream, STREAMS } from "../../domain/job.ts";
import { base64 } from "../../domain/base64.ts";
import { timeJson } from "../../views/job_json.ts";
import { StampedLines } from "../../views/stamped_lines.ts";
import { OutputReader } from "../../views/output_reader.ts";
import { eventStream } from "../event_stream.ts";
import { oneOf, someText, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { findJob } from "./jobs.ts";

const tag = "output";
const ID = { id: someText({ max: 128 }, "id of the job") };
const QUERY = {
  attempt: wholeNumber({ min: 1, max: 2 ** 31 }, "which attempt; the latest unless given"),
  stream: oneOf(STREAMS, "only this stream; both, as they were seen, unless given"),
};

/** The routes. */
export const OUTPUT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/jobs/:id/output",
    summary: "What an attempt has printed so far",
    tag,
    path: ID,
    query: {
      ...QUERY,
      timestamps: oneOf(
        ["true", "false"],
        "true puts before each line the time at which its end was seen, in UTC",
      ),
    },
    answer: { description: "The bytes, as they were printed", type: "application/octet-stream" },
    problems: ["not-found"],
    async run({ store, path, query: { attempt, stream, timestamps } }) {
      const job = await findJob(store, path.id);
      const request = { id: job.id, attempt: attemptOf(job, attempt), streams: streamsOf(stream) };
      const format = timestamps === "true" ? new StampedLines(stamp) : undefined;
      const output = new OutputReader(store, request, format);
      return new Response(ReadableStream.from(output.unreadBytes({ over: true })), {
        headers: {
          "content-type": "application/octet-stream",
          // never shown as a page of this server, whatever a job prints
          "content-disposition": "attachment",
        },
      });
    },
  }),
  defineRoute({
    method: "GET",
    url: "/jobs/:id/output/events",
    summary: "What an attempt prints, as it prints it, until it has ended",
    tag,
    path: ID,
    query: QUERY,
    answer: {
      description:
        "Events: `output` with stream, start, base64 and at, the time at which it was seen, and the number of the piece " +
        "as its id; then `end`. " +
        "`Last-Event-ID` goes on after a piece",
      type: "text/event-stream",
    },
    problems: ["not-found", "too-many"],
    async run({ store, events, path, query: { attempt, stream }, request }) {
      const job = await findJob(store, path.id);
      const chosen = attemptOf(job, attempt);
      const streams = streamsOf(stream);
      let after = Number(/^\d{1,15}$/.exec(request.headers.get("last-event-id") ?? "")?.[0] ?? 0);
      return eventStream(events, async function* (looked) {
        while (true) {
          // The job is asked for before its output: once its attempt has ended, all the output is there.
          const now = await store.get(job.id);
          let read: number;
          do {
            const pieces = await store.output(job.id, chosen, { after, limit: PIECES });
            for (const { piece, stream, start, bytes, seenAt } of pieces) {
              after = piece;
              if (!streams.includes(stream)) continue;
              yield {
                id: piece,
                event: "output",
                data: { stream, start, base64: base64(bytes), at: timeJson(seenAt) },
              };
            }
            read = pieces.length;
          } while (read === PIECES);
          if (!now || hasEnded(now, chosen)) {
            yield { event: "end", data: { state: now?.state ?? null } };
            return;
          }
          if (!await looked()) return;
        }
      });
    },
  }),
];

function stamp(seenAt: number | null): string {
  return timeJson(seenAt) ?? "-".padEnd(24);
}

/** Pieces read at a time. */
const PIECES = 16;

function attemptOf(job: Job, attempt = job.lastAttempt): number {
  if (attempt >= 1 && attempt <= job.lastAttempt) return attempt;
  const latest = job.lastAttempt === 0 ? "it has not run yet" : `its latest attempt is ${job.lastAttempt}`;
  throw new NoSuch(`Cannot show output of job "${job.id}": ${latest}`);
}

function streamsOf(stream: Stream | undefined): readonly Stream[] {
  return stream ? [stream] : STREAMS;
}

function hasEnded(job: Job, attempt: number): boolean {
  return job.lastAttempt > attempt || job.state !== "processing";
}
