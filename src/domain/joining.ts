/**
 * @module
 * What may be said of the groups that new jobs join. Pure.
 */
import { BadInput } from "./errors.ts";
import type { NewJob } from "./fields.ts";

/** What is said of them. */
export interface JoiningSaid {
  /** When so many of their jobs have failed, those that wait are called off. */
  maxFailures?: number;
  /** Add to groups that are sealed, too. */
  reopen?: boolean;
}

/** What those who say it call it. */
export interface JoiningNames extends Record<keyof JoiningSaid, string> {
  /** How the group is said: `with --group`. */
  group: string;
}

/** What was said, without what was not. @throws {BadInput} where anything was, and none of the jobs joins a group */
export function readJoining(
  { maxFailures, reopen }: { [Key in keyof JoiningSaid]: JoiningSaid[Key] | undefined },
  jobs: readonly NewJob[],
  names: JoiningNames,
): JoiningSaid {
  const said = { ...maxFailures !== undefined && { maxFailures }, ...reopen && { reopen } };
  const [first] = Object.keys(said) as (keyof JoiningSaid)[];
  if (first !== undefined && jobs.every(({ group }) => group === null)) {
    throw new BadInput(`Cannot use ${names[first]} without a group: say which ${names.group}`);
  }
  return said;
}
