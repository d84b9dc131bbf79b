/**
 * @module
 * The processes of a Windows machine: reading the list of them, and choosing from it. Pure.
 *
 * Others cannot see a process's environment there. So a run is told by its mark in the command line of its first
 * process, and its tree is that with its descendants. What has lost its parent is not found.
 */
import type { Found, Tree } from "../platform.ts";
import { MARK, markOfPath } from "./launch.ts";

export interface Process {
  id: number;
  /** The pid of who started it; that may be gone, and the pid another's. */
  parent: number;
  /** Its command line; null where it may not be seen. */
  line: string | null;
  /** When it began, in ms since the epoch; null where the system does not say. */
  started: number | null;
}

export interface Processes {
  /** The moment, in ms since the epoch. */
  now: number;
  /** In no order. */
  processes: readonly Process[];
}

/** Prints `Processes` as JSON. */
export const LIST: string =
  "$list=@(Get-CimInstance Win32_Process -Property ProcessId,ParentProcessId,CommandLine,CreationDate |" +
  " ForEach-Object { $started=$null;" +
  " if ($_.CreationDate) { $started=([DateTimeOffset]$_.CreationDate).ToUnixTimeMilliseconds() };" +
  " @{ id=$_.ProcessId; parent=$_.ParentProcessId; line=$_.CommandLine; started=$started } });" +
  " @{ now=[DateTimeOffset]::UtcNow.ToUnixTimeMilliseconds(); processes=$list } | ConvertTo-Json -Compress -Depth 3";

/** What `LIST` printed; undefined when it failed. */
export function readProcesses(printed: string): Processes | undefined {
  try {
    const { now, processes } = JSON.parse(printed.replace(/^\ufeff/, ""));
    return Array.isArray(processes) && processes.length > 0 ? { now, processes } : undefined;
  } catch {
    return undefined;
  }
}

/** The first processes of runs, by mark: a token or a whole spool. */
export function runsAmong({ now, processes }: Processes, marks: readonly string[]): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const mark of marks) {
    const sign = /[\\/]/.test(mark) ? `${MARK}${markOfPath(mark)}.` : `.${mark}&`;
    const first = processes.find(({ line }) => line?.includes(MARK) && line.includes(sign));
    if (first) found.set(mark, { group: first.id, ageMs: Math.max(0, now - (first.started ?? now)) });
  }
  return found;
}

/** The pids of a run's processes, each before those that it started. */
export function treeAmong(list: Processes, { token, root }: Tree): number[] {
  const first = runsAmong(list, [token]).get(token)?.group ?? root;
  return first === null ? [] : withDescendants(list, first);
}

/** The pids of a process and its descendants, each before those that it started; none when it is not there. */
export function withDescendants({ processes }: Processes, pid: number): number[] {
  const tree = processes.filter(({ id }) => id === pid);
  // Grows while it is walked.
  for (const one of tree) {
    tree.push(...processes.filter((other) => isChild(other, one) && !tree.includes(other)));
  }
  return tree.map(({ id }) => id);
}

/** Nobody is older than its parent: then the parent's pid was another's before. */
function isChild(process: Process, parent: Process): boolean {
  return process.parent === parent.id && (process.started ?? Infinity) >= (parent.started ?? 0);
}

/** The arguments of `taskkill` that end processes and all their descendants at once. */
export function killArguments(pids: readonly number[]): string[] {
  return ["/T", "/F", ...pids.flatMap((pid) => ["/PID", String(pid)])];
}
