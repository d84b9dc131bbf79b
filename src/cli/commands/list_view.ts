/**
 * @module
 * How a page of jobs is shown to people: as the usual table, with columns of their choice, or a line for each job as a
 * template says. JSON has everything, and is the same however one asks.
 */
import { BadInput, type UserError } from "../../domain/errors.ts";
import type { Job } from "../../domain/job.ts";
import type { Context } from "../line/context.ts";
import { text } from "../line/flags.ts";
import { ZONE_FLAGS } from "../line/zone.ts";
import { jobTable } from "../show/job_table.ts";

/** The flags that say how. */
export const VIEW_FLAGS = {
  columns: text("NAMES", "show these, named as in JSON: id,state,label"),
  format: text(
    "TEMPLATE",
    "print a line for each job: '{id} {state} {command}'; \\t is a tab, \\n a line end",
  ),
  ...ZONE_FLAGS,
};

/** What they give. */
export interface ViewFlags {
  columns: string | undefined;
  format: string | undefined;
  utc: boolean;
}

/** What is printed for a page of jobs, of which `after` is what is known of those that wait for others. @throws {BadInput} for flags that make no sense */
export async function viewOf(
  { print, clock, json }: Context,
  { columns, format, utc }: ViewFlags,
): Promise<(jobs: readonly Job[], after?: ReadonlyMap<string, string>) => string> {
  if (columns === undefined && format === undefined) {
    return (jobs, after = new Map()) =>
      jobs.length === 0 ? "No jobs" : jobTable(print, { jobs, now: clock.now(), after });
  }
  const flag = columns === undefined ? "--format" : "--columns";
  if (json) throw new BadInput(`Cannot use ${flag} with --json: a JSON document has all of a job`);
  if (columns !== undefined && format !== undefined) {
    throw new BadInput("Cannot use --columns with --format: each says what is printed");
  }
  const { columnsTable, readColumns, readTemplate } = await import("../show/job_columns.ts");
  if (columns !== undefined) {
    const names = reading("--columns", columns, readColumns);
    return (jobs) => jobs.length === 0 ? "No jobs" : columnsTable(print, { jobs, names, zone: { utc } });
  }
  const template = reading("--format", format!, readTemplate);
  return (jobs) => jobs.map(template).join("\n");
}

function reading<T>(flag: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    throw new BadInput(`Cannot use ${flag} "${text}": ${(error as UserError).message}`);
  }
}
