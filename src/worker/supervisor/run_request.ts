/**
 * @module
 * From a claimed job to what a thread needs to run it. Pure.
 */
import type { Settings } from "../../domain/settings.ts";
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
  /** Those that hold now. */
  settings: Settings;
  /** The path that the names of its spool files begin with. */
  spool: string;
  /** As in `Launch`. */
  endsFile: string;
}

/** Names no directory, as Linux does for one that was removed. */
const GONE = "(deleted)";

/** The request to run a job's attempt. */
export function requestOf(
  job: ClaimedJob,
  { home, storeName, directory, host, settings, spool, endsFile }: RunConditions,
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
      ...job.env,
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
