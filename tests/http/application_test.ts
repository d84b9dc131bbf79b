/**
 * @module
 * What every request goes through: what defects tell, compression, queries, slow bodies.
 */
import assert from "node:assert/strict";
import { altered, testApplication } from "../helpers/application.ts";
import { TOKEN } from "../helpers/dashboard.ts";
import { until } from "../helpers/until.ts";

Deno.test("what a defect says is told to whoever runs the server, and to no client", async () => {
  const secret = "at /home/ann/queuectl: no such column: passwort";
  const fails = () => Promise.reject(new Error(secret));
  using app = await testApplication({
    store: (own) => altered(own, { queues: fails, get: fails, list: fails, deadGroups: fails }),
  });
  const paths = ["/api/v1/jobs/j1", "/api/v1/jobs", "/api/v1/dlq/groups"];
  for (const path of paths) {
    const response = await app.ask("GET", path);
    const said = await response.text();
    assert.equal(response.status, 500, path);
    assert.doesNotMatch(said, /ann|passwort|Error/);
    const { detail } = JSON.parse(said);
    assert.equal(detail, "This is a defect of queuectl; its server has printed more");
  }
  assert.deepEqual(app.defects.map((defect) => (defect as Error).message), paths.map(() => secret));
});

Deno.test("what is large is compressed for those who take it, and is the same", async () => {
  using app = await testApplication();
  for (let n = 0; n < 20; n++) await app.test.enqueue(`echo ${n}`);
  for (const path of ["/api/v1/jobs", "/assets/app.js"]) {
    const plain = await app.ask("GET", path);
    assert.deepEqual([plain.headers.get("content-encoding"), plain.headers.get("vary")], [
      null,
      "accept-encoding",
    ]);
    const text = await plain.text();
    for (const accepted of ["gzip", "br, gzip;q=0.8, *;q=0.1"]) {
      const packed = await app.ask("GET", path, { headers: { "accept-encoding": accepted } });
      assert.deepEqual([packed.headers.get("content-encoding"), packed.headers.get("vary")], [
        "gzip",
        "accept-encoding",
      ]);
      const bytes = await packed.bytes();
      assert.ok(bytes.length < text.length / 2, `${bytes.length} of ${text.length}`);
      const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      assert.equal(await new Response(unpacked).text(), text);
    }
  }
  const small = await app.ask("GET", "/api/v1/bulk/count", { headers: { "accept-encoding": "gzip" } });
  assert.equal(small.headers.get("content-encoding"), null);
  assert.equal((await small.json()).count, 20);
});

Deno.test("gzip that a client refuses is not sent", async () => {
  using app = await testApplication();
  for (let n = 0; n < 20; n++) await app.test.enqueue(`echo ${n}`);
  for (const refused of ["gzip;q=0", "br;q=1, gzip; q=0.0", "identity", "x-gzip-not"]) {
    const response = await app.ask("GET", "/api/v1/jobs", { headers: { "accept-encoding": refused } });
    await response.body?.cancel();
    assert.equal(response.headers.get("content-encoding"), null, refused);
  }
});

Deno.test("a value that a query gives twice is refused, and nothing is done", async () => {
  using app = await testApplication();
  for (
    const query of [
      "sort=newest&sort=oldest",
      "limit=1&limit=1",
      "nothing=1&nothing=2",
      "search=a&limit=2&search=a",
    ]
  ) {
    const { status, json } = await app.send("GET", `/jobs?${query}`);
    assert.equal(status, 400, query);
    assert.equal(json.detail, `Cannot use "${query.split("=")[0]}" twice`);
  }
});

Deno.test("a body that comes too slowly is cut off after half a minute, and its place is free", async () => {
  using app = await testApplication();
  let [asked, cut] = [0, false];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (asked++ === 0) controller.enqueue(new TextEncoder().encode('{"command":'));
      return asked === 1 ? undefined : new Promise(() => {});
    },
    cancel: () => void (cut = true),
  }, { highWaterMark: 0 });
  const request = new Request("http://127.0.0.1:5000/api/v1/jobs", {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body,
  });
  let answered = false;
  const response = app.application(request, "192.0.2.1").finally(() => answered = true);
  await until("it waits for the rest", () => answered || asked === 2);
  assert.ok(app.clock.wakesIn(30_000), "it does not wait for ever");
  await app.clock.pass(29_999);
  assert.deepEqual([answered, cut], [false, false]);
  await app.clock.pass(1);
  const { status, detail } = await (await response).json();
  assert.deepEqual([status, detail, cut], [408, "The body took longer than 30 seconds to arrive", true]);
  assert.equal((await app.test.store.list({ limit: 1 })).jobs.length, 0);
});
