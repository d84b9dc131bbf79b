/**
 * @module
 * Streams of events for clients that come again: what they know already is not told twice.
 */
import assert from "node:assert/strict";
import { type TestApplication, testApplication } from "../helpers/application.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { until } from "../helpers/until.ts";

interface Heard {
  id?: number;
  event: string;
  // deno-lint-ignore no-explicit-any -- whatever was said
  data: any;
}

/** Listens to a stream, as a client does that knows what came up to `lastId`. */
async function listen(app: TestApplication, path: string, lastId?: number) {
  const headers = lastId === undefined ? {} : { "last-event-id": String(lastId) };
  const response = await app.ask("GET", `/api/v1${path}`, { headers: headers as Record<string, string> });
  assert.equal(response.status, 200);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  return {
    /** The next event. */
    async next(): Promise<Heard> {
      const { value, done } = await reader.read();
      assert.ok(!done);
      const [, id, event, data] = /^(?:id: (\d+)\n)?event: (\w+)\ndata: (.*)\n\n$/.exec(value)!;
      return { ...(id && { id: Number(id) }), event: event!, data: JSON.parse(data!) };
    },
    [Symbol.asyncDispose]: () => reader.cancel(),
  };
}

Deno.test("a client that comes again is told the status only when it has changed since", async () => {
  using app = await testApplication();
  await using stays = await listen(app, "/events");
  const { id, event, data } = await stays.next();
  assert.deepEqual([event, data.counts.pending], ["status", 0]);
  {
    await using again = await listen(app, "/events", id);
    assert.equal((await again.next()).event, "change", "it is sent no status it knows");
  }
  await app.test.enqueue("true");
  let told: Heard | undefined;
  const changed = stays.next().then((event) => told = event);
  await until("the change is told", async () => {
    await app.clock.pass(250);
    return told;
  });
  assert.equal((await changed).data.counts.pending, 1);
  {
    await using late = await listen(app, "/events", id);
    const { event, data } = await late.next();
    assert.deepEqual([event, data.counts.pending], ["status", 1]);
  }
});

Deno.test("a client that comes again is sent what was printed after the last piece it has", async () => {
  using app = await testApplication();
  const worker = await handWorker(app.test.store);
  const id = await app.test.enqueue("true");
  const attempt = await worker.claim();
  for (const text of ["one\n", "two\n", "three\n"]) await attempt.print("stdout", text);
  await attempt.end();
  const heard = async (lastId?: number) => {
    await using stream = await listen(app, `/jobs/${id}/output/events`, lastId);
    const events: Heard[] = [];
    do events.push(await stream.next()); while (events.at(-1)!.event !== "end");
    return events;
  };
  const all = await heard();
  assert.deepEqual(all.map(({ event }) => event), ["output", "output", "output", "end"]);
  const starts = all.map(({ data }) => data.start);
  for (const [n, { id }] of all.slice(0, 3).entries()) {
    const rest = await heard(id);
    assert.deepEqual(rest.map(({ data }) => data.start), starts.slice(n + 1), `after piece ${n + 1}`);
  }
});
