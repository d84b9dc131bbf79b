/**
 * @module
 * The routes of schedules, each answer held against the API's document.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";

const NIGHTLY = {
  name: "nightly",
  expression: "0 2 * * *",
  tz: "Europe/Berlin",
  jitter: "5m",
  job: { command: "make", queue: "night", timeout: "1h" },
};

Deno.test("a schedule is added, listed, shown, run, changed, paused, resumed and removed", async () => {
  using app = await testApplication();
  const added = await app.send("POST", "/schedules", NIGHTLY);
  assert.deepEqual([added.status, added.json.jitter, added.json.missed, added.json.paused], [
    201,
    300,
    "once",
    false,
  ]);
  assert.equal((await app.send("POST", "/schedules", NIGHTLY)).status, 409);
  await app.send("POST", "/schedules", { name: "often", expression: "every 10s", job: { command: "true" } });

  const first = await app.send("GET", "/schedules?limit=1");
  assert.deepEqual([first.json.schedules[0].name, first.json.cursor], ["nightly", "nightly"]);
  const rest = await app.send("GET", `/schedules?limit=1&cursor=${first.json.cursor}`);
  assert.deepEqual([rest.json.schedules[0].name, rest.json.cursor], ["often", null]);

  const ran = await app.send("POST", "/schedules/nightly/run");
  assert.deepEqual([ran.status, ran.json], [201, { id: "j1" }]);
  const job = (await app.send("GET", "/jobs/j1")).json;
  assert.deepEqual([job.queue, job.timeout, job.env.QUEUECTL_SCHEDULE], ["night", 3600, "nightly"]);
  const shown = (await app.send("GET", "/schedules/nightly")).json;
  assert.equal(shown.upcoming.length, 10);
  assert.deepEqual([shown.runs[0].kind, shown.runs[0].job, shown.runs[0].state], ["manual", "j1", "pending"]);
  const listed = (await app.send("GET", "/schedules")).json.schedules[0];
  assert.equal(listed.runs[0].job, "j1");

  const changed = await app.send("PATCH", "/schedules/nightly", { expression: "@hourly", overlap: "queue" });
  assert.deepEqual([changed.status, changed.json.expression, changed.json.tz, changed.json.overlap], [
    200,
    "@hourly",
    "Europe/Berlin",
    "queue",
  ]);
  const would = async (query: string) => (await app.send("GET", `/upcoming?${query}`)).json;
  const { upcoming, problem } = await would("expression=@daily&tz=Asia/Tokyo");
  assert.deepEqual([upcoming.length, upcoming[0].slice(11), problem], [5, "15:00:00.000Z", null]);
  const never = await would("expression=0 0 31 2 *");
  assert.deepEqual(never.upcoming, []);
  assert.match(never.problem, /^Cannot use the schedule "0 0 31 2 \*": it never comes/);
  assert.match((await would("expression=@daily&tz=Berlin")).problem, /did you mean "Europe\/Berlin"/);
  const calendar = (await app.send("GET", "/calendar?hours=24")).json;
  // it is on the hour, and the one a day from now is no more within
  assert.deepEqual([calendar.slots.length, calendar.often[0].schedule, calendar.cut], [23, "often", false]);
  const paused = await app.send("POST", "/schedules/nightly/pause");
  assert.deepEqual([paused.json.paused, paused.json.next_at], [true, null]);
  assert.deepEqual((await app.send("GET", "/calendar")).json.slots, []);
  assert.equal((await app.send("POST", "/schedules/nightly/resume")).json.paused, false);
  assert.equal((await app.send("GET", "/status")).json.schedules.total, 2);
  assert.deepEqual((await app.send("DELETE", "/schedules/nightly")).json, { removed: "nightly" });
  assert.equal((await app.send("GET", "/schedules/nightly")).status, 404);
  assert.equal((await app.send("POST", "/schedules/nightly/run")).status, 404);
});

Deno.test("what makes no sense of schedules is refused, and nothing is stored", async () => {
  using app = await testApplication();
  for (
    const [changes, why] of [
      [{ expression: "0 0 30 2 *" }, /never comes/],
      [{ tz: "Europe/Berln" }, /did you mean "Europe\/Berlin"/],
      [{ missed: "all", overlap: "skip" }, /Cannot use missed all with overlap skip/],
      [{ jitter: "2d" }, /shorter than the time between two runs/],
      [{ job: { command: "" } }, /without a command/],
      [{ job: { command: "true", run_at: "2030-01-01T00:00:00Z" } }, /the schedule says when/],
      [{ colour: "red" }, /colour/],
    ] as const
  ) {
    const { status, json } = await app.send("POST", "/schedules", { ...NIGHTLY, ...changes });
    assert.equal(status, 400, JSON.stringify(json));
    assert.match(json.detail, why);
  }
  assert.deepEqual((await app.send("GET", "/schedules")).json.schedules, []);
});
