/**
 * @module
 * Kinds of jobs whose right end is known beforehand, each of them a way in which a result could get lost.
 */
import type { NewJob, Outcome, State } from "../../src/domain/job.ts";
import { NOTE_END, NOTE_OVERLAP, NOTE_START } from "./ledger.ts";

/** A job, and how it must end. */
export interface Kind {
  /** What it does, as in "a job that …". */
  that: string;
  command: string;
  /** What is special about the job; it is not retried unless this says so. */
  changes?: Partial<NewJob>;
  state: State;
  /** Of the last attempt. */
  exitCode: number | null;
  /** Of the last attempt; null where there is none. */
  outcome: Outcome | null;
  /** How many attempts it takes. */
  attempts: number;
  /** Whether its attempts come to their own end, and note it. */
  ends: boolean;
  /** What the last attempt prints, when that matters. */
  printed?: { stdout: string; stderr: string };
  /** What the last attempt leaves as its result, when that matters. */
  result?: string;
}

const COMPLETED = { state: "completed", exitCode: 0, outcome: "completed", attempts: 1, ends: true } as const;

const START = `${NOTE_OVERLAP}; ${NOTE_START}`;

function dead(exitCode: number): Pick<Kind, "state" | "exitCode" | "outcome" | "attempts" | "ends"> {
  return { state: "dead", exitCode, outcome: "failed", attempts: 1, ends: true };
}

/** Ends at once, or after some seconds. */
export function plain(seconds = 0): Kind {
  const sleep = seconds > 0 ? `sleep ${seconds}; ` : "";
  const that = seconds > 0 ? `sleeps ${seconds.toFixed(1)} s` : "ends at once";
  return { that, ...COMPLETED, command: `${START}; ${sleep}${NOTE_END}` };
}

/** Fails. */
export const FAILS: Kind = { that: "fails", ...dead(3), command: `${START}; sleep 0.1; ${NOTE_END}; exit 3` };

/** Fails, again and again. */
export const KEEPS_FAILING: Kind = {
  that: "keeps failing",
  ...dead(4),
  command: `${START}; ${NOTE_END}; exit 4`,
  changes: { maxRetries: 2 },
  attempts: 3,
};

/** Fails, and works when it is tried again. */
export const WORKS_LATER: Kind = {
  that: "works when it is tried again",
  ...COMPLETED,
  command: `${START}; ${NOTE_END}; [ "$QUEUECTL_ATTEMPT" = 2 ]`,
  changes: { maxRetries: 1 },
  attempts: 2,
};

/** Becomes another program, whose exit code is the job's. */
export const BECOMES_ANOTHER: Kind = {
  that: "becomes another program",
  ...dead(6),
  command: `${START}; exec sh -c 'sleep 0.3; ${NOTE_END}; exit 6'`,
};

/** Does something when the shell exits, and says there what the exit code is. */
export const TRAPS_EXIT: Kind = {
  that: "traps its exit",
  ...dead(7),
  command: `trap '${NOTE_END}; exit 7' EXIT; ${START}; sleep 0.3`,
};

/** Puts itself off, and goes on from its checkpoint. */
export const PUTS_ITSELF_OFF: Kind = {
  that: "puts itself off",
  ...COMPLETED,
  command: `${START}; ${NOTE_END}; if [ -e "$QUEUECTL_CHECKPOINT" ]; ` +
    'then cat "$QUEUECTL_CHECKPOINT"; printf done >"$QUEUECTL_RESULT"; ' +
    'else echo 7 >"$QUEUECTL_CHECKPOINT"; echo \'{"progress": 40, "retry_in": 1}\' >>"$QUEUECTL_SAY"; exit 75; fi',
  attempts: 2,
  printed: { stdout: "7\n", stderr: "" },
  result: "done",
};

/** Prints slowly to both streams. */
export const TALKS: Kind = {
  that: "talks slowly",
  ...COMPLETED,
  command:
    `${START}; for i in 1 2 3 4 5 6 7 8; do echo "out $i"; echo "err $i" >&2; sleep 0.1; done; ${NOTE_END}`,
  printed: { stdout: lines(8, (i) => `out ${i}`), stderr: lines(8, (i) => `err ${i}`) },
};

/** Prints much at once. */
export const SHOUTS: Kind = {
  that: "prints much",
  ...COMPLETED,
  command: `${START}; seq 1 20000; ${NOTE_END}`,
  printed: { stdout: lines(20_000, String), stderr: "" },
};

/** Never runs, since what it needs has not ended as it wants. */
function skipped(changes: Partial<NewJob>): Kind {
  const end = { state: "skipped", exitCode: null, outcome: null, attempts: 0, ends: false } as const;
  return {
    that: "is skipped",
    ...end,
    command: `${START}; ${NOTE_END}`,
    changes: { maxRetries: 0, ...changes },
  };
}

/** Jobs that need each other and so many that are skipped by one of them; the first is enqueued at a position. */
export function needing(at: number, skips = 1): Kind[] {
  const after = (that: string, changes: Partial<NewJob>): Kind => ({ ...plain(), that, changes });
  return [
    WORKS_LATER,
    FAILS,
    after("needs one that works later", { after: [at] }),
    skipped({ after: [at + 1] }),
    after("is for the failure at the end of a chain", { afterFailed: [at + 3] }),
    after("comes after all of them", { afterEnded: [at, at + 1, at + 2, at + 3, at + 4] }),
    after("needs any of two", { after: [at + 1, at + 5], any: true }),
    ...Array.from({ length: skips }, () => skipped({ afterFailed: [at] })),
  ];
}

/** Takes longer than it may. */
export function timesOut(timeoutMs: number): Kind {
  return {
    that: "takes too long",
    command: `${START}; sleep 300; ${NOTE_END}`,
    changes: { timeoutMs },
    state: "dead",
    exitCode: null,
    outcome: "timed_out",
    attempts: 1,
    ends: false,
  };
}

/** Goes on until somebody cancels it. */
export const CANCELLED: Kind = {
  ...timesOut(0),
  that: "is cancelled",
  state: "cancelled",
  outcome: "cancelled",
};

/** Runs until the file `go` is there. */
export const WAITS: Kind = {
  that: "waits for a file",
  ...COMPLETED,
  command: `${START}; until [ -e go ]; do sleep 0.1; done; ${NOTE_END}`,
};

/** Runs until the file `go` is there, and fails. */
export const WAITS_AND_FAILS: Kind = {
  that: "waits for a file and fails",
  ...dead(8),
  command: `${WAITS.command}; exit 8`,
};

function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `${line(i + 1)}\n`).join("");
}
