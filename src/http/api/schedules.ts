/**
 * @module
 * The routes of schedules.
 */
import { BadInput } from "../../domain/errors.ts";
import { MISSED } from "../../domain/schedule/coming.ts";
import { firstSlot, nextSlots, readExpression, slotsOf } from "../../domain/schedule/expression.ts";
import {
  completeSchedule,
  OVERLAPS,
  readScheduleFields,
  SCHEDULE_PATTERN,
  SCHEDULED_FIELDS,
} from "../../domain/schedule/spec.ts";
import { readZone, zoneHere } from "../../domain/schedule/zone.ts";
import { settingsFrom } from "../../domain/settings.ts";
import type { JobDefaults } from "../../domain/spec.ts";
import type { Schedule, ScheduleChange, Store } from "../../store/contract.ts";
import { timeJson } from "../../views/job_json.ts";
import { calendar } from "../../views/schedule_calendar.ts";
import { type ScheduleJson, scheduleJson, scheduleRunJson } from "../../views/schedule_json.ts";
import {
  changeSchedules,
  findSchedule,
  pauseSchedules,
  runSchedule,
  scheduled,
  upcoming,
} from "../../views/scheduling.ts";
import { type Input, isObject, someText, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { listOf, record, SCHEDULE, SCHEDULE_RUN } from "../schemas.ts";
import { DURATION, jobDefaults, jobFields } from "./job_inputs.ts";

const tag = "schedules";

const SCHEDULE_NAME: Input<string> = {
  brief: "name of the schedule",
  schema: { type: "string", pattern: SCHEDULE_PATTERN.source },
  takes: "1 to 64 of the characters A-Z a-z 0-9 . _ : -, the first a letter or digit",
  read: (value) => typeof value === "string" && SCHEDULE_PATTERN.test(value) ? value : undefined,
};

/** What a request may say of a schedule. The handler reads it, since that depends on the time and the settings. */
function scheduleFields(brief: string, required: readonly string[]): Input<Record<string, unknown>> {
  const { schema: job } = jobFields(SCHEDULED_FIELDS, "what it runs, as enqueue takes it");
  return {
    brief,
    schema: {
      type: "object",
      properties: {
        ...required.includes("name") && { name: SCHEDULE_NAME.schema },
        expression: {
          type: "string",
          description: "when it comes: 5 or 6 fields, @daily and the like, or every and a duration",
          examples: ["0 2 * * *", "every 90s"],
        },
        tz: { type: "string", description: "the zone whose clock counts", examples: ["Europe/Berlin"] },
        missed: { enum: MISSED },
        overlap: { enum: OVERLAPS },
        jitter: DURATION,
        job,
      },
      required,
      additionalProperties: false,
    },
    takes:
      'a schedule as a JSON object, such as {"name": "a", "expression": "@daily", "job": {"command": "ls"}}',
    read: (value) => isObject(value) ? value : undefined,
  };
}

/** So many of the latest runs come with each of a list, and with one. */
const STRIP = 20;
const SHOWN = 100;
/** So many next times come with one. */
const NEXT = 10;

const ONE = {
  ...SCHEDULE.properties as object,
  upcoming: listOf({ type: "string", format: "date-time" }),
  runs: listOf(SCHEDULE_RUN),
};

async function defaultsOf(store: Store, now: number): Promise<JobDefaults & ReturnType<typeof settingsFrom>> {
  const settings = settingsFrom(await store.settings(), store.defaults);
  return { ...settings, ...jobDefaults(settings, now) };
}

async function shown(store: Store, name: string): Promise<ScheduleJson> {
  return scheduleJson(await findSchedule(store, "show", name));
}

/** So many next times are shown while somebody types. */
const PREVIEWED = 5;

function wouldCome(expression: string, { tz, now }: { tz: string | undefined; now: number }) {
  try {
    const zone = tz === undefined ? zoneHere() : readZone(tz);
    const timing = { expression: readExpression(expression), zone, since: now };
    firstSlot(timing, now);
    return { upcoming: nextSlots(slotsOf(timing), now, PREVIEWED).map(timeJson), problem: null };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { upcoming: [], problem: error.message };
  }
}

/** The routes. */
export const SCHEDULE_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/schedules",
    summary: "Schedules by name, each with its latest runs",
    tag,
    query: {
      limit: wholeNumber({ min: 1, max: 500 }, "at most so many; 100 unless given"),
      cursor: SCHEDULE_NAME,
    },
    answer: {
      description: "A page of schedules, and the cursor for the next one, null when this is the last",
      schema: record({
        schedules: listOf(record({ ...SCHEDULE.properties as object, runs: listOf(SCHEDULE_RUN) })),
        cursor: { type: ["string", "null"] },
      }),
    },
    async run({ store, query: { limit = 100, cursor } }) {
      const found = await store.schedules({ limit: limit + 1, ...(cursor && { after: cursor }) });
      const page = found.slice(0, limit);
      const runs = await store.scheduleRuns(page.map(({ name }) => name), { limit: STRIP });
      return {
        schedules: page.map((one, n) => ({ ...scheduleJson(one), runs: runs[n]!.map(scheduleRunJson) })),
        cursor: found.length > limit ? page.at(-1)!.name : null,
      };
    },
  }),
  defineRoute({
    method: "POST",
    url: "/schedules",
    summary: "Adds a schedule",
    tag,
    body: scheduleFields("the schedule", ["name", "expression", "job"]),
    answer: { status: 201, description: "The schedule", schema: SCHEDULE },
    problems: ["refused"],
    async run({ store, body, now }) {
      const spec = completeSchedule(readScheduleFields(body, await defaultsOf(store, now)), { now });
      const change: ScheduleChange = { name: spec.name, revision: null, schedule: scheduled(spec, now) };
      await store.changeSchedules([change], now);
      return await shown(store, spec.name);
    },
  }),
  defineRoute({
    method: "GET",
    url: "/schedules/:name",
    summary: "A schedule, its next and its latest runs",
    tag,
    path: { name: SCHEDULE_NAME },
    answer: { description: "The schedule", schema: record(ONE) },
    problems: ["not-found"],
    async run({ store, path, now }) {
      const schedule = await findSchedule(store, "show", path.name);
      const [runs] = await store.scheduleRuns([path.name], { limit: SHOWN });
      return {
        ...scheduleJson(schedule),
        upcoming: upcoming(schedule, now, NEXT).map(timeJson),
        runs: runs!.map(scheduleRunJson),
      };
    },
  }),
  defineRoute({
    method: "PATCH",
    url: "/schedules/:name",
    summary:
      "Changes a schedule from now on; what is left out stays, and a job takes the place of the whole job",
    tag,
    path: { name: SCHEDULE_NAME },
    body: scheduleFields("what to change", []),
    answer: { description: "The schedule as it is now", schema: SCHEDULE },
    problems: ["not-found", "refused"],
    async run({ store, path, body, now }) {
      const { name: _, ...said } = readScheduleFields(body, await defaultsOf(store, now));
      const change = (schedule: Schedule) => {
        const spec = completeSchedule({ ...schedule, ...said }, { now });
        return scheduled({ ...spec, paused: schedule.paused }, now, schedule);
      };
      await changeSchedules(store, { verb: "set", names: [path.name], change, now });
      return await shown(store, path.name);
    },
  }),
  defineRoute({
    method: "POST",
    url: "/schedules/:name/run",
    summary: "Runs a schedule now, whatever else runs; its next slot comes all the same",
    tag,
    path: { name: SCHEDULE_NAME },
    answer: { status: 201, description: "The id of the job", schema: record({ id: { type: "string" } }) },
    problems: ["not-found", "refused"],
    changed: (_, { id }) => ({ jobs: [id] }),
    async run({ store, path, now }) {
      return { id: await runSchedule(store, path.name, await defaultsOf(store, now)) };
    },
  }),
  ...([["pause", "Lets none of its slots come"], ["resume", "Lets a paused schedule come again"]] as const)
    .map(
      ([verb, summary]) =>
        defineRoute({
          method: "POST",
          url: `/schedules/:name/${verb}`,
          summary,
          tag,
          path: { name: SCHEDULE_NAME },
          answer: { description: "The schedule as it is now", schema: SCHEDULE },
          problems: ["not-found", "refused"],
          async run({ store, path, now }) {
            await pauseSchedules(store, [path.name], { paused: verb === "pause", now });
            return await shown(store, path.name);
          },
        }),
    ),
  defineRoute({
    method: "DELETE",
    url: "/schedules/:name",
    summary: "Forgets a schedule with what became of its slots; its jobs stay",
    tag,
    path: { name: SCHEDULE_NAME },
    answer: { description: "Its name", schema: record({ removed: { type: "string" } }) },
    problems: ["not-found", "refused"],
    async run({ store, path, now }) {
      await changeSchedules(store, { verb: "remove", names: [path.name], change: () => null, now });
      return { removed: path.name };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/upcoming",
    summary: "When a schedule that is not there yet would come, or why it cannot be used",
    tag,
    query: {
      expression: { ...someText({ max: 1000 }, "as in a schedule"), required: true },
      tz: someText({ max: 100 }, "as in a schedule"),
    },
    answer: {
      description: "The next times, and the sentence that would refuse it, null where there is none",
      schema: record({
        upcoming: listOf({ type: "string", format: "date-time" }),
        problem: { type: ["string", "null"] },
      }),
    },
    run: ({ query: { expression, tz }, now }) => Promise.resolve(wouldCome(expression, { tz, now })),
  }),
  defineRoute({
    method: "GET",
    url: "/calendar",
    summary: "When schedules come in the next hours, in order; those that come very often are named instead",
    tag,
    query: { hours: wholeNumber({ min: 1, max: 24 * 31 }, "for so many hours; 24 unless given") },
    answer: {
      description: "The slots, and the schedules that come too often to be listed",
      schema: record({
        slots: listOf(record({ schedule: { type: "string" }, at: { type: "string", format: "date-time" } })),
        often: listOf(record({ schedule: { type: "string" }, expression: { type: "string" } })),
        cut: { type: "boolean" },
      }),
    },
    async run({ store, query: { hours = 24 }, now }) {
      const { slots, often, cut } = calendar(await store.schedules({ limit: 500 }), now, hours * 3_600_000);
      return { slots: slots.map(({ schedule, at }) => ({ schedule, at: timeJson(at) })), often, cut };
    },
  }),
];
