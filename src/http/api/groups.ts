/**
 * @module
 * The routes of groups.
 */
import { NoSuch } from "../../domain/errors.ts";
import { FIELDS, GROUP_PATTERN } from "../../domain/fields.ts";
import { UNCOMPLETED, WAITING } from "../../domain/job.ts";
import type { JobSelector, Store, Wish } from "../../store/contract.ts";
import { changeAll } from "../../views/change_all.ts";
import { type GroupJson, groupJson } from "../../views/group_json.ts";
import { type Input, oneOf, trueOrFalse, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { COUNTED, GROUP, listOf, record } from "../schemas.ts";

const tag = "groups";

/** Names a group. */
export const GROUP_NAME: Input<string> = {
  brief: "name of the group",
  schema: { type: "string", pattern: GROUP_PATTERN.source },
  takes: FIELDS.group.kind.takes,
  read: (value) => typeof value === "string" && GROUP_PATTERN.test(value) ? value : undefined,
};

/** So many of those that wait for a group are named. */
const MOST_NAMED = 100;

/** The group. @throws {NoSuch} */
async function findGroup(store: Store, name: string, now: number): Promise<GroupJson> {
  const group = await store.group(name);
  if (group) return groupJson(group, now);
  throw new NoSuch(`Cannot show group "${name}": no such group`);
}

/** The routes. */
export const GROUP_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/groups",
    summary: "Groups with how far they are, newest first",
    tag,
    query: {
      limit: wholeNumber({ min: 1, max: 500 }, "at most so many; 100 unless given"),
      cursor: GROUP_NAME,
      state: oneOf(["open", "ended"], "only groups that are open, or those of this page that have ended"),
    },
    answer: {
      description: "A page of groups, and the cursor for the next one, null when this is the last",
      schema: record({ groups: listOf(GROUP), cursor: { type: ["string", "null"] } }),
    },
    async run({ store, query: { limit = 100, cursor, state }, now }) {
      const page = { limit: limit + 1, open: state === "open", ...(cursor && { after: cursor }) };
      const found = await store.groups(page);
      const groups = found.slice(0, limit);
      const wanted = state === "ended" ? groups.filter(({ end }) => end !== "open") : groups;
      return {
        groups: wanted.map((group) => groupJson(group, now)),
        cursor: found.length > limit ? groups.at(-1)!.name : null,
      };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/groups/:name",
    summary: "A group, and the first of the jobs that wait for it, or waited",
    tag,
    path: { name: GROUP_NAME },
    answer: {
      description: "The group",
      schema: record({ ...GROUP.properties as object, needed_by: listOf({ type: "string" }) }),
    },
    problems: ["not-found"],
    async run({ store, path, now }) {
      const group = await findGroup(store, path.name, now);
      const { jobs } = await store.neededBy({ group: group.name }, MOST_NAMED);
      return { ...group, needed_by: jobs.map(({ id }) => id) };
    },
  }),
  defineRoute({
    method: "POST",
    url: "/groups/:name/seal",
    summary: "Lets nobody but its own jobs add to a group, so that it can end",
    tag,
    path: { name: GROUP_NAME },
    answer: { description: "The group as it is now", schema: GROUP },
    problems: ["not-found"],
    async run({ store, path, now }) {
      await store.sealGroup(path.name, now);
      return await findGroup(store, path.name, now);
    },
  }),
  defineRoute({
    method: "POST",
    url: "/groups/:name/cancel",
    summary: "Calls off all jobs of a group that have not ended",
    tag,
    path: { name: GROUP_NAME },
    query: { waiting: trueOrFalse("only those that wait: what runs goes on") },
    answer: {
      description: "How many, and how many of them run and are still to be ended",
      schema: record({ cancelled: COUNTED, requested: COUNTED }),
    },
    problems: ["not-found"],
    async run({ store, path, query: { waiting }, now, machine }) {
      const which = await membersOf(store, path.name, now);
      const wish: Wish = {
        verb: "cancel",
        ...waiting && { only: WAITING },
      };
      const { done, requested } = await changeAll(store, { which, wish }, { now });
      if (requested.length > 0) await machine.endUnwatched(requested);
      return { cancelled: done - requested.length, requested: requested.length };
    },
  }),
  defineRoute({
    method: "POST",
    url: "/groups/:name/retry",
    summary: "Runs the jobs of a group again that are dead, cancelled, or wait for another attempt",
    tag,
    path: { name: GROUP_NAME },
    answer: {
      description: "How many, and how many of them stay held",
      schema: record({ retried: COUNTED, held: COUNTED }),
    },
    problems: ["not-found"],
    async run({ store, path, now }) {
      const which = await membersOf(store, path.name, now);
      const wish = { verb: "retry", only: UNCOMPLETED } as const;
      const { done, held } = await changeAll(store, { which, wish }, { now });
      return { retried: done, held };
    },
  }),
  defineRoute({
    method: "DELETE",
    url: "/groups/:name",
    summary: "Forgets a group that has no jobs and for which none waits",
    tag,
    path: { name: GROUP_NAME },
    answer: { description: "Its name", schema: record({ deleted: { type: "string" } }) },
    problems: ["not-found", "refused"],
    async run({ store, path }) {
      await store.deleteGroup(path.name);
      return { deleted: path.name };
    },
  }),
];

async function membersOf(store: Store, name: string, now: number): Promise<JobSelector> {
  return { group: (await findGroup(store, name, now)).name };
}
