/**
 * @module
 * How much of its host a command may take, and what is said where a host does not see to that: the command is not
 * run then. Pure.
 */

/** What is said of a command; null is as the host has it. */
export interface Limits {
  /** So much it gives way to others. */
  nice: number | null;
  /** `idle` or `best-effort`. */
  io: string | null;
  /** CPU time of each of its processes. */
  cpuTimeMs: number | null;
  /** Address space of each of its processes, in bytes. */
  memory: number | null;
  /** It starts no more processes while its user has so many. */
  maxProcs: number | null;
}

/** Those of them that say anything; undefined where none does. */
export function limitsOf({ nice, io, cpuTimeMs, memory, maxProcs }: Limits): Limits | undefined {
  return nice || io !== null || cpuTimeMs !== null || memory !== null || maxProcs !== null
    ? { nice, io, cpuTimeMs, memory, maxProcs }
    : undefined;
}

/** What the first shell exits with before it comes to the command, by what cannot be seen to. */
export const REFUSED = { nice: 41, io: 42, cpuTime: 43, memory: 44, maxProcs: 45, root: 46 } as const;

/** Why a limit does not hold on a host, by that code. */
export const WHY_REFUSED: ReadonlyMap<number, string> = new Map([
  [REFUSED.nice, "its nice cannot be set: there is no program nice"],
  [REFUSED.io, "its io cannot be set: ionice is not there, or is not allowed to"],
  [REFUSED.cpuTime, "its cpu_time cannot be set: the worker itself may have less (ulimit -H -t)"],
  [
    REFUSED.memory,
    "its memory cannot be set: the worker itself may have less (ulimit -H -v), or the system knows no such limit",
  ],
  [REFUSED.maxProcs, "its max_procs cannot be set: the worker itself may have fewer (ulimit -H -u)"],
  [REFUSED.root, "its max_procs would not hold: the worker is root, who may have any number of processes"],
]);
