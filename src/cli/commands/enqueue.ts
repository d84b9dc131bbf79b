/**
 * @module
 * `queuectl enqueue`: one job from JSON, a command, or words; or a file of many.
 */
import { BadInput } from "../../domain/errors.ts";
import type { NewJob } from "../../domain/job.ts";
import { type JobDefaults, jobFromValue, readFields } from "../../domain/spec.ts";
import { whereabouts } from "../../system/environment.ts";
import { quoteWords } from "../../system/shell_words.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { text } from "../line/flags.ts";
import { fieldsFromFlags, fieldTexts, jobFlags } from "./job_flags.ts";

const ADVICE = "quote the whole command, or put -- before it";

export const command: Target = defineCommand({
  brief: "Queue a job, or a file of jobs",
  description: [
    "COMMAND is text for the shell, or, when it begins with {, a job as JSON. After -- every word is taken as it is.",
    "Flags fill in what the JSON does not say. The id is printed once the job is safely stored.",
    "A file holds JSON objects, one a line, or a JSON array of them, or commands, one a line; blank lines and lines",
    "that begin with # are skipped. Either all of its jobs are queued or, when one is wrong, none.",
  ].join("\n"),
  examples: [
    ["enqueue 'make report'", "a command"],
    ["enqueue -- cp 'my file' /tmp", "a command by its words"],
    [`enqueue '{"command": "make", "priority": 1, "timeout": "10m"}'`, "a job as JSON"],
    ["enqueue --delay 1h --label nightly 'make clean'", "not before an hour from now"],
    ["enqueue --file jobs.txt --queue bulk", "many, into one queue"],
  ],
  flags: { ...jobFlags(), file: text("FILE", "many jobs from a file; - is standard input") },
  words: { placeholder: "COMMAND", brief: "the command, or the job as JSON" },
  advice: ADVICE,
  async run(context, flags, words) {
    const fields = fieldsFromFlags(fieldTexts(flags));
    if (typeof flags.file === "string") {
      return await enqueueFile(context, { path: flags.file, fields, words });
    }
    if (words.length === 0 && !("command" in fields)) {
      throw new BadInput("Missing COMMAND: give a command, a job as JSON, or --file FILE");
    }
    if (words.length > 0 && "command" in fields) {
      throw new BadInput("Cannot take two commands: give one as text or with --command");
    }
    const typed = words.length > 0 ? await fieldsOfWords(words, context.literal) : {};
    const defaults = await defaultsFor(context, fields);
    await enqueueOne(context, { job: jobFromValue(typed, defaults), now: defaults.now });
  },
});

/** What the words say of the job: a command by its words, a command as text, or JSON. */
async function fieldsOfWords(words: readonly string[], literal: readonly string[] = []): Promise<unknown> {
  const [first, second] = words;
  if (literal.length === words.length) return { command: quoteWords(words) };
  if (first!.startsWith("-")) throw new BadInput(`Unknown flag ${first}: ${ADVICE}`);
  if (second !== undefined) throw new BadInput(`Unexpected word "${second}" after "${first}": ${ADVICE}`);
  const text = first!.trimStart();
  if (text.startsWith("{")) {
    const { parseJson } = await import("../../domain/json_fault.ts");
    return parseJson(text, "; for a command that begins with {, use --command");
  }
  // A shell command may begin with [, but not one that is JSON as a whole.
  if (text.startsWith("[") && isJson(text)) return JSON.parse(text);
  return { command: first };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function defaultsFor(context: Context, fields: Record<string, unknown>): Promise<JobDefaults> {
  const surroundings = { now: context.clock.now(), ...whereabouts() };
  const given = readFields(fields, surroundings);
  await context.store({ reserve: false });
  return { ...await context.settings(), ...surroundings, given };
}

async function enqueueOne(context: Context, { job, now }: { job: NewJob; now: number }): Promise<void> {
  const store = await context.store({ reserve: false });
  const { idFormat, leaseMs } = await context.settings();
  const [id] = await store.enqueue([job], { now, idFormat });
  if (!context.json) {
    context.print.line(id!);
    if (!job.held) await sayUnlessServed(context, { queue: job.queue, beyond: now + leaseMs / 2 });
    return;
  }
  const { jobJson } = await import("../../views/job_json.ts");
  const stored = await store.get(id!);
  context.print.line(JSON.stringify(stored && jobJson(stored), null, 2));
}

/**
 * Says so where nobody takes jobs of the queue. A worker whose lease has not been renewed for half of its time is
 * looked at more closely. The job is stored: nothing fails here.
 */
async function sayUnlessServed(
  context: Context,
  { queue, beyond }: { queue: string; beyond: number },
): Promise<void> {
  if (!context.print.hints) return;
  try {
    const service = await (await context.store()).service(queue, beyond);
    if (service === "served") return;
    // which is what is said most often, and takes nothing more to be known
    if (service === "nobody") {
      return context.print.hint(
        `No worker is running: start one with ${context.lineOf(["worker", "start"])}`,
      );
    }
    const { sayWhyQueuesStand } = await import("./say_standstill.ts");
    await sayWhyQueuesStand(context, [queue]);
  } catch {
    // There is no hint, then.
  }
}

/** `--file` and what was typed besides it. */
interface FileRequest {
  path: string;
  fields: Record<string, unknown>;
  words: readonly string[];
}

async function enqueueFile(context: Context, { path, fields, words }: FileRequest): Promise<void> {
  if (words.length > 0 || "command" in fields || "id" in fields) {
    throw new BadInput("Cannot use --file with a command or an id: the file says them");
  }
  const defaults = await defaultsFor(context, fields);
  const { enqueueBulk } = await import("./enqueue_bulk.ts");
  await enqueueBulk(context, { path, defaults });
}
