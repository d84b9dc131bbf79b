/**
 * @module
 * Many jobs from one text: JSON objects, one a line (NDJSON); a JSON array of them; or commands, one a line. Blank
 * lines, and lines that begin with `#`, are skipped. Pure.
 */
import { BadInput, UserError } from "./errors.ts";
import type { NewJob } from "./job.ts";
import { parseJson } from "./json_fault.ts";
import { type JobDefaults, jobFromCommand, jobFromValue, quote } from "./spec.ts";

/** The jobs of a text. */
export interface Bulk {
  /** In the order of the text. */
  jobs: NewJob[];
  /** Where the n-th job stands: `line 7`, or `item 7` of an array. */
  place(n: number): string;
}

/**
 * Reads all the jobs of a text.
 * @param text the whole file
 * @throws {BadInput} for the first one that is wrong; it names the line and `source`
 */
export function readBulk(
  text: string,
  { source, defaults }: { source: string; defaults: JobDefaults },
): Bulk {
  const names: Names = new Map();
  const { jobs, place } = readAll(text, { source, defaults, names });
  return { jobs: names.size === 0 ? jobs : jobs.map((job) => resolved(job, names)), place };
}

/**
 * The jobs of a list of JSON values, which may have names within the list.
 * @throws {BadInput} for the first one that is wrong; where there are several it says which
 */
export function jobsFromValues(values: readonly unknown[], defaults: JobDefaults): NewJob[] {
  const names: Names = new Map();
  const jobs = values.map((value, n) => {
    try {
      return jobOf(value, { defaults, names, n });
    } catch (error) {
      if (values.length === 1 || !(error instanceof UserError)) throw error;
      throw inPlace(error, { source: String(values.length), place: `job ${n + 1}` });
    }
  });
  return names.size === 0 ? jobs : jobs.map((job) => resolved(job, names));
}

/** What jobs are called within their file, and their positions there. */
type Names = Map<string, number>;

/** A job with the positions of those that it needs by such names. */
function resolved(job: NewJob, names: Names): NewJob {
  const all = { ...job };
  for (const key of ["after", "afterFailed", "afterEnded"] as const) {
    const refs = job[key];
    if (refs) all[key] = refs.map((ref) => names.get(ref as string) ?? ref);
  }
  return all;
}

/** A job of a file, which may have a name there. */
function jobOf(
  value: unknown,
  { defaults, names, n }: { defaults: JobDefaults; names: Names; n: number },
): NewJob {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "name")) {
    return jobFromValue(value, defaults);
  }
  const { name, ...fields } = value as { name: unknown };
  if (typeof name !== "string" || !/^[A-Za-z0-9._:-]{1,128}$/.test(name)) {
    throw new BadInput(
      `Cannot use name ${quote(name)}: it takes 1 to 128 of the characters A-Z a-z 0-9 . _ : -`,
    );
  }
  if (names.has(name)) throw new BadInput(`Cannot use name "${name}" twice`);
  names.set(name, n);
  return jobFromValue(fields, defaults);
}

function readAll(
  text: string,
  { source, defaults, names }: { source: string; defaults: JobDefaults; names: Names },
): Bulk {
  if (/^\s*\[\s*[{\]]/.test(text)) return readArray(text, { source, defaults, names });
  let isJson: boolean | undefined;
  const jobs: NewJob[] = [];
  const numbers: number[] = [];
  const place = (n: number) => `line ${numbers[n]}`;
  const among = { defaults, names, n: 0 };
  // line by line: an array of very many would have to be cleared up again
  for (let from = 0, number = 1; from <= text.length; number++) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end === -1 ? text.length : end);
    from += line.length + 1;
    if (!isContent(line)) continue;
    isJson ??= line.trimStart().startsWith("{");
    numbers.push(number);
    among.n = jobs.length;
    try {
      jobs.push(isJson ? jobOf(parseJson(line, adviceFor), among) : readCommand(line, defaults));
    } catch (error) {
      throw error instanceof UserError ? inPlace(error, { source, place: place(jobs.length) }) : error;
    }
  }
  return { jobs, place };
}

function isContent(line: string): boolean {
  return line.startsWith("{") || /^\s*[^\s#]/.test(line); // most lines are told by their first character
}

function readCommand(line: string, defaults: JobDefaults): NewJob {
  if (/^\s*\{\s*"/.test(line)) {
    throw new BadInput("Cannot mix JSON and commands: the first line is a command");
  }
  return jobFromCommand(line.replace(/\r$/, ""), defaults);
}

/** What to do about a line that is no JSON, among such as are; nothing for one that was meant to be. */
function adviceFor(line: string): string {
  if (/^\s*\{\s*["}]/.test(line)) return "";
  const asJson = JSON.stringify({ command: line.trim() });
  const example = asJson.length <= LONGEST_EXAMPLE ? asJson : '{"command": "ls"}';
  return `; in a file whose first line begins with {, a command is written as ${example}`;
}

/** In characters: what can still be read in a sentence. */
const LONGEST_EXAMPLE = 80;

function readArray(
  text: string,
  { source, defaults, names }: { source: string; defaults: JobDefaults; names: Names },
): Bulk {
  const values = located({ source }, () => parseJson(text)) as unknown[];
  const place = (n: number) => `item ${n + 1}`;
  const jobs = values.map((value, n) =>
    located({ source, place: place(n) }, () => jobOf(value, { defaults, names, n }))
  );
  return { jobs, place };
}

function located<T>(at: { source: string; place?: string }, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof UserError ? inPlace(error, at) : error;
  }
}

/** The same error as a sentence that says where in the text it is: `In line 7 of jobs.txt: unknown field "x"`. */
export function inPlace(error: UserError, { source, place }: { source: string; place?: string }): UserError {
  const where = place === undefined ? source : `${place} of ${source}`;
  error.message = `In ${where}: ${error.message[0]!.toLowerCase()}${error.message.slice(1)}`;
  return error;
}
