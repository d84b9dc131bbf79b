/**
 * @module
 * Crontabs, of users and of the system, to schedules that run as cron would have run them. Pure. Invariant: what cannot be
 * taken as it is meant is refused, with its line; nothing is left out in silence but comments.
 */
import { inPlace } from "../bulk.ts";
import { BadInput, UserError } from "../errors.ts";
import { type JobDefaults, quote } from "../spec.ts";
import { completeSchedule, readScheduleFields, type ScheduleSpec } from "./spec.ts";

/** How a crontab is read. */
export interface CrontabOptions {
  /** Named where something is wrong. */
  source: string;
  /** Each line names a user before its command. */
  system: boolean;
  /** Only the lines of this user; else all have to be of one. */
  user?: string | undefined;
  /** Goes before each name. */
  prefix: string;
  /** Where `CRON_TZ` names none. */
  zone: string;
  /** Where jobs run unless `HOME` says otherwise; cron's own would be the user's home. */
  home: string | null;
  /** Of the schedule, in the form of JSON, over what cron does. */
  timing: Readonly<Record<string, unknown>>;
  /** Of each job, in the form of JSON. */
  job: Readonly<Record<string, unknown>>;
  /** By which jobs are read. */
  defaults: JobDefaults;
  /** Words as a shell takes them. */
  quoteWords(words: readonly string[]): string;
}

/** The schedules of a crontab. */
export interface Crontab {
  /** In the order of the lines. */
  schedules: ScheduleSpec[];
  /** What is to be said of them, in a sentence each. */
  notes: string[];
}

/** Cron runs whatever else runs, makes up for nothing, and tries once. */
const AS_CRON = { timing: { missed: "skip", overlap: "allow" }, job: { max_retries: 0 } };

/** What is said for the lines that follow. */
interface Setting {
  zone: string;
  shell: string;
  home: string | null;
  delayMinutes: number;
  env: Record<string, string>;
}

/** Reads a crontab. @throws {BadInput} for the first line that cannot be taken */
export function readCrontab(text: string, options: CrontabOptions): Crontab {
  const { source, zone, home, user } = options;
  const setting: Setting = { zone, shell: "/bin/sh", home, delayMinutes: 0, env: {} };
  const found: Crontab = { schedules: [], notes: [] };
  const names = new Set<string>();
  const users = new Set<string>();
  for (const [n, raw] of text.replace(/^\ufeff/, "").split("\n").entries()) {
    const line = raw.replace(/\r$/, "").trim();
    if (line === "" || line.startsWith("#")) continue;
    try {
      const variable = /^([A-Za-z_]\w*|"[^"]+"|'[^']+')\s*=\s*(.*)$/.exec(line);
      if (variable) set(setting, unquoted(variable[1]!), unquoted(variable[2]!));
      else {
        const entry = entryOf(line, options);
        if (entry.user !== undefined) {
          if (user !== undefined && entry.user !== user) continue;
          users.add(entry.user);
          if (users.size > 1) throw severalUsers(users);
        }
        found.schedules.push(scheduleOf(entry, setting, { ...options, names }));
      }
    } catch (error) {
      throw error instanceof UserError ? inPlace(error, { source, place: `line ${n + 1}` }) : error;
    }
  }
  if (users.size > 0) {
    found.notes.push(
      `They run as whoever runs the worker, not as ${[...users].join()} unless that is the same`,
    );
  }
  if (setting.env.MAILTO) found.notes.push("No mail is sent: what they print is kept, see queuectl logs");
  return found;
}

function severalUsers(users: ReadonlySet<string>): BadInput {
  const [first, second] = [...users];
  return new BadInput(
    `Cannot run some lines as ${first} and some as ${second}: a worker runs all as one; choose with --for-user NAME`,
  );
}

function set(setting: Setting, name: string, value: string): void {
  switch (name) {
    case "CRON_TZ":
      setting.zone = value;
      return;
    case "SHELL":
      setting.shell = value;
      return;
    case "HOME":
      setting.home = value;
      return;
    case "RANDOM_DELAY":
      if (!/^\d{1,4}$/.test(value)) {
        throw new BadInput(`Cannot use RANDOM_DELAY ${quote(value)}: it takes a number of minutes`);
      }
      setting.delayMinutes = Number(value);
      return;
    case "START_HOURS_RANGE":
      throw new BadInput("Cannot use START_HOURS_RANGE: anacron's tables are not taken");
    default:
      setting.env = { ...setting.env, [name]: value };
  }
}

/** Within one pair of quotes, spaces at the ends belong to it. */
function unquoted(text: string): string {
  const trimmed = text.trim();
  const [, inner] = /^(["'])(.*)\1$/.exec(trimmed)?.slice(1) ?? [];
  return inner ?? trimmed;
}

/** A line with a command. */
interface Entry {
  expression: string;
  user: string | undefined;
  /** With its `%` as they stand. */
  command: string;
}

const FIELDS = String.raw`(?:\S+\s+){4}\S+`;

function entryOf(line: string, { system }: CrontabOptions): Entry {
  // a dash before it keeps some crons from logging it
  const said = line.replace(/^-(?=[\d*@])/, "");
  const [, fields, rest] =
    new RegExp(said.startsWith("@") ? String.raw`^(\S+)\s*(.*)$` : `^(${FIELDS})\\s*(.*)$`)
      .exec(said) ?? [];
  if (fields === undefined) {
    throw new BadInput(
      `Cannot read ${quote(line)}: it takes five fields, or a word such as @daily, and a command`,
    );
  }
  const [, user, command] = (system ? /^(\S+)\s+(.*)$/ : /^()(.*)$/).exec(rest!) ?? [];
  if (command === undefined || command.trim() === "") {
    throw new BadInput(
      system
        ? `Cannot read ${quote(line)}: it takes the name of a user and a command after when it comes`
        : `Cannot read ${quote(line)}: there is no command`,
    );
  }
  return { expression: expressionOf(fields), user: system ? user : undefined, command };
}

/** As cron means it: a day field with a star at its beginning does not widen what the other one says. */
function expressionOf(fields: string): string {
  if (fields.startsWith("@")) return fields.toLowerCase() === "@every_minute" ? "* * * * *" : fields;
  const [minute, hour, day, month, weekday] = fields.split(/\s+/) as [string, string, string, string, string];
  const both = day !== "*" && weekday !== "*" && (day.startsWith("*") || weekday.startsWith("*"));
  return [minute, hour, day, month, both ? `+${weekday}` : weekday].join(" ");
}

function scheduleOf(
  { expression, command: said }: Entry,
  { zone, shell, home, delayMinutes, env }: Setting,
  options: CrontabOptions & { names: Set<string> },
): ScheduleSpec {
  const { timing, job, defaults, prefix, names, quoteWords } = options;
  const { command, stdin } = withoutPercents(said);
  const values = {
    name: nameFor(command, { prefix, names }),
    expression,
    tz: zone,
    ...AS_CRON.timing,
    ...delayMinutes > 0 && { jitter: `${delayMinutes}m` },
    ...timing,
    job: {
      command: /^(?:\/usr)?\/bin\/sh$/.test(shell) ? command : quoteWords([shell, "-c", command]),
      ...stdin !== undefined && { stdin },
      ...home !== null && { cwd: home },
      ...Object.keys(env).length > 0 && { env },
      ...AS_CRON.job,
      ...job,
    },
  };
  return completeSchedule(readScheduleFields(values, defaults), { now: defaults.now });
}

/** The first `%` ends the command, and the others are ends of lines of what it reads; `\%` is a `%`. */
function withoutPercents(text: string): { command: string; stdin?: string } {
  const [command, ...lines] = text.split(/(?<!\\)%/).map((part) => part.replaceAll("\\%", "%"));
  const read = lines.length === 0 ? {} : { stdin: `${lines.join("\n")}\n` };
  return { command: command!.trim(), ...read };
}

/** By the program, and a number where that is taken. */
function nameFor(command: string, { prefix, names }: { prefix: string; names: Set<string> }): string {
  const program = command.replace(/^(?:\w+=\S*\s+)+/, "").split(/\s/)[0]!.split("/").at(-1)!;
  const base = `${prefix}${program.replace(/[^A-Za-z0-9._-]/g, "").replace(/^[^A-Za-z0-9]+/, "") || "cron"}`
    .slice(0, 58);
  let name = base;
  for (let n = 2; names.has(name); n += 1) name = `${base}-${n}`;
  names.add(name);
  return name;
}
