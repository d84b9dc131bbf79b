/**
 * @module
 * From a claimed job to what a thread needs to run it. Pure.
 */
import type { Settings } from "../../domain/settings.ts";
import { unitVariable } from "../../domain/units.ts";
import type { ClaimedJob } from "../../store/contract.ts";
import type { Home } from "../../system/home.ts";
import type { RunRequest } from "../messages.ts";
import { limitsOf } from "../process/limits.ts";
import type { Host } from "../process/platform.ts";
import { saidPath, saidVariables } from "../spool/said_files.ts";
import { needsFile } from "./needs_file.ts";

/** Where and how it shall run. */
export interface RunConditions {
  /** Commands see it as `QUEUECTL_HOME`. */
  home: Home;
  /** Commands see it as `QUEUECTL_STORE`; undefined where the home says it. */
  storeName?: string | undefined;
  /** Where jobs run that name no directory; null when it is gone. */
  directory: string | null;
  host: Host;
  /** Nobody has told it which GPUs its jobs see: then those that have some as their own see these. */
  gpusAreOpen?: boolean;
  /** Those that hold now. */
  settings: Settings;
  /** The path that the names of its spool files begin with. */
  spool: string;
  /** As in `Launch`. */
  endsFile: string;
}

/** Names no directory, as Linux does for one that was removed. */
const GONE = "(deleted)";

/** Which units of things are its own, as `QUEUECTL_GPU=0,1`. */
function unitVariables(units: NonNullable<ClaimedJob["units"]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(units).map(([name, numbers]) => [unitVariable(name), numbers.join(",")]),
  );
}

/** The request to run a job's attempt. */
export function requestOf(
  job: ClaimedJob,
  { home, storeName, directory, host, gpusAreOpen = true, settings, spool, endsFile }: RunConditions,
): RunRequest {
  const { killGraceMs, outputLimit, maxOutput, shell } = settings;
  const limits = limitsOf(job);
  return {
    token: job.token,
    command: job.command,
    shell,
    spool,
    endsFile,
    stdin: job.stdin ?? null,
    cwd: job.cwd ?? directory ?? GONE,
    env: {
      ...host.withheld.values,
      ...(storeName === undefined ? {} : { QUEUECTL_STORE: storeName }),
      ...job.units?.gpu && gpusAreOpen && { CUDA_VISIBLE_DEVICES: job.units.gpu.join(",") },
      ...job.env,
      ...job.units && unitVariables(job.units),
      QUEUECTL_JOB_ID: job.id,
      QUEUECTL_ATTEMPT: String(job.lastAttempt),
      QUEUECTL_QUEUE: job.queue,
      ...job.group !== null && { QUEUECTL_GROUP: job.group },
      QUEUECTL_HOME: home.dir,
      ...saidVariables(spool),
      ...job.needed && { QUEUECTL_NEEDS: saidPath(spool, "needs") },
    },
    ...(job.checkpoint && { checkpoint: job.checkpoint }),
    ...(job.needed && { needs: needsFile(job.needed) }),
    timeoutMs: job.timeoutMs,
    idleTimeoutMs: job.idleTimeoutMs ?? 0,
    killGraceMs,
    outputLimit,
    maxOutput: job.maxOutput ?? maxOutput,
    ...(limits && { limits }),
    byToken: host.byToken,
    setsid: host.setsid,
    brief: host.byToken && !host.trapsOnSignal,
  };
}
