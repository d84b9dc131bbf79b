/**
 * @module
 * The schedules that commands take, by their names.
 */
import { NoSuch } from "../../../domain/errors.ts";
import { scheduleName } from "../../../domain/schedule/spec.ts";
import type { Schedule } from "../../../store/contract.ts";
import { findSchedule } from "../../../views/scheduling.ts";
import type { Words } from "../../line/command.ts";
import type { Context } from "../../line/context.ts";
import { withOthers } from "../unknown_names.ts";

export const ONE_SCHEDULE: Words = { placeholder: "SCHEDULE", brief: "name of the schedule", min: 1, max: 1 };
export const SCHEDULES: Words = { placeholder: "SCHEDULE", brief: "names of schedules", min: 1 };

/** Of very many names, so many are compared. */
const MOST_COMPARED = 1000;

/** The schedule of a name. @throws {NoSuch} with what there is instead */
export async function find(context: Context, verb: string, name: string): Promise<Schedule> {
  const store = await context.store();
  return await orOthers(context, name, () => findSchedule(store, verb, scheduleName(name)));
}

/** Names that are there, each once. @throws {NoSuch} for one that is not */
export async function findAll(context: Context, verb: string, names: readonly string[]): Promise<string[]> {
  const all = [...new Set(names)];
  for (const name of all) await find(context, verb, name);
  return all;
}

async function orOthers<T>(context: Context, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof NoSuch)) throw error;
    const names = (await (await context.store()).schedules({ limit: MOST_COMPARED })).map(({ name }) => name);
    throw withOthers(error, name, names);
  }
}
