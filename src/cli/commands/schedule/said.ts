/**
 * @module
 * What the flags and words of `schedule add` and `schedule set` say of a schedule.
 */
import { BadInput } from "../../../domain/errors.ts";
import { MISSED } from "../../../domain/schedule/coming.ts";
import {
  OVERLAPS,
  readScheduleFields,
  SCHEDULED_FIELDS,
  type ScheduleSpec,
} from "../../../domain/schedule/spec.ts";
import type { Settings } from "../../../domain/settings.ts";
import type { JobDefaults } from "../../../domain/spec.ts";
import { whereabouts } from "../../../system/environment.ts";
import { quoteWords } from "../../../system/shell_words.ts";
import type { Context } from "../../line/context.ts";
import { choice, text } from "../../line/flags.ts";
import { ENV_FLAGS, fieldsWithVariables, jobFlags, type JobFlagValues } from "../job_flags.ts";

export const SCHEDULE_FLAGS = {
  tz: text("ZONE", "by the clock of this zone, such as Europe/Berlin (default: the zone of this machine)"),
  missed: choice(MISSED, "what becomes of runs that nobody was there for (default: once)"),
  overlap: choice(OVERLAPS, "what to do while a run has not ended (default: skip; with --missed all, queue)"),
  jitter: text("DURATION", "each run comes later by up to so much"),
  ...jobFlags(SCHEDULED_FIELDS),
  ...ENV_FLAGS,
};

/** What else decides what is said. */
export interface Words {
  expression: string | undefined;
  /** As one text for the shell. */
  command: string | undefined;
}

const ADVICE = "quote the expression, and put -- before the command";

/** `NAME EXPRESSION [-- COMMAND]`, or with the command as one text. */
export function wordsOf(context: Context, words: readonly string[]): Words {
  const { literal } = context;
  const before = literal ? words.slice(1, words.length - literal.length) : words.slice(1, 2);
  const after = literal ? [] : words.slice(2);
  if (after.length > 1) throw new BadInput(`Unexpected word "${after[1]}": ${ADVICE}`);
  return {
    expression: before.length === 0 ? undefined : before.join(" "),
    command: literal && literal.length > 0 ? quoteWords(literal) : after[0],
  };
}

/** The defaults by which jobs are read here and now. */
export async function defaultsHere(context: Context): Promise<JobDefaults & Settings> {
  await context.store({ reserve: false });
  return { ...await context.settings(), ...whereabouts(), now: context.clock.now() };
}

/** What is said of the job, in the form of JSON. */
export async function jobSaid(
  context: Context,
  flags: JobFlagValues,
  { command }: Words,
): Promise<Record<string, unknown>> {
  const fields = await fieldsWithVariables(context, flags);
  if (command !== undefined && "command" in fields) {
    throw new BadInput("Cannot take two commands: give one as text or with --command");
  }
  return {
    ...fields,
    ...command !== undefined && { command },
    ...typeof flags.stdin === "string" && await stdinSaid(flags.stdin),
  };
}

async function stdinSaid(path: string): Promise<Record<string, string>> {
  const { readStdin } = await import("../enqueue_stdin.ts");
  const bytes = await readStdin(path);
  try {
    return { stdin: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { stdin_base64: bytes.toBase64() };
  }
}

/** What is said of the schedule itself, in the form of JSON. */
export function timingSaid(flags: JobFlagValues, { expression }: Words): Record<string, unknown> {
  const { tz, missed, overlap, jitter } = flags;
  return {
    ...expression !== undefined && { expression },
    ...tz !== undefined && { tz },
    ...missed !== undefined && { missed },
    ...overlap !== undefined && { overlap },
    ...jitter !== undefined && { jitter },
  };
}

/** Read, and with what is wrong named. */
export function readSaid(values: Record<string, unknown>, defaults: JobDefaults): Partial<ScheduleSpec> {
  return readScheduleFields(values, defaults);
}
