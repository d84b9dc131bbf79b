/**
 * @module
 * Whose fault it is that a command did not start: its job's, which fails its attempt, or the worker's surroundings' -
 * no more files, processes or memory, no room for a spool. That is no job's fault: what never began is given back. Pure.
 */

import { type Limits, WHY_REFUSED } from "../process/limits.ts";

/** Why a command did not begin. */
export interface Blame {
  /** The job failed; otherwise it is given back. */
  job: boolean;
  reason: string;
}

export interface Wanted {
  /** As in `Launch`. */
  cwd: string | null;
  /** As in `Launch`. */
  shell: string;
  /** As in `Launch`. */
  limits?: Limits;
}

/** What the system says of things that the job asked for, and what it means. Anything else is not the job's fault. */
const OF_JOB: readonly (readonly [RegExp, (wanted: Wanted) => string])[] = [
  [/No such cwd/, ({ cwd }) => `the directory "${cwd}" is gone`],
  [/cwd is not a directory|\(os error 20\)/, ({ cwd }) => `"${cwd}" is not a directory`],
  [/failed resolving cwd/, () => "it names no directory, and the worker's own is gone"],
  [/\(os error 7\)/, () => "its command and its environment are together more than the system takes"],
];

/** A shell could not be started at all. */
export function blameForError(error: unknown, wanted: Wanted): Blame {
  const message = sayError(error);
  const known = OF_JOB.find(([pattern]) => pattern.test(message));
  if (known) return { job: true, reason: known[1](wanted) };
  if (/\(os error 13\)/.test(message) && wanted.cwd !== null) {
    return { job: true, reason: `the directory "${wanted.cwd}" cannot be entered by this user` };
  }
  // What the system did not say is about what was asked for.
  if (!(error instanceof Error && "code" in error)) return { job: true, reason: message };
  const why = /: ([^:]*) \(os error \d+\)/.exec(message)?.[1];
  return { job: false, reason: why ? why.toLowerCase() : message };
}

/** What shells exit with when they cannot fork, or cannot open a file. */
const NO_FORK = [2, 254];
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/**
 * A shell ended with a code before it came to the command. `spooled`: it had made the first file of its spool, which
 * comes before anything else.
 */
export function blameForExit(code: number, { shell, limits, spooled }: Wanted & { spooled: boolean }): Blame {
  if (!spooled) return { job: false, reason: "its spool cannot be written" };
  const refused = limits && WHY_REFUSED.get(code);
  if (refused !== undefined) return { job: true, reason: refused };
  if (code === NOT_FOUND) return { job: true, reason: `the shell "${shell}" is gone` };
  if (code === NOT_EXECUTABLE) {
    return { job: true, reason: `the shell "${shell}" cannot be executed with this command and environment` };
  }
  if (NO_FORK.includes(code)) {
    return { job: false, reason: "a shell found no room for another process or file" };
  }
  return {
    job: true,
    reason: `the shell "${shell}" ended with exit code ${code} before it came to the command`,
  };
}

/** A shell was killed before it made the first file of its spool: by a signal to the worker's group, for example. */
export function blameForSignal(signal: string): Blame {
  return { job: false, reason: `a shell was killed by ${signal} before it came to the command` };
}

/** Whether something failed for want of what others may give back soon: files, processes, memory, room on the disk. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error && "code" in error)) return false;
  return ["EMFILE", "ENFILE", "EAGAIN", "ENOMEM", "ENOSPC", "EDQUOT"].includes(String(error.code));
}

/** What an error says. */
export function sayError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
