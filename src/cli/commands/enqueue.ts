/**
 * @module
 * `queuectl enqueue`: one job from JSON, a command, or words; or a file of many.
 */
import { BadInput, StoreUnusable } from "../../domain/errors.ts";
import { isKeyed, type NewJob } from "../../domain/job.ts";
import type { Settings } from "../../domain/settings.ts";
import { type JobDefaults, jobFromValue, readFields } from "../../domain/spec.ts";
import type { Then, thenJobs } from "../../domain/then.ts";
import { whereabouts } from "../../system/environment.ts";
import { quoteWords } from "../../system/shell_words.ts";
import type { Joining, Placed, Store } from "../../store/contract.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { count, text, texts, toggle } from "../line/flags.ts";
import {
  ENV_FLAGS,
  fieldsWithVariables,
  jobFlags,
  type JobFlagValues,
  sayWhen,
  timesAsSaid,
} from "./job_flags.ts";

import type { JoiningFlags } from "./joining.ts";

const ADVICE = "quote the whole command, or put -- before it";

export const command: Target = defineCommand({
  brief: "Queue a job, or a file of jobs",
  description: [
    "COMMAND is text for the shell, or, when it begins with {, a job as JSON. After -- every word is taken as it is.",
    "Flags fill in what the JSON does not say. The id is printed once the job is safely stored.",
    "A file holds JSON objects, one a line, or a JSON array of them, or commands, one a line; blank lines and lines",
    "that begin with # are skipped. Either all of its jobs are queued or, when one is wrong, none.",
    "--each makes a job for each line of a FILE (- is standard input), or, of what has * ? or [ in it, for each file that",
    "matches where the job is to run; ** is any directories. In the command {} is the item, {.} without its extension,",
    "{/} its last name, {/.} that without the extension, {//} its directory, {#} its number; without any, it comes last.",
    "Jobs of a --group belong together: others can wait for it (--after-group), and it has ended when it is sealed and all",
    "its jobs have. What a file, or --each, makes of groups is sealed with it; then only its own jobs add to it.",
    "Of the jobs with a --unique-key, or alike with --unique, one at a time waits or runs. Another one that comes meanwhile",
    "is not queued, and the id is that of the first (skip); or follows it, once, however many come (after); or takes its",
    "place as long as it waits, and else follows it (replace); or is refused (error): --on-conflict says which.",
    "--array makes one for each number; {} stands for it, if it is there. Both make a group, which --group names, and each",
    "job has QUEUECTL_INDEX, QUEUECTL_COUNT and QUEUECTL_ITEM.",
    "--wait returns when the job has ended, retries included, with the exit code of its command: 128 and its number for",
    "a signal, 124 when its time was up, 1 when it was cancelled. --follow prints what the job prints meanwhile, and",
    "its id to standard error. With several jobs it is the code of the first that did not complete. Ctrl-C ends the",
    "waiting, not the job.",
  ].join("\n"),
  examples: [
    ["enqueue 'make report'", "a command"],
    ["enqueue -- cp 'my file' /tmp", "a command by its words"],
    [`enqueue '{"command": "make", "priority": 1, "timeout": "10m"}'`, "a job as JSON"],
    ["enqueue -d 1h -l nightly 'make clean'", "not before an hour from now"],
    ["enqueue --run-at 'tonight at 2' make", "not before then"],
    ["enqueue --after j1 'make report'", "once another job has completed"],
    ["enqueue --stdin letter.txt 'mail -s hello you@example.org'", "with an input that is kept with the job"],
    ["enqueue --file jobs.txt --queue bulk", "many, into one queue"],
    ["enqueue --each '*.wav' -- lame {} {.}.mp3", "one for each file that matches"],
    ["enqueue --each '*.wav' --group album -- lame {}", "the same, as a group"],
    ["enqueue --after-group album 'zip album.zip *.mp3'", "once all of them have completed"],
    [
      "enqueue --array 1-100 --then 'join all' './part $QUEUECTL_INDEX'",
      "a hundred parts, and one job after all of them",
    ],
    ["enqueue --then-failed 'mail -s failed me' make", "another job, should this one fail for good"],
    [
      "enqueue --unique-key report --on-conflict after 'make report'",
      "one at a time, and one more after that",
    ],
    [
      "enqueue --unique-key index --on-conflict replace --delay 10s --at-most-late 2m 'make index'",
      "10 s after the last of many changes, and 2 min after the first at the latest",
    ],
    ["enqueue --id nightly --replace-ended 'make nightly'", "under the same id each night"],
    ["enqueue --follow 'make report'", "run by a worker, as if it ran here"],
  ],
  flags: {
    ...jobFlags(),
    ...ENV_FLAGS,
    file: text("FILE", "many jobs from a file; - is standard input"),
    each: texts("FILE|GLOB", "a job for each line, or each file that matches; may be repeated"),
    array: text("FIRST-LAST[:STEP]", "a job for each number, as one group"),
    mark: text(
      "TEXT",
      "what stands for the item in the command instead of {} and its like; nothing else does then",
    ),
    afterEach: text("GROUP", "each of these jobs comes after one of that group, in the same order"),
    then: text("COMMAND", "another job, once this one, or all of these, have completed"),
    thenFailed: text("COMMAND", "another job, should this one, or one of these, fail for good"),
    thenEnded: text("COMMAND", "another job, once this one, or all of these, have ended, however"),
    maxFailures: count(
      { min: 1, max: 1_000_000 },
      "when so many jobs of its group have failed for good, call off those that wait",
    ),
    reopen: toggle("add to groups that are sealed, too"),
    null: toggle("items of --each are separated by NUL bytes, not by lines"),
    wait: toggle("return when it has ended, with its exit code"),
    follow: toggle("the same, and print what it prints"),
  },
  words: { placeholder: "COMMAND", brief: "the command, or the job as JSON" },
  advice: ADVICE,
  async run(context, flags, words) {
    const follow = flags.follow === true;
    if (follow && context.json) {
      throw new BadInput("Cannot use --json with --follow: use --wait, then logs --json");
    }
    requireOneReader(flags);
    if (flags.null === true && flags.each === undefined) {
      throw new BadInput("Cannot use --null without --each: it says how items are separated");
    }
    if (flags.mark !== undefined && flags.each === undefined && flags.array === undefined) {
      throw new BadInput("Cannot use --mark without --each or --array: it says what stands for an item");
    }
    const { stdin, each } = flags as JobFlagValues;
    const typed: Typed = {
      joining: flags,
      then: flags,
      fields: await fieldsWithVariables(context, flags),
      stdin: typeof stdin === "string" ? await stdinOf(stdin) : undefined,
      words,
    };
    if (Array.isArray(each) && flags.array !== undefined) {
      throw new BadInput("Cannot use --array with --each: each says what to make jobs for");
    }
    if (flags.afterEach !== undefined && flags.array === undefined && !Array.isArray(each)) {
      throw new BadInput("Cannot use --after-each without --array or --each: it is for as many jobs");
    }
    const attends = follow || flags.wait === true;
    if (attends) await (await import("./attend.ts")).requireReadable(context);
    const queued = Array.isArray(each) || flags.array !== undefined
      ? await enqueueForEach(context, {
        ...typed,
        items: Array.isArray(each) ? { sources: each, byNul: flags.null === true } : { array: flags.array! },
        mark: flags.mark,
        afterEach: flags.afterEach,
        file: flags.file,
      })
      : typeof flags.file === "string"
      ? await enqueueFile(context, { ...typed, path: flags.file })
      : await enqueueTyped(context, typed);
    if (follow && !queued.many) context.print.note(queued.ids[0]!);
    else if (!follow && !(attends && context.json)) await printIds(context, queued);
    if (queued.inWords && !queued.placed) {
      await sayWhen(context, queued.jobs[0]?.runAt ?? null, context.clock.now());
    }
    await sayUnlessServed(context, queued);
    if (!attends) return;
    const { attend } = await import("./attend.ts");
    return await attend(context, { ids: queued.ids, follow });
  },
});

/** Jobs that are safely stored. */
interface Queued {
  ids: readonly string[];
  /** Of those that come after them. */
  then?: readonly string[];
  /** What has become of them, where some have keys. */
  placed?: readonly Placed[];
  /** The group that was made of them. */
  group?: string;
  jobs: readonly NewJob[];
  /** They come from a file, or are one for each of many. */
  many: boolean;
  /** When they may start was said in words. */
  inWords: boolean;
  /** The lease of workers, as it is set. */
  leaseMs: number;
}

/** What was typed: flags as fields, and words. */
interface Typed {
  /** What is to come after them. */
  then: Then;
  /** What is said of groups. */
  joining: JoiningFlags;
  fields: Record<string, unknown>;
  /** What each job is to read. */
  stdin: Uint8Array | undefined;
  words: readonly string[];
}

/** Standard input is gone once it was read. */
function requireOneReader({ file, each, stdin, envFile }: JobFlagValues): void {
  const readers = Object.entries({ "--file": file, "--each": each, "--stdin": stdin, "--env-file": envFile })
    .flatMap(([flag, value]) => [value].flat().filter((one) => one === "-").map(() => flag));
  if (readers.length < 2) return;
  throw new BadInput(
    `Cannot use - for both ${readers.slice(0, 2).join(" and ")}: standard input can be read once`,
  );
}

async function stdinOf(path: string): Promise<Uint8Array> {
  const { readStdin } = await import("./enqueue_stdin.ts");
  return await readStdin(path);
}

async function enqueueTyped(context: Context, said: Typed): Promise<Queued> {
  const { fields, words } = said;
  if (words.length === 0 && !("command" in fields)) {
    throw new BadInput("Missing COMMAND: give a command, a job as JSON, or --file FILE");
  }
  if (words.length > 0 && "command" in fields) {
    throw new BadInput("Cannot take two commands: give one as text or with --command");
  }
  const typed = words.length > 0 ? await fieldsOfWords(said, context.literal) : {};
  const defaults = await defaultsFor(context, said, (typed as { run_at?: unknown } | null)?.run_at);
  const job = jobFromValue(typed, defaults);
  const store = await context.store({ reserve: false });
  const { now, idFormat, leaseMs } = defaults;
  const joining = await joiningFor(said.joining, job);
  const jobs = [job, ...(await makerOfThen(said.then))(said.then, defaults, 0)];
  await requireFit(store, jobs, now);
  const options = { now, idFormat, ...joining && { joining } };
  const placed = isKeyed(job) ? await store.enqueueUnique(jobs, options) : undefined;
  const all = placed ? placed.map(({ id }) => id) : await store.enqueue(jobs, options);
  const [ids, then] = [all.slice(0, 1), all.slice(1)];
  return {
    ids,
    then,
    jobs,
    ...placed && { placed: placed.slice(0, 1) },
    many: false,
    inWords: defaults.readTime !== undefined,
    leaseMs,
  };
}

/** Refuses what could never start; nothing is loaded where nothing takes anything. */
async function requireFit(store: Store, jobs: readonly NewJob[], now: number): Promise<void> {
  if (jobs.every(({ takes, slots }) => takes === null && slots === null)) return;
  await (await import("../../views/shortages.ts")).checkFits(store, jobs, now);
}

/** Makes the jobs that come after; nothing is loaded where there are none. */
async function makerOfThen(said: Then): Promise<typeof thenJobs> {
  const { then, thenFailed, thenEnded } = said;
  if (then === undefined && thenFailed === undefined && thenEnded === undefined) return () => [];
  return (await import("../../domain/then.ts")).thenJobs;
}

/** What the flags say of the job's group; nothing is loaded where nothing is said, and it joins none. */
async function joiningFor(
  { maxFailures, reopen }: JoiningFlags,
  job: NewJob,
): Promise<Joining | undefined> {
  if (maxFailures === undefined && !reopen && job.group === null) return undefined;
  return (await import("./joining.ts")).joiningOf({ maxFailures, reopen }, [job]);
}

/** What the words say of the job: a command by its words, a command as text, or JSON. */
async function fieldsOfWords({ words, fields }: Typed, literal: readonly string[] = []): Promise<unknown> {
  const [first, second] = words;
  // a first word that is blank is no name of a program, quoted or not
  if (literal.length === words.length) return { command: first!.trim() === "" ? "" : quoteWords(words) };
  if (first === "-") throw new BadInput("Cannot take - for a command: jobs from standard input are --file -");
  if (first!.startsWith("-")) {
    throw new BadInput(
      /\s/.test(first!)
        ? `Unknown flag "${first}": for a command that begins with -, use --command`
        : `Unknown flag ${first}; --help shows what it takes`,
    );
  }
  if (words.includes(":::")) {
    throw new BadInput(
      'Cannot take items after ":::": --each takes them from a file, a pattern or, as -, standard input',
    );
  }
  if (second !== undefined) {
    const advice = fields.unique ? "--unique takes no key, --unique-key does" : ADVICE;
    throw new BadInput(`Unexpected word "${second}" after "${first}": ${advice}`);
  }
  const text = first!.trimStart();
  if (text.startsWith("{")) {
    const { parseJson } = await import("../../domain/json_fault.ts");
    return parseJson(text, () => "; for a command that begins with {, use --command");
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

/** With all settings; `runAt` is what the job itself says. */
async function defaultsFor(
  context: Context,
  { fields, stdin }: Typed,
  runAt?: unknown,
): Promise<JobDefaults & Settings> {
  const now = context.clock.now();
  const surroundings = { now, ...whereabouts(), ...await timesAsSaid(now, fields.run_at, runAt) };
  const given = { ...readFields(fields, surroundings), ...(stdin && { stdin }) };
  await context.store({ reserve: false });
  return { ...await context.settings(), ...surroundings, given };
}

async function enqueueFile(
  context: Context,
  { path, ...said }: Typed & { path: string },
): Promise<Queued> {
  const { fields, words, then: { then, thenFailed, thenEnded } } = said;
  if (then !== undefined || thenFailed !== undefined || thenEnded !== undefined) {
    throw new BadInput("Cannot use --then with --file: the file says what comes after what");
  }
  if (words.length > 0 || "command" in fields || "id" in fields) {
    throw new BadInput("Cannot use --file with a command or an id: the file says them");
  }
  const defaults = await defaultsFor(context, said);
  const { enqueueBulk } = await import("./enqueue_bulk.ts");
  const stored = await enqueueBulk(context, { path, defaults, joining: said.joining });
  return { ...stored, many: true, inWords: defaults.readTime !== undefined, leaseMs: defaults.leaseMs };
}

/** `--each` or `--array`, and what was typed besides it. */
interface ForEach extends Typed {
  items: { sources: readonly string[]; byNul: boolean } | { array: string };
  /** What stands for the item. */
  mark: string | undefined;
  afterEach: string | undefined;
  file: unknown;
}

async function enqueueForEach(
  context: Context,
  { items, mark, afterEach, ...said }: ForEach,
): Promise<Queued> {
  const [{ enqueueEach, templateOf }, { readArray }] = await Promise.all([
    import("./enqueue_each.ts"),
    import("../../domain/array.ts"),
  ]);
  const template = templateOf({ ...said, literal: context.literal, advice: ADVICE });
  const { command: _, ...fields } = said.fields;
  const defaults = await defaultsFor(context, { ...said, fields });
  const thenJobs = await makerOfThen(said.then);
  const stored = await enqueueEach(context, {
    items: "array" in items ? { array: readArray(items.array, "--array") } : items,
    template,
    mark,
    defaults,
    joining: said.joining,
    afterEach,
    then: (group) => thenJobs(said.then, defaults, { group }),
  });
  return {
    ...stored,
    many: true,
    inWords: defaults.readTime !== undefined,
    leaseMs: defaults.leaseMs,
  };
}

/** One a line; of a file, a terminal gets their number instead. */
async function printIds(context: Context, { ids, then = [], placed, group, many }: Queued): Promise<void> {
  const keyed = placed && await import("./enqueue_keyed.ts");
  if (placed) keyed!.hintPlaced(context, placed);
  if (group !== undefined) context.print.hint(`Group ${group}`);
  if (then.length > 0) context.print.hint(`Then ${then.join(", ")}`);
  if (!context.json) {
    if (many && Deno.stdout.isTerminal()) context.print.hint(`Queued ${ids.length} jobs`);
    else if (ids.length > 0) context.print.line(ids.join("\n"));
  } else if (many) {
    const created = placed && keyed!.createdJson(placed, { many });
    const more = { ...created, ...group !== undefined && { group }, ...then.length > 0 && { then } };
    context.print.result({ ids, ...more }, () => "");
  } else {
    const { jobJson } = await import("../../views/job_json.ts");
    const [id] = ids;
    // it is stored, also where who may enqueue may not read it
    const stored = await (await context.store()).get(id!).catch((error) => {
      if (!(error instanceof StoreUnusable)) throw error;
    });
    const created = placed ? keyed!.createdJson(placed, { many }) : { created: true };
    context.print.result(
      { ...(stored ? jobJson(stored) : { id }), ...created, ...then.length > 0 && { then } },
      () => "",
    );
  }
}

/**
 * Says once where nobody takes some of the jobs. A worker whose lease has not been renewed for half of its time is
 * looked at more closely. The jobs are stored: nothing fails here.
 */
async function sayUnlessServed(context: Context, { jobs, leaseMs }: Queued): Promise<void> {
  if (!context.print.hints) return;
  try {
    const store = await context.store();
    const queues = new Set<string>();
    let take = false;
    for (const job of jobs) {
      take ||= job.takes !== null;
      if (!job.held) queues.add(job.queue);
    }
    if (take) await sayUnknownNeeds(context, store, jobs);
    const beyond = context.clock.now() + leaseMs / 2;
    const found = new Set<string>();
    for (const queue of queues) {
      const service = await store.service(queue, beyond);
      if (service === "served") queues.delete(queue);
      else found.add(service);
    }
    if (queues.size === 0) return;
    // which is what is said most often, and takes nothing more to be known
    if (!found.has("unclear")) {
      return context.print.hint(
        `No worker is running: start one with ${context.lineOf(["worker", "start"])}`,
      );
    }
    const { sayWhyQueuesStand } = await import("./say_standstill.ts");
    await sayWhyQueuesStand(context, queues);
  } catch {
    // There is no hint, then.
  }
}

/** Says what jobs need that nobody has. */
async function sayUnknownNeeds(context: Context, store: Store, jobs: readonly NewJob[]): Promise<void> {
  const { unknownNames } = await import("../../views/shortages.ts");
  const unknown = await unknownNames(store, jobs, context.clock.now());
  for (const name of unknown) {
    const how = [["limit", "set", name], ["worker", "start", "--has", name]].map((words) =>
      context.lineOf(words)
    );
    context.print.hint(`No worker has "${name}", and there is no limit of that name: ${how.join(", or ")}`);
  }
}
