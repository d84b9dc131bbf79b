/**
 * @module
 * The routes of limits, and what requests say of bounds.
 */
import { NoSuch } from "../../domain/errors.ts";
import { type Rate, readRate } from "../../domain/limit.ts";
import { LIMIT_NAMES, LIMIT_PATTERN, MOST_UNITS, readUnits } from "../../domain/units.ts";
import type { Store } from "../../store/contract.ts";
import { type LimitJson, limitJson } from "../../views/limit_json.ts";
import { type Input, objectOf, trueOrFalse, wholeNumber } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { LIMIT, listOf, record } from "../schemas.ts";

const tag = "limits";

/** A value that may be taken away: wrapped, so that `null` differs from not being given. */
export interface Or<T> {
  /** Null takes it away. */
  value: T | null;
}

/** Names a limit. */
const LIMIT_NAME: Input<string> = {
  brief: "name of the limit",
  schema: { type: "string", pattern: LIMIT_PATTERN.source },
  takes: LIMIT_NAMES,
  read: (value) => typeof value === "string" && LIMIT_PATTERN.test(value) ? value : undefined,
};

/** How many, or null, which is no bound. */
export function bound(min: number, brief: string): Input<Or<number>> {
  return {
    brief: `${brief}; null is no bound`,
    schema: { type: ["integer", "null"], minimum: min, maximum: MOST_UNITS },
    takes: `a whole number from ${min} to ${MOST_UNITS}, or null`,
    read(value) {
      if (value === null) return { value };
      const fits = Number.isInteger(value) && value as number >= min && value as number <= MOST_UNITS;
      return fits ? { value: value as number } : undefined;
    },
  };
}

/** A rate, or null, which is none. */
export const RATE: Input<Or<Omit<Rate, "smooth">>> = {
  brief: "how many may begin in how much time, such as 60/1m; null is no bound",
  schema: { type: ["string", "null"], examples: ["60/1m", "100/s"] },
  takes: "a rate such as 60/1m or 100/s, or null",
  read: (value) =>
    value === null ? { value } : typeof value === "string" ? { value: readRate(value, "rate") } : undefined,
};

/** Spaces what begins. */
export const SMOOTH: Input<boolean> = trueOrFalse("with rate: what begins is spaced evenly");

/** What is taken, or null, which is nothing. */
export const NEEDS: Input<Or<string>> = {
  brief: "what each of its jobs takes beside its own: units of limits and things by name; null is nothing",
  schema: {
    oneOf: [{ type: "object", additionalProperties: { type: "integer", minimum: 1 } }, {
      type: ["string", "null"],
    }],
  },
  takes: 'units by name, such as {"api": 2}, or null',
  read(value) {
    const units = value === null ? null : readUnits(value);
    return units === undefined ? undefined : { value: units };
  },
};

/** What a rate was changed to; undefined where nothing is said of it. */
export function rateSaid(
  rate: Or<Omit<Rate, "smooth">> | undefined,
  smooth = false,
): Rate | null | undefined {
  return rate && (rate.value && { ...rate.value, smooth });
}

async function findLimit(store: Store, name: string, now: number): Promise<LimitJson> {
  const limit = await store.limit(name, now);
  if (limit) return limitJson(limit);
  throw new NoSuch(`Cannot show limit "${name}": there is none of that name`);
}

/** The routes. */
export const LIMIT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    url: "/limits",
    summary: "Limits, what is in use of them, and how many jobs wait, by name",
    tag,
    query: {
      limit: wholeNumber({ min: 1, max: 500 }, "at most so many; 100 unless given"),
      cursor: LIMIT_NAME,
    },
    answer: {
      description: "A page of limits, and the cursor for the next one; null when this is the last",
      schema: record({ limits: listOf(LIMIT), cursor: { type: ["string", "null"] } }),
    },
    async run({ store, now, query: { limit = 100, cursor } }) {
      const found = await store.limits(now, { limit: limit + 1, ...cursor && { after: cursor } });
      const limits = found.slice(0, limit);
      return { limits: limits.map(limitJson), cursor: found.length > limit ? limits.at(-1)!.name : null };
    },
  }),
  defineRoute({
    method: "GET",
    url: "/limits/:name",
    summary: "A limit",
    tag,
    path: { name: LIMIT_NAME },
    answer: { description: "The limit", schema: LIMIT },
    problems: ["not-found"],
    run: ({ store, path, now }) => findLimit(store, path.name, now),
  }),
  defineRoute({
    method: "PATCH",
    url: "/limits/:name",
    summary: "Makes a limit, or changes what is said of it",
    tag,
    path: { name: LIMIT_NAME },
    body: objectOf({
      at_once: bound(0, "how many units may be in use at once"),
      rate: RATE,
      smooth: SMOOTH,
    }, "what to change"),
    answer: { description: "The limit as it is now", schema: LIMIT },
    problems: ["refused"],
    async run({ store, path, now, body: { at_once: atOnce, rate, smooth } }) {
      const said = rateSaid(rate, smooth);
      await store.setLimit(path.name, {
        ...atOnce && { atOnce: atOnce.value },
        ...said !== undefined && { rate: said },
      });
      return await findLimit(store, path.name, now);
    },
  }),
  defineRoute({
    method: "DELETE",
    url: "/limits/:name",
    summary: "Removes a limit",
    tag,
    path: { name: LIMIT_NAME },
    answer: { description: "Its name", schema: record({ removed: { type: "string" } }) },
    problems: ["not-found"],
    async run({ store, path }) {
      await store.removeLimit(path.name);
      return { removed: path.name };
    },
  }),
];
