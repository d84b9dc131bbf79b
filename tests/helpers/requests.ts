/**
 * @module
 * What a supervisor would ask its threads to run.
 */
import type { NewJob } from "../../src/domain/job.ts";
import { settingsFrom } from "../../src/domain/settings.ts";
import type { ClaimedJob } from "../../src/store/contract.ts";
import type { Home } from "../../src/system/home.ts";
import type { RunRequest } from "../../src/worker/messages.ts";
import { thisPlatform } from "../../src/worker/process/this_platform.ts";
import { requestOf } from "../../src/worker/supervisor/run_request.ts";
import { newJob } from "./jobs.ts";

/** Requests to run these jobs, as far as a thread can tell, with their spools in the home. */
export async function requestsFor(home: Home, jobs: readonly Partial<NewJob>[]): Promise<RunRequest[]> {
  Deno.mkdirSync(home.spool, { recursive: true });
  const host = await thisPlatform.probeHost();
  const settings = settingsFrom(new Map());
  return jobs.map((changes, i) => {
    const token = crypto.randomUUID();
    const job = { ...newJob(changes), id: `job-${i}`, lastAttempt: 1, worker: "worker", token };
    const places = { spool: `${home.spool}/${token}`, endsFile: `${home.spool}/ends-0` };
    return requestOf(job as unknown as ClaimedJob, {
      home,
      directory: Deno.cwd(),
      host,
      gpusAreOpen: true,
      settings,
      ...places,
    });
  });
}
