/**
 * @module
 * Every fault there is, in the order in which they are tried.
 */
import { CLOCK } from "./clock.ts";
import { CRASH_MODEL } from "./crash_model.ts";
import { CRASH_POINTS } from "./crash_points.ts";
import { ENQUEUERS } from "./enqueuers.ts";
import type { Fault } from "./fault.ts";
import { FULL_DISK } from "./full_disk.ts";
import { HANDOVER } from "./handover.ts";
import { HOSTS } from "./hosts.ts";
import { JOB_STORM } from "./job_storm.ts";
import { POWER_CUT } from "./power_cut.ts";
import { SLEEP } from "./sleep.ts";
import { SOAK } from "./soak.ts";
import { THREAD_CRASH } from "./thread_crash.ts";
import { WORKER_STORM } from "./worker_storm.ts";
import { ZOMBIE } from "./zombie.ts";

/** Those that are tried by one test file, which goes on beside the others. */
export const GROUPS = {
  storms: [WORKER_STORM, JOB_STORM],
  absence: [HANDOVER, SLEEP, ZOMBIE, CLOCK],
  crashes: [CRASH_POINTS, THREAD_CRASH, ENQUEUERS],
  disks: [CRASH_MODEL, POWER_CUT, FULL_DISK, SOAK],
} as const satisfies Record<string, readonly Fault[]>;

/**
 * The fault suite. Hosts with one server are broken only here: their leases are short, so that what is broken ends, and a
 * busy machine that runs all other tests at the same time lets one go by that nothing was done to.
 */
export const FAULTS: readonly Fault[] = [...Object.values(GROUPS).flat(), HOSTS];
