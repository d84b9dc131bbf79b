/**
 * @module
 * The limit that commands on one limit take.
 */
import { NoSuch } from "../../../domain/errors.ts";
import { checkLimitName } from "../../../domain/limit.ts";
import type { Limit } from "../../../store/contract.ts";
import type { Words } from "../../line/command.ts";
import type { Context } from "../../line/context.ts";
import { withOthers } from "../unknown_names.ts";

export const ONE_LIMIT: Words = { placeholder: "LIMIT", brief: "name of the limit", min: 1, max: 1 };

/** Of very many names, so many are compared. */
const MOST_COMPARED = 1000;

/** A limit that is there. @throws {NoSuch} with those that are */
export async function findLimit(context: Context, verb: string, name: string): Promise<Limit> {
  checkLimitName(name);
  const store = await context.store();
  const now = context.clock.now();
  const limit = await store.limit(name, now);
  if (limit) return limit;
  const names = (await store.limits(now, { limit: MOST_COMPARED })).map(({ name }) => name);
  throw withOthers(new NoSuch(`Cannot ${verb} limit "${name}": there is none of that name`), name, names);
}
