/**
 * @module
 * What `enqueue` says of the groups that its jobs join.
 */
import { BadInput } from "../../domain/errors.ts";
import type { NewJob } from "../../domain/job.ts";
import type { Joining } from "../../store/contract.ts";
import { envVariable } from "../../system/environment.ts";

/** What the flags give. */
export interface JoiningFlags {
  maxFailures?: number | undefined;
  reopen?: boolean;
}

/** @throws {BadInput} where no job joins a group */
export function readJoining({ maxFailures, reopen }: JoiningFlags, jobs: readonly NewJob[]): Joining {
  if (jobs.every(({ group }) => group === null)) {
    const flag = maxFailures === undefined ? "--reopen" : "--max-failures";
    throw new BadInput(`Cannot use ${flag} without a group: say which with --group`);
  }
  // what a job enqueues comes from that job, and may join its group
  const by = envVariable("QUEUECTL_JOB_ID");
  return { ...maxFailures !== undefined && { maxFailures }, ...reopen && { reopen }, ...by && { by } };
}

/** The same of very many jobs, which seal what they make; undefined where none joins a group. */
export function joiningOfMany(flags: JoiningFlags, jobs: readonly NewJob[]): Joining | undefined {
  const { maxFailures, reopen } = flags;
  if (maxFailures === undefined && !reopen && jobs.every(({ group }) => group === null)) return undefined;
  return { ...readJoining(flags, jobs), seal: true };
}
