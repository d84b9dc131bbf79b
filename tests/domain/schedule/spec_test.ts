import assert from "node:assert/strict";
import { completeSchedule, jobOfSlot, readScheduleFields } from "../../../src/domain/schedule/spec.ts";
import { settingsFrom } from "../../../src/domain/settings.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const DEFAULTS = { ...settingsFrom(new Map()), now: NOW, cwd: "/work", windows: false };

function schedule(values: Record<string, unknown>) {
  const said = readScheduleFields(
    { name: "nightly", expression: "0 2 * * *", tz: "Europe/Berlin", job: { command: "make" }, ...values },
    DEFAULTS,
  );
  return completeSchedule(said, { now: NOW });
}

Deno.test("what is not said of a schedule is filled in, and its job knows its directory", () => {
  assert.deepEqual(schedule({}), {
    name: "nightly",
    expression: "0 2 * * *",
    zone: "Europe/Berlin",
    missed: "once",
    overlap: "skip",
    jitterMs: 0,
    job: { command: "make", cwd: "/work" },
  });
  assert.equal(schedule({ missed: "all" }).overlap, "queue");
  assert.equal(schedule({ job: { command: "make", cwd: "sub" } }).job.cwd, "/work/sub");
});

const REFUSED: readonly [values: Record<string, unknown>, why: RegExp][] = [
  [{ name: "no name" }, /Cannot use schedule "no name": a name takes/],
  [{ tz: "Europe/Berln" }, /did you mean "Europe\/Berlin"\?/],
  [{ missed: "never" }, /Cannot use missed "never": it takes once, skip or all/],
  [{ overlap: 3 }, /Cannot use overlap 3: it takes skip, queue, replace or allow/],
  [{ jitter: "-1s" }, /Cannot use jitter "-1s": it takes a duration/],
  [{ jitter: "1d" }, /it must be shorter than the time between two runs, which is 1d/],
  [
    { missed: "all", overlap: "skip" },
    /Cannot use missed all with overlap skip: .* use overlap queue or allow/,
  ],
  [{ missed: "all", overlap: "replace" }, /Cannot use missed all with overlap replace/],
  [{ expression: "0 0 30 2 *" }, /it never comes/],
  [{ job: "make" }, /Cannot use job "make": it takes an object/],
  [{ job: {} }, /without a command/],
  [
    { job: { command: "make", run_at: "2030-01-01T00:00:00Z" } },
    /Cannot use run_at in the job of a schedule: the schedule says when/,
  ],
  [{ job: { command: "make", id: "x" } }, /Cannot use id in the job of a schedule/],
  [
    { job: { command: "make", unique_key: "k" } },
    /Cannot use unique_key in the job of a schedule: overlap says/,
  ],
  [{ job: { command: "make", after: ["j1"] } }, /Cannot use after in the job of a schedule/],
  [{ job: { command: "make", colour: 1 } }, /Unknown field "colour"/],
  [{ job: { command: "make", env: { QUEUECTL_SLOT: "1" } } }, /it is set by queuectl/],
  [{ queue: "mail" }, /Cannot use queue of a schedule: it belongs into its "job"/],
  [{ jiter: "3s" }, /Unknown field "jiter", did you mean "jitter"\?/],
];

for (const [values, why] of REFUSED) {
  Deno.test(`a schedule with ${JSON.stringify(values)} is refused`, () => {
    assert.throws(() => schedule(values), why);
  });
}

Deno.test("what a schedule must have is asked for by name", () => {
  assert.throws(() => completeSchedule({}, { now: NOW }), /Missing the name/);
  assert.throws(() => completeSchedule({ name: "a" }, { now: NOW }), /Missing when schedule "a" comes/);
  assert.throws(
    () => completeSchedule({ name: "a", expression: "@daily" }, { now: NOW }),
    /Missing what schedule "a" runs/,
  );
});

Deno.test("the job of a slot has its variables, and the settings of its time", () => {
  const made = jobOfSlot(
    { name: "nightly", job: { command: "make", cwd: "/srv", env: { A: "1" } } },
    Date.parse("2026-11-27T01:00:00Z"),
    { ...DEFAULTS, maxRetries: 7 },
  );
  assert.deepEqual(made.env, { A: "1", QUEUECTL_SCHEDULE: "nightly", QUEUECTL_SLOT: "2026-11-27T01:00:00Z" });
  assert.deepEqual([made.command, made.cwd, made.maxRetries, made.runAt, made.id], [
    "make",
    "/srv",
    7,
    null,
    null,
  ]);
});
