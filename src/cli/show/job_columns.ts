/**
 * @module
 * What can be shown of a job, by the names that it has in JSON: as columns of a table, for people, or in a line that a
 * template says. A template writes values as JSON has them, but without quotes, and on one line.
 */
import { formatSize } from "../../domain/settings.ts";
import { formatDuration } from "../../domain/duration.ts";
import { BadInput } from "../../domain/errors.ts";
import { FIELDS, type Kind, SHOWN_FIELDS } from "../../domain/fields.ts";
import type { Job } from "../../domain/job.ts";
import { nearest } from "../../domain/nearest.ts";
import { type JobJson, jobJson } from "../../views/job_json.ts";
import { STATE_COLOUR } from "./job_table.ts";
import type { Print } from "./print.ts";
import { type Column, table } from "./table.ts";
import { visible } from "./terminal.ts";
import { timeOfDay, type Zone } from "./times.ts";

type Name = keyof JobJson;
type ColumnKind = Kind["type"];

/** What has become of it, besides its fields. */
const OWN: Readonly<Record<Exclude<Name, (typeof FIELDS)[typeof SHOWN_FIELDS[number]]["json"]>, ColumnKind>> =
  {
    state: "word",
    attempts: "integer",
    created_at: "time",
    started_at: "time",
    finished_at: "time",
    exit_code: "integer",
    signal: "word",
    error: "text",
    worker: "word",
    skipped_for: "word",
    paused_since: "time",
    stdin_size: "integer",
    progress: "integer",
    progress_text: "text",
    memory_used: "size",
    cpu_used: "duration",
    checkpoint_size: "integer",
    snoozed_since: "time",
  };

const KINDS = new Map<string, ColumnKind>([
  ...SHOWN_FIELDS.map((name): [string, ColumnKind] => [FIELDS[name].json, FIELDS[name].kind.type]),
  ...Object.entries(OWN),
]);

/** All names, as JSON has them one after the other. */
export const JOB_NAMES: readonly string[] = [...KINDS.keys()];

/**
 * Reads `id,state,label`.
 * @throws {BadInput} for a name that is none, with what it takes
 */
export function readColumns(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) requireName(name);
  return names;
}

function requireName(name: string): void {
  if (KINDS.has(name)) return;
  const near = nameMeant(name.toLowerCase().replaceAll(/[ -]/g, "_"));
  const instead = near === undefined ? `: there are ${JOB_NAMES.join(", ")}` : `, did you mean ${near}?`;
  throw new BadInput(`"${name}" is nothing that a job has${instead}`);
}

/** What tables, flags and other programs call them. */
const OTHER_NAMES: Readonly<Record<string, Name>> = {
  ...{ name: "label", tries: "attempts", retries: "max_retries", status: "state", when: "created_at" },
  ...{ dir: "cwd", directory: "cwd", cmd: "command", needs: "takes", pid: "worker", cpu: "cpu_used" },
};

/** The name that was meant: another word, the end of what was typed, or nearly the same. */
function nameMeant(typed: string): string | undefined {
  if (Object.hasOwn(OTHER_NAMES, typed)) return OTHER_NAMES[typed];
  const begun = typed === "" ? undefined : JOB_NAMES.find((name) => name.startsWith(typed));
  return begun ?? nearest(typed, JOB_NAMES);
}

/** Jobs as a table of those columns, whether anything stands in them or not. */
export function columnsTable(
  print: Print,
  { jobs, names, zone }: { jobs: readonly Job[]; names: readonly string[]; zone: Zone },
): string {
  const rows = jobs.map((job) => ({ job, json: jobJson(job) as JobJson & Record<string, unknown> }));
  const columns = names.map((name): Column<typeof rows[number]> => {
    const kind = KINDS.get(name)!;
    return {
      title: name.replaceAll("_", " ").toUpperCase(),
      always: true,
      value: ({ json }) => forPeople(kind, json[name], zone),
      ...(kind === "integer" ? { align: "right" as const } : {}),
      ...(name === "state"
        ? { paint: ({ job }: { job: Job }, cell: string) => print.paint(STATE_COLOUR[job.state], cell) }
        : {}),
    };
  });
  return table(print, { columns, rows });
}

function forPeople(kind: ColumnKind, value: unknown, zone: Zone): string {
  if (value === null || value === undefined) return "";
  switch (kind) {
    case "time":
    case "delay":
      return timeOfDay(Date.parse(value as string), zone);
    case "duration":
      return value === 0 ? "" : formatDuration(value as number * 1000); // 0 is none
    case "units":
      return Object.entries(value as object).map(([name, count]) => `${name}=${count}`).join(" ");
    case "flag":
      return value ? "yes" : "no";
    case "variables":
      return Object.entries(value as object).map(([name, content]) => `${name}=${content}`).join(" ");
    case "size":
      return formatSize(value as number);
    case "integer":
    case "text":
    case "line":
    case "word":
    case "ends":
    case "backoff":
    case "path":
    case "input":
    case "jobs":
    case "groups":
      return String(value);
  }
}

/** A template that was read: what it makes of a job, without a line end. */
export type Template = (job: Job) => string;

/** `{name}`; a backslash and what follows it; or what only looks like one of the two. */
const PART = /\{([^{}]*)\}|\\(.)|([{}\\])/gsu;
const ESCAPES: Readonly<Record<string, string>> = { t: "\t", n: "\n", "\\": "\\", "{": "{", "}": "}" };

/**
 * Reads a template: `{name}` stands for a value, `\t` and `\n` for a tab and a line end, `\{`, `\}` and `\\` for
 * themselves.
 * @throws {BadInput} for a name that is none, and for what is neither
 */
export function readTemplate(text: string): Template {
  const parts: (string | { name: string })[] = [];
  let at = 0;
  for (const match of text.matchAll(PART)) {
    const [whole, name, escaped, stray] = match;
    parts.push(text.slice(at, match.index));
    at = match.index + whole.length;
    if (name !== undefined) {
      requireName(name);
      parts.push({ name });
    } else if (escaped !== undefined && Object.hasOwn(ESCAPES, escaped)) parts.push(ESCAPES[escaped]!);
    else {
      throw new BadInput(
        `${stray ?? whole} means nothing; it takes {NAME}, \\t, \\n, and \\{, \\} and \\\\ for themselves`,
      );
    }
  }
  parts.push(text.slice(at));
  if (!parts.some((part) => typeof part === "object")) {
    throw new BadInput("it names no field, such as {id}; JSON is what --json prints");
  }
  return (job) => {
    const json = jobJson(job) as JobJson & Record<string, unknown>;
    return parts.map((part) => typeof part === "string" ? part : plainly(json[part.name])).join("");
  };
}

/** As JSON has it, text without quotes; what is absent is nothing. */
function plainly(value: unknown): string {
  if (value === null || value === undefined) return "";
  return visible(typeof value === "object" ? JSON.stringify(value) : String(value));
}
