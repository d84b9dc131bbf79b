/**
 * @module
 * Tokens: whom none lets in, what a wrong one costs, and the cookie that stands for a right one.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";
import { READ_TOKEN, TOKEN } from "../helpers/dashboard.ts";
import type { FakeClock } from "../helpers/fake_clock.ts";
import { until } from "../helpers/until.ts";

const STATUS = "/api/v1/status";

async function drained(asked: Promise<Response>): Promise<Response> {
  const response = await asked;
  await response.body?.cancel();
  return response;
}

/** The answer to a wrong token, which must come after just so long. */
async function slowed(asked: Promise<Response>, { clock, ms }: { clock: FakeClock; ms: number }) {
  let answered = false;
  const response = drained(asked).finally(() => answered = true);
  await until("it is slowed down", () => answered || clock.wakesIn(ms));
  await clock.pass(ms - 1);
  assert.equal(answered, false, `it is answered before ${ms} ms`);
  await clock.pass(1);
  return await response;
}

Deno.test("an empty token lets nobody in, whether there is a token for looking or not", async () => {
  for (const read of [null, READ_TOKEN]) {
    using app = await testApplication({ tokens: { change: TOKEN, read } });
    const port = { cookie: "queuectl_5000=" };
    const given = [
      { token: "" },
      { token: null, headers: port },
      { token: null, headers: { authorization: "Bearer" } },
    ];
    for (const asked of given) {
      const { status } = await drained(app.ask("GET", STATUS, asked));
      assert.equal(status, 401, JSON.stringify(asked));
    }
    const ways: [string, string, unknown?][] = [
      ...["", null, undefined, 0].map((token) =>
        ["POST", "/session", { token }] as [string, string, unknown]
      ),
      ["GET", "/?token="],
    ];
    let ms = 100;
    for (const [method, path, body] of ways) {
      const asked = app.ask(method, path, { token: null, body });
      const { status, headers } = await slowed(asked, { clock: app.clock, ms });
      assert.deepEqual([status, headers.get("set-cookie")], [401, null], `${path} ${JSON.stringify(body)}`);
      ms *= 2;
    }
  }
});

Deno.test("whoever gives none or a wrong token is told how one is given", async () => {
  using app = await testApplication();
  const none = await drained(app.ask("GET", STATUS, { token: null }));
  const wrong = await slowed(app.ask("GET", STATUS, { token: "wrong" }), { clock: app.clock, ms: 100 });
  for (const { status, headers } of [none, wrong]) {
    assert.deepEqual([status, headers.get("www-authenticate")], [401, 'Bearer realm="queuectl"']);
  }
});

Deno.test("each wrong token of an address is answered after twice the time, up to ten seconds; others are not", async () => {
  using app = await testApplication();
  const { clock } = app;
  const wrong = (address: string, ms: number) =>
    slowed(app.ask("GET", STATUS, { token: "wrong", address }), { clock, ms });
  for (const ms of [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
    assert.equal((await wrong("192.0.2.1", ms)).status, 401);
  }
  await wrong("192.0.2.2", 100);
  const right = await drained(app.ask("GET", STATUS, { address: "192.0.2.1" }));
  assert.equal(right.status, 200);
  await clock.pass(300_000);
  await wrong("192.0.2.1", 100); // after five minutes it begins anew
});

Deno.test("wrong tokens are slowed down wherever they are given", async () => {
  using app = await testApplication();
  const { clock } = app;
  const ways = [
    () => app.ask("GET", STATUS, { token: "wrong" }),
    () => app.ask("GET", STATUS, { token: null, headers: { cookie: "queuectl_5000=wrong" } }),
    () => app.ask("POST", "/session", { token: null, body: { token: "wrong" } }),
    () => app.ask("GET", "/?token=wrong", { token: null }),
  ];
  let ms = 100; // all of them count together
  for (const way of ways) {
    assert.equal((await slowed(way(), { clock, ms })).status, 401);
    ms *= 2;
  }
});

Deno.test("too many wrong tokens at once are refused, with the time after which to come again", async () => {
  using app = await testApplication();
  const tries = Array.from({ length: 5 }, () => drained(app.ask("GET", STATUS, { token: "wrong" })));
  const refused = await Promise.any(tries);
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "10"]);
  await app.clock.pass(10_000);
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [401, 401, 401, 401, 429]);
});

Deno.test("a token is exchanged for a cookie of thirty days, not on behalf of another site", async () => {
  using app = await testApplication();
  const login = (headers: Record<string, string>) =>
    drained(app.ask("POST", "/session", { token: null, body: { token: TOKEN }, headers }));
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    const response = await login({ host: "127.0.0.1:5000", ...headers });
    const said = [response.status, response.headers.get("set-cookie")];
    assert.deepEqual(said, [403, null], JSON.stringify(headers));
  }
  const own = { host: "127.0.0.1:5000", origin: "http://127.0.0.1:5000", "sec-fetch-site": "same-origin" };
  const printed = drained(app.ask("GET", `/jobs?token=${TOKEN}`, { token: null }));
  for (const response of [await login(own), await printed]) {
    const cookie = response.headers.get("set-cookie")!;
    assert.match(cookie, /; Max-Age=(\d+)/);
    assert.equal(Number(/; Max-Age=(\d+)/.exec(cookie)![1]), 30 * 24 * 3600);
    const back = app.ask("GET", STATUS, { token: null, headers: { cookie: cookie.split(";")[0]! } });
    assert.equal((await drained(back)).status, 200);
  }
});
