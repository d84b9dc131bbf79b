/**
 * @module
 * The check of which limits of jobs this host sees to, and what is known of what they take. What it does not see to is no
 * problem: only jobs that ask for it cannot run here, and say so.
 */
import { formatDuration } from "../../../domain/duration.ts";
import { formatSize } from "../../../domain/settings.ts";
import type { HostLimits } from "../../../worker/process/platform.ts";
import { thisPlatform } from "../../../worker/process/this_platform.ts";
import { type Finding, ok } from "./finding.ts";

export async function checkLimits(): Promise<Finding> {
  return ok("limits", sayLimits(await thisPlatform.probeLimits()));
}

/** In a few clauses; undefined where there are no limits at all. */
export function sayLimits(host: HostLimits | undefined): string {
  if (!host) return "jobs have none here, and their CPU time is not known";
  const { cpuTime, mostCpuSeconds, memory, mostMemoryKib } = host;
  const upTo = (name: string, most: string | null) => most === null ? name : `${name} up to ${most}`;
  const all: [name: string, holds: boolean, otherwise: string][] = [
    ["nice", host.nice, "there is no program nice"],
    ["io", host.io, "ionice is not there, or is not allowed to"],
    [
      upTo("cpu_time", mostCpuSeconds === null ? null : formatDuration(mostCpuSeconds * 1000)),
      cpuTime,
      "the shell cannot set it",
    ],
    [
      upTo("memory", mostMemoryKib === null ? null : formatSize(mostMemoryKib * 1024)),
      memory,
      "the system or the shell cannot set it",
    ],
    ["max_procs", host.maxProcs, host.root ? "it does not hold for root" : "the shell cannot set it"],
  ];
  const held = all.filter(([, holds]) => holds).map(([name]) => name);
  const others = all.filter(([, holds]) => !holds).map(([name, , why]) => `not ${name}: ${why}`);
  return [
    held.length > 0 ? `jobs may have ${held.join(", ")}` : "jobs may have none",
    ...others,
    host.expendable
      ? "where memory runs out, jobs are ended before their worker"
      : "nothing tells the system to end jobs before their worker where memory runs out",
  ].join("; ");
}
