/**
 * @module
 * What `/proc` says: which processes belong to a home and its jobs, and what a process uses.
 */

/** A process of a job: anything that inherited the job's environment. */
export interface JobProcess {
  pid: number;
  job: string;
  attempt: number;
}

/** Every process of the jobs of a home. */
export function jobProcesses(home: string): JobProcess[] {
  const found: JobProcess[] = [];
  for (const [pid, env] of environments(home)) {
    const job = env.get("QUEUECTL_JOB_ID");
    if (job !== undefined) found.push({ pid, job, attempt: Number(env.get("QUEUECTL_ATTEMPT")) });
  }
  return found;
}

/** The pids of every process that was started for a home: jobs, workers, commands. */
export function homeProcesses(home: string): number[] {
  return [...environments(home)].map(([pid]) => pid);
}

function* environments(home: string): Generator<[pid: number, env: Map<string, string>]> {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const variables = readOrEmpty(`/proc/${name}/environ`).split("\0");
    if (!variables.includes(`QUEUECTL_HOME=${home}`)) continue;
    yield [Number(name), new Map(variables.map(splitVariable))];
  }
}

/** Empty when the process is gone meanwhile; so is the environment of a zombie. */
function readOrEmpty(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function splitVariable(variable: string): [name: string, value: string] {
  const equals = variable.indexOf("=");
  return [variable.slice(0, equals), variable.slice(equals + 1)];
}

/** CPU time a process has used so far, all its threads together, in ms. */
export function cpuMs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const TICK_MS = 10; // 1/USER_HZ, which is 100 on every Linux there is
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** A number from `/proc/PID/status`, such as `VmRSS` in KiB. */
export function statusField(pid: number, field: "VmRSS" | "Threads"): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)![1]);
}

/** How many file descriptors a process has open. */
export function openFiles(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}
