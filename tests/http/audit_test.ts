/**
 * @module
 * The audit log as an answer: by kind and by address, page by page.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";
import { READ_TOKEN, TOKEN } from "../helpers/dashboard.ts";
import { until } from "../helpers/until.ts";

interface Entry {
  kind: string;
  address: string;
  method: string;
  path: string;
  status: number;
}

Deno.test("changes, refused ones, logins and failed ones have lines that are read by kind, address and page", async () => {
  using place = await testApplication({ tokens: { change: TOKEN, read: READ_TOKEN } });
  const done = async (response: Promise<Response>) => void await (await response).body?.cancel();
  await done(place.ask("POST", "/api/v1/jobs", { body: { command: "true" } }));
  await done(
    place.ask("POST", "/api/v1/jobs", { body: { command: "true" }, token: READ_TOKEN, address: "10.0.0.1" }),
  );
  await done(place.ask("POST", "/session", { body: { token: READ_TOKEN }, token: null }));
  const wrong = done(place.ask("POST", "/session", { body: { token: "wrong" }, token: null }));
  await until("it is slowed down", () => place.clock.wakesIn(100));
  await place.clock.pass(100);
  await wrong;
  await done(place.ask("GET", `/?token=${TOKEN}`, { token: null }));

  const asked = async (query = "") => (await place.send("GET", `/audit${query}`)).json;
  const short = (entries: Entry[]) =>
    entries.map(({ kind, method, path, status }) => `${kind} ${method} ${path} ${status}`);
  const all = [
    "login GET / 303",
    "failed_login POST /session 401",
    "login POST /session 204",
    "refused POST /api/v1/jobs 403",
    "change POST /api/v1/jobs 201",
  ];
  const everything = await asked();
  assert.deepEqual([short(everything.entries), everything.before], [all, null]);
  assert.deepEqual(short((await asked("?kind=login")).entries), [all[0], all[2]]);
  assert.deepEqual(short((await asked("?address=10.0.0.1")).entries), [all[3]]);
  let page = await asked("?limit=2");
  const seen = [...short(page.entries)];
  while (page.before !== null) {
    page = await asked(`?limit=2&before=${page.before}`);
    seen.push(...short(page.entries));
  }
  assert.deepEqual(seen, all);
  assert.equal((await place.send("GET", "/audit?kind=nothing")).status, 400);
  await done(place.ask("POST", "/api/v1/jobs/j1/hold"));
  assert.deepEqual(short((await asked("?about=j1")).entries), [
    "change POST /api/v1/jobs/j1/hold 200",
    "change POST /api/v1/jobs 201",
  ]);
  assert.deepEqual((await asked("?about=j")).entries, []);
});

Deno.test("what makes or changes several jobs names them, or the filter that found them", async () => {
  using place = await testApplication({ tokens: { change: TOKEN, read: null } });
  const did = async (path: string, body: unknown) => void await place.send("POST", path, body);
  await did("/bulk/enqueue", {
    jobs: Array.from({ length: 130 }, () => ({ command: "true", queue: "mail" })),
  });
  await did("/jobs", { command: "true", id: "first", then: "true" });
  await did("/bulk/each", { job: { command: "echo {}" }, each: ["a", "b"] });
  await did("/bulk/hold", { ids: ["first", "j3"] });
  await did("/bulk/release", { filter: { queue: "mail" } });
  await did("/bulk/edit", { filter: { queue: "mail", state: "pending" }, changes: { priority: 3 } });
  await did("/bulk/cancel", { ids: ["first", "nowhere"] });
  const about = async (name: string) => {
    const { json } = await place.send("GET", `/audit?about=${name}`);
    return json.entries.map((
      { path, status, jobs, more_jobs, filter }: Record<string, unknown>,
    ) => [(path as string).replace("/api/v1", ""), status, jobs ?? filter, ...more_jobs ? [more_jobs] : []]);
  };
  assert.deepEqual(await about("first"), [
    ["/bulk/hold", 200, ["first", "j3"]],
    ["/jobs", 201, ["first", "j132"]],
  ]);
  const [held, [path, status, ids, more], ...others] = await about("j3");
  assert.deepEqual([held[0], path, status, ids.length, ids[99], more], [
    ...["/bulk/hold", "/bulk/enqueue", 201],
    ...[100, "j100", 30],
  ]);
  assert.deepEqual(others, []);
  assert.deepEqual(await about("mail"), [
    ["/bulk/edit", 200, { queue: ["mail"], state: ["pending"] }],
    ["/bulk/release", 200, { queue: ["mail"] }],
  ]);
  assert.equal((await about("j134")).length, 1, "one of each");
});
