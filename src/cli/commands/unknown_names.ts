/**
 * @module
 * Names that nothing has: what there is instead, the most similar first. Whether that is an error is up to the command;
 * where a queue may yet come, it is a hint.
 */
import type { NoSuch } from "../../domain/errors.ts";
import { byNearness } from "../../domain/nearest.ts";
import type { Store } from "../../store/contract.ts";
import type { Context } from "../line/context.ts";
import type { FilterValues } from "./many/filter_flags.ts";
import { queueNames as namesIn } from "./queue/names.ts";

/** Nobody reads more names. */
const MOST_SAID = 5;
/** Of very many names, so many are compared. */
const MOST_COMPARED = 1000;

/** Says which names that jobs were looked for by, in vain, nothing has, and which there are. */
export async function hintAtUnknownNames(
  context: Context,
  { queue, group, label, schedule }: FilterValues,
): Promise<void> {
  if (queue !== undefined) await hintAtUnknownQueues(context, namesIn(queue));
  if (group !== undefined) await hintAtUnknownGroup(context, group);
  if (label !== undefined) await hintAtUnknownLabels(context, label);
  if (schedule !== undefined) await hintAtUnknownSchedule(context, schedule);
}

/** Says which of these queues are not there, and which are. To be asked before they are made. */
export async function hintAtUnknownQueues(context: Context, names: readonly string[]): Promise<void> {
  if (!context.print.hints) return;
  const store = await context.store();
  const found = await Promise.all(names.map((name) => store.queue(name)));
  const unknown = names.filter((_, index) => found[index] === undefined);
  const [first] = unknown;
  if (first === undefined) return;
  const said = unknown.map((name) => `"${name}"`).join(", ");
  const there = unknown.length === 1 ? `There is no queue ${said} yet` : `There are no queues ${said} yet`;
  context.print.hint(there + others(first, await queueNames(store)));
}

/** Says that there is no such schedule, and which there are: its jobs went with it. */
async function hintAtUnknownSchedule(context: Context, name: string): Promise<void> {
  if (!context.print.hints) return;
  const store = await context.store();
  if (await store.schedule(name)) return;
  const names = (await store.schedules({ limit: MOST_COMPARED })).map((schedule) => schedule.name);
  context.print.hint(`There is no schedule "${name}"${others(name, names)}`);
}

/** Says that there is no such group, and which there are. */
async function hintAtUnknownGroup(context: Context, name: string): Promise<void> {
  if (!context.print.hints) return;
  const store = await context.store();
  if (await store.group(name)) return;
  const names = await groupNames(store);
  context.print.hint(`There is no group "${name}"${others(name, names)}`);
}

/** Says which of these labels no job has, and which there are. Looks into the index alone, for a bounded number. */
async function hintAtUnknownLabels(context: Context, labels: readonly string[]): Promise<void> {
  if (!context.print.hints) return;
  const store = await context.store();
  const found = await Promise.all(labels.map(async (label) => (await store.labels(label, 1))[0] === label));
  const unknown = labels.filter((_, n) => !found[n]);
  const [label] = unknown;
  if (label === undefined) return;
  const [initial = ""] = label;
  const near = await store.labels(initial, MOST_COMPARED);
  const names = new Set([...near, ...await store.labels("", MOST_COMPARED - near.length)]);
  const said = unknown.map((name) => `"${name}"`).join(", ");
  context.print.hint(
    `No job has the ${unknown.length === 1 ? "label" : "labels"} ${said}${others(label, [...names])}`,
  );
}

/** The names of queues, at most as many as are compared. */
export async function queueNames(store: Store): Promise<string[]> {
  return (await store.queues({ limit: MOST_COMPARED })).map(({ name }) => name);
}

/** The same of groups, the newest. */
export async function groupNames(store: Store): Promise<string[]> {
  return (await store.groups({ limit: MOST_COMPARED })).map(({ name }) => name);
}

/** The same error, with the names that there are. */
export function withOthers(error: NoSuch, name: string, names: readonly string[]): NoSuch {
  error.message += others(name, names);
  return error;
}

function others(name: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const said = byNearness(name, names.slice(0, MOST_COMPARED)).slice(0, MOST_SAID);
  const more = names.length - said.length;
  const rest = more > 0 ? ` and ${names.length >= MOST_COMPARED ? "many" : more} more` : "";
  return `; there ${names.length === 1 ? "is" : "are"}: ${said.join(", ")}${rest}`;
}
