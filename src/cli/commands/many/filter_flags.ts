/**
 * @module
 * The flags that say which jobs are meant. What they find is up to the store.
 */
import { formatDuration } from "../../../domain/duration.ts";
import { BadInput } from "../../../domain/errors.ts";
import { type State, STATES } from "../../../domain/job.ts";
import type { JobSelector } from "../../../store/contract.ts";
import { MOST_VALUES, ofSeveral } from "../../../views/several.ts";
import {
  choices,
  chosen,
  count,
  duration,
  filled,
  type Flags,
  type FlagValues,
  text,
  texts,
} from "../../line/flags.ts";
import { visible } from "../../show/terminal.ts";
import { groupName } from "../group/names.ts";
import { queueNames } from "../queue/names.ts";

/** All but the state, which some commands say themselves. */
export const OTHER_FILTERS = {
  queue: texts("QUEUE", "only jobs of this queue; may be repeated: of one of these"),
  group: text("GROUP", "only jobs of this group"),
  uniqueKey: filled(text("KEY", "only jobs with exactly this key, whether they have it still or not")),
  label: filled(texts("LABEL", "only jobs with exactly this label; may be repeated: with one of these")),
  search: filled(text("TEXT", "only jobs whose command or id contains this")),
  error: filled(text("TEXT", "only jobs whose error contains this")),
  diedOf: filled(text("TEXT", "only dead jobs that died of this, see dlq groups")),
  exitCode: count({ min: 0, max: 2 ** 32 - 1 }, "only jobs that ended with this exit code"),
  olderThan: duration("only jobs enqueued longer ago than this"),
  newerThan: duration("only jobs enqueued not longer ago than this"),
  schedule: filled(text("SCHEDULE", "only jobs of this schedule, as far back as its history goes")),
} satisfies Flags;

/** What people call states. */
const STATES_MEANT: Readonly<Record<string, State>> = {
  queued: "pending",
  waiting: "pending",
  delayed: "scheduled",
  running: "processing",
  active: "processing",
  done: "completed",
  finished: "completed",
  success: "completed",
  succeeded: "completed",
  error: "failed",
  retrying: "failed",
  stopped: "cancelled",
};

export const FILTERS = {
  state: choices(STATES, "only jobs in this state (may be repeated)", STATES_MEANT),
  ...OTHER_FILTERS,
} satisfies Flags;

/** What those flags give; each may be left out. */
export type FilterValues = Partial<FlagValues<typeof FILTERS>>;

/** The jobs that are meant. @throws {BadInput} for a queue or a group that cannot be, and for too many of a kind */
export function selectorOf(values: FilterValues, now: number): JobSelector {
  const { state, queue, group, uniqueKey, label, search, error, diedOf, exitCode, olderThan, newerThan } =
    values;
  const all = {
    schedule: values.schedule,
    ...{ uniqueKey, search, error, diedOf, exitCode },
    ...ofSeveral({
      states: state && chosen<State>(state),
      queues: queue && queuesOf(queue),
      labels: label && notTooMany("labels", [...new Set(label)]),
    }),
    group: group === undefined ? undefined : groupName(group),
    until: olderThan === undefined ? undefined : now - olderThan,
    since: newerThan === undefined ? undefined : now - newerThan,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** @throws {BadInput} for a queue that cannot be, and for too many */
export function queuesOf(given: readonly string[]): readonly string[] {
  return notTooMany("queues", queueNames(given));
}

function notTooMany(what: string, values: readonly string[]): readonly string[] {
  if (values.length <= MOST_VALUES) return values;
  throw new BadInput(`Cannot filter by ${values.length} ${what}: a filter takes at most ${MOST_VALUES}`);
}

/** Whether any of them was given. */
export function isFiltered(values: FilterValues): boolean {
  return Object.keys(FILTERS).some((name) => values[name as keyof FilterValues] !== undefined);
}

/** So many jobs, and what they have in common: `1,234 dead jobs of queue mail`. */
export function describeJobs(count: number, values: FilterValues): string {
  const { state, queue, group, uniqueKey, label, search, error, diedOf, exitCode, olderThan, newerThan } =
    values;
  const quoted = (text: string) => `"${visible(text)}"`;
  return [
    grouped(count),
    ...(state ? [oneOf(chosen(state))] : []),
    count === 1 ? "job" : "jobs",
    ...(queue !== undefined ? [`of queue ${oneOf(queueNames(queue))}`] : []),
    ...(group !== undefined ? [`of group ${group}`] : []),
    ...(values.schedule !== undefined ? [`of schedule ${quoted(values.schedule)}`] : []),
    ...(uniqueKey !== undefined ? [`with key ${quoted(uniqueKey)}`] : []),
    ...(label !== undefined ? [`with label ${oneOf(label.map(quoted))}`] : []),
    ...(search !== undefined ? [`with ${quoted(search)} in command or id`] : []),
    ...(error !== undefined ? [`with ${quoted(error)} in the error`] : []),
    ...(diedOf !== undefined ? [`that died of ${quoted(diedOf)}`] : []),
    ...(exitCode !== undefined ? [`with exit code ${exitCode}`] : []),
    ...(olderThan !== undefined ? [`enqueued more than ${formatDuration(olderThan)} ago`] : []),
    ...(newerThan !== undefined ? [`enqueued in the last ${formatDuration(newerThan)}`] : []),
  ].join(" ");
}

function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** `1234567` as `1,234,567`. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
