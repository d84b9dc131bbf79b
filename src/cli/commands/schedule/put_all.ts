/**
 * @module
 * Many schedules at once, from a file: all of them or none.
 */
import { Refused } from "../../../domain/errors.ts";
import type { ScheduleSpec } from "../../../domain/schedule/spec.ts";
import type { NewSchedule, Schedule, ScheduleChange } from "../../../store/contract.ts";
import { scheduled } from "../../../views/scheduling.ts";
import type { Context } from "../../line/context.ts";
import { sayUnlessFired } from "./say_next.ts";

/** What was, or would be, done. */
export interface Put {
  added: string[];
  changed: string[];
  unchanged: string[];
}

/** Adds schedules, and changes those that are there, or refuses them. */
export async function putAll(
  context: Context,
  specs: readonly ScheduleSpec[],
  { now, dryRun, replaces }: { now: number; dryRun: boolean; replaces: boolean },
): Promise<Put> {
  const store = await context.store();
  const put: Put = { added: [], changed: [], unchanged: [] };
  const changes: ScheduleChange[] = [];
  for (const spec of specs) {
    const { name } = spec;
    const before = await store.schedule(name);
    if (before && !replaces) {
      throw new Refused(`Cannot add schedule "${name}": there is one with that name`);
    }
    const schedule = scheduled({ ...spec, paused: before?.paused ?? false }, now, before);
    if (before && isSame(before, schedule)) put.unchanged.push(name);
    else {
      (before ? put.changed : put.added).push(name);
      changes.push({ name, revision: before?.revision ?? null, schedule });
    }
  }
  if (!dryRun) await store.changeSchedules(changes, now);
  return put;
}

const COMPARED = ["expression", "zone", "missed", "overlap", "jitterMs"] as const;

function isSame(before: Schedule, after: NewSchedule): boolean {
  return COMPARED.every((key) => before[key] === after[key]) &&
    JSON.stringify(sorted(before.job)) === JSON.stringify(sorted(after.job));
}

function sorted(job: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(job).sort(([a], [b]) => a < b ? -1 : 1);
}

/** Prints what was done. */
export async function sayPut(context: Context, put: Put, dryRun: boolean): Promise<void> {
  const would = dryRun ? "Would have " : "";
  const line = (verb: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${would}${would ? verb.toLowerCase() : verb} ${names.join(", ")}`];
  context.print.result({ ...put, dry_run: dryRun }, () => {
    const lines = [...line("Added", put.added), ...line("Changed", put.changed)];
    if (put.unchanged.length > 0) lines.push(`Unchanged: ${put.unchanged.join(", ")}`);
    return lines.length === 0 ? "No schedules" : lines.join("\n");
  });
  if (!dryRun) await sayUnlessFired(context);
}
