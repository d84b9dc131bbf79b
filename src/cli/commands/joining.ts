/**
 * @module
 * What `enqueue` says of the groups that its jobs join.
 */
import type { NewJob } from "../../domain/job.ts";
import { readJoining } from "../../domain/joining.ts";
import type { Joining } from "../../store/contract.ts";
import { envVariable } from "../../system/environment.ts";

/** What the flags give. */
export interface JoiningFlags {
  maxFailures?: number | undefined;
  reopen?: boolean;
}

const NAMES = { maxFailures: "--max-failures", reopen: "--reopen", group: "with --group" };

/** For the store; undefined where no job joins a group. @throws {BadInput} where the flags say something all the same */
export function joiningOf(flags: JoiningFlags, jobs: readonly NewJob[]): Joining | undefined {
  const said = readJoining(flags, jobs, NAMES);
  if (jobs.every(({ group }) => group === null)) return undefined;
  // what a job enqueues comes from that job, and may join its group
  const by = envVariable("QUEUECTL_JOB_ID");
  return { ...said, ...by && { by } };
}
