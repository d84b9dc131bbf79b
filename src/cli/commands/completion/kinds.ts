/**
 * @module
 * What of a store can be completed where. Pure.
 */
import { ENDED, type State, WAITING } from "../../../domain/job.ts";

/** Jobs that make sense for a command: those in some states, or held. */
export interface JobKind {
  states: readonly State[];
  held?: boolean;
}

/** Jobs by the name that the completion scripts ask for. */
export const JOB_KINDS: Readonly<Record<string, JobKind>> = {
  jobs: { states: [...WAITING, "processing", ...ENDED] },
  alive: { states: [...WAITING, "processing"] },
  waiting: { states: WAITING },
  unheld: { states: WAITING, held: false },
  held: { states: WAITING, held: true },
  failed: { states: ["failed", "dead"] },
  idle: { states: [...WAITING, ...ENDED] },
  dead: { states: ["dead"] },
};

/** By the place on the command line, `" cancel"`; elsewhere, an id may be that of any job. */
const OF_COMMANDS: Readonly<Record<string, keyof typeof JOB_KINDS>> = {
  " wait": "alive",
  " cancel": "alive",
  " retry": "failed",
  " delete": "idle",
  " edit": "waiting",
  " hold": "unheld",
  " release": "held",
  " pause": "alive",
  " resume": "alive",
  " dlq retry": "dead",
  " dlq delete": "dead",
};

/** By what stands for a value in help. */
const OF_PLACEHOLDERS: Readonly<Record<string, string>> = {
  QUEUE: "queues",
  "Q,…": "queues",
  LABEL: "labels",
  GROUP: "groups",
  "G[,G]": "groups",
  LIMIT: "limits",
  "NAME[=N]": "units",
  SCHEDULE: "schedules",
  "SCHEDULE EXPRESSION COMMAND": "schedules",
  W: "workers",
  HOST: "hosts",
};

/** What the store is asked for where words of a command are typed; undefined where it knows nothing. */
export function kindOfWords(at: string, placeholder: string | undefined): string | undefined {
  return placeholder === "ID" ? OF_COMMANDS[at] ?? "jobs" : kindOfValue(placeholder);
}

/** The same for the value of a flag. */
export function kindOfValue(placeholder: string | undefined): string | undefined {
  return placeholder === undefined ? undefined : OF_PLACEHOLDERS[placeholder];
}
