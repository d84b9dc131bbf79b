/**
 * @module
 * `queuectl list`: jobs, newest first, page by page.
 */
import type { Job } from "../../domain/job.ts";
import type { JobFilter } from "../../store/contract.ts";
import { jobJson } from "../../views/job_json.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { choice, count, text } from "../line/flags.ts";
import { VIEW_FLAGS, viewOf } from "./list_view.ts";
import { FILTERS, type FilterValues, OTHER_FILTERS, selectorOf } from "./many/filter_flags.ts";

/** The flags that pick a page. */
export const PAGE_FLAGS = {
  ...OTHER_FILTERS,
  sort: choice(["newest", "oldest", "priority"], "the order (default: newest)"),
  limit: count({ min: 1, max: 10_000 }, "at most so many (default: 50)"),
  cursor: text("CURSOR", "go on after the page that gave this cursor"),
};

export const command: Target = defineCommand({
  brief: "List jobs, newest first",
  description: "When there are more, the cursor for the next page follows.",
  examples: [
    ["list", "the latest jobs"],
    ["list --state dead", "the dead letter queue"],
    ["list -q mail --search invoice -n 10", "the latest ten that match"],
    ["list -q mail -q images -l nightly", "the jobs of two queues that have a label"],
    ["list --group album", "the jobs of a group"],
    ["list --columns id,state,exit_code,created_at", "what you want to know of each"],
    ["list --format '{id}\\t{command}'", "a line for each, for a script"],
    ["list --json --sort oldest", "as JSON, oldest first"],
  ],
  flags: { state: FILTERS.state, ...PAGE_FLAGS, ...VIEW_FLAGS },
  async run(context, { columns, format, utc, ...filter }) {
    const view = await viewOf(context, { columns, format, utc });
    await printPage(context, filter, view);
  },
});

/** Prints one page of jobs, and to stderr how to get the next. */
export async function printPage(
  context: Context,
  flags: PageValues,
  view: (jobs: readonly Job[], after?: ReadonlyMap<string, string>) => string,
): Promise<void> {
  const { print, clock } = context;
  const { sort, limit = 50, cursor: after, ...filters } = flags;
  const page = { limit, ...(sort && { sort }), ...(after !== undefined && { cursor: after }) };
  const { jobs, cursor } = await (await context.store()).list({
    ...selectorOf(filters, clock.now()),
    ...page,
  });
  const waitsFor = context.json ? new Map<string, string>() : await whatTheyComeAfter(context, jobs);
  print.result({ jobs: jobs.map(jobJson), cursor }, () => view(jobs, waitsFor));
  if (jobs.length === 0) {
    const { hintAtUnknownNames } = await import("./unknown_names.ts");
    await hintAtUnknownNames(context, filters);
  }
  if (cursor !== null) print.hint(`More with --cursor ${cursor}`);
}

/** What the blocked ones of some jobs wait for, by their ids. */
async function whatTheyComeAfter(context: Context, jobs: readonly Job[]): Promise<Map<string, string>> {
  const ids = jobs.filter(({ state }) => state === "blocked").map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const { afterWhat } = await import("../../views/needs.ts");
  const needs = await (await context.store()).needs(ids, 1);
  return new Map(ids.flatMap((id, n) => needs[n] ? [[id, afterWhat(needs[n])]] : []));
}

/** What the flags give. */
type PageValues = FilterValues & Partial<Pick<JobFilter, "sort" | "limit" | "cursor">>;
