/**
 * @module
 * The spool of a supervisor: the files through which an attempt and whoever watches it know of each other. They
 * outlive both. For an attempt with the spool `S`:
 *
 * | file | made by | says |
 * | --- | --- | --- |
 * | `S.out` | its first shell, before anything else | it has begun, unless the file was made to bar it; its stdout |
 * | `S.in` | whoever starts it | what it reads on its stdin, where that is anything |
 * | `S.err` | the shell of its command | it has really begun; its stderr |
 * | `S.exit.N` | its first shell, at the end | its exit code is N; in it, the CPU time it took |
 * | `S.signal.SIGX` | its first shell, at the end | it was killed by that signal; in it, the same |
 * | `S.chosen.N` | the shell of its command | it chose the exit code N, which looks like death by a signal |
 * | `S.out.kept.L-C` | whoever watches it | of its stdout, the first and the last L/2 bytes are kept, and C bytes between them cut out |
 * | `S.err.kept.L-C` | whoever watches it | the same of its stderr |
 * | `ends-M`, beside | commands without a witness | a line for each: the token and the exit code |
 */
import { type Stream, STREAMS } from "../../domain/job.ts";
import { systemClock } from "../../system/clock.ts";
import { cpuMsIn } from "../process/cpu_time.ts";

const SUFFIX: Readonly<Record<Stream, string>> = { stdout: ".out", stderr: ".err" };

/** How a process ended: an exit code or a signal. */
export interface ProcessEnd {
  /** Null when it was killed. */
  exitCode: number | null;
  /** The signal that killed it, such as `SIGKILL`. */
  signal: string | null;
}

/** An end that was left in the spool. */
export interface SpooledEnd extends ProcessEnd {
  /** When, in ms since the epoch. */
  finishedAt: number;
  /** As in `AttemptEnd`. */
  cpuMs?: number;
}

const INPUT = ".in";

/** Puts what an attempt shall read where its shell opens it. Nobody may have done so before. */
export function writeInput(spool: string, bytes: Uint8Array): void {
  Deno.writeFileSync(spool + INPUT, bytes, { createNew: true, mode: 0o600 });
}

/** Where a stream of an attempt is. */
export function streamPath(spool: string, stream: Stream): string {
  return spool + SUFFIX[stream];
}

/** What was given back of a stream while it was printed: what lies between its first and its last half of `limit`. */
export interface Trim {
  /** Bytes kept. */
  limit: number;
  /** Bytes between the two that the file has not got any more, not even as a hole. */
  cut: number;
}

function trimPath(spool: string, stream: Stream, { limit, cut }: Trim): string {
  return `${streamPath(spool, stream)}.kept.${limit}-${cut}`;
}

const TRIM = /\.kept\.\d+-\d+$/;

/** Notes what was given back of a stream, as a name, since there may be no room for more; its time is the last one's. */
export function noteTrim(
  spool: string,
  stream: Stream,
  { before, now }: { before: Trim | undefined; now: Trim },
): void {
  const path = trimPath(spool, stream, now);
  if (before?.cut === now.cut) return touch(path);
  if (before) Deno.renameSync(trimPath(spool, stream, before), path);
  else Deno.openSync(path, { write: true, create: true, mode: 0o600 }).close();
  touch(path);
}

function touch(path: string): void {
  const now = systemClock.now();
  Deno.utimeSync(path, now / 1000, now / 1000);
}

/** What was given back of a stream; undefined when nothing was. */
export function trimOf(spool: string, stream: Stream): Trim | undefined {
  const { directory } = splitSpool(spool);
  const prefix = splitSpool(`${streamPath(spool, stream)}.kept.`).token;
  const trims = namesIn(directory).filter((name) => name.startsWith(prefix)).map((name) => {
    const [limit = 0, cut = 0] = name.slice(prefix.length).split("-").map(Number);
    return { limit, cut };
  });
  return trims[0];
}

/** Whether any stream in a directory of spools was trimmed since a time, in ms since the epoch. */
export function wasTrimmedSince(directory: string, sinceMs: number): boolean {
  return namesIn(directory).some((name) =>
    TRIM.test(name) && (infoOf(`${directory}/${name}`)?.mtime?.getTime() ?? 0) >= sinceMs
  );
}

/** Whether an attempt's command has begun. Without it, nothing of the command has ever run. */
export function hasBegun(spool: string): boolean {
  return infoOf(spool + SUFFIX.stderr) !== undefined;
}

/** Whether the directory of a spool is there. */
export function hasSpool(spool: string): boolean {
  return infoOf(splitSpool(spool).directory) !== undefined;
}

/** When an attempt printed last, in ms since the epoch; undefined when that is not known. */
export function printedAt(spool: string): number | undefined {
  const times = STREAMS.flatMap((stream) => infoOf(streamPath(spool, stream))?.mtime?.getTime() ?? []);
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** When an attempt's first shell began, in ms since the epoch; undefined when that is not known. */
export function begunAt(spool: string): number | undefined {
  const info = infoOf(spool + SUFFIX.stdout);
  return (info?.birthtime ?? info?.mtime)?.getTime();
}

/**
 * Keeps an attempt that has not begun from ever beginning. Returns false when it is too late for that: then it has
 * begun, or is just about to.
 */
export function bar(spool: string): boolean {
  try {
    Deno.openSync(spool + SUFFIX.stdout, { write: true, createNew: true, mode: 0o600 }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    // Somebody removed the whole spool: nobody knows.
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const ENDS = /^ends-\d+$/;

/** A file in which commands without a witness note their ends. */
export function endsPath(directory: string, number: number): string {
  return `${directory}/ends-${number}`;
}

/** The whole lines of such a file; none when it has just been removed. */
function endsIn(path: string): [token: string, exitCode: number][] {
  const lines = orIfMissing("", () => Deno.readTextFileSync(path)).split("\n").slice(0, -1);
  return lines.map((line) => line.split(" ")).map(([token = "", code]) => [token, Number(code)]);
}

/** An end, and where in the spool it stands. */
export interface PlacedEnd extends ProcessEnd {
  path: string;
}

/** The ends that were left in a directory of spools, by token. */
export function spooledEnds(directory: string): Map<string, PlacedEnd> {
  const ends = new Map<string, PlacedEnd>();
  for (const name of namesIn(directory)) {
    const path = `${directory}/${name}`;
    if (ENDS.test(name)) {
      for (const [token, exitCode] of endsIn(path)) ends.set(token, { exitCode, signal: null, path });
    }
    const [token = "", kind, value = ""] = name.split(".");
    if (kind === "exit") ends.set(token, { exitCode: Number(value), signal: null, path });
    else if (kind === "signal") ends.set(token, { exitCode: null, signal: value, path });
  }
  return ends;
}

/** The end that an attempt left, if it has. Of one that is a line among others, the last line tells the time. */
export function spooledEnd(spool: string): SpooledEnd | undefined {
  const { directory, token } = splitSpool(spool);
  const end = spooledEnds(directory).get(token);
  if (!end) return undefined;
  const { exitCode, signal, path } = end;
  return {
    ...{ exitCode, signal, finishedAt: infoOf(path)?.mtime?.getTime() ?? 0 },
    ...witnessedCpu(spool, { exitCode, signal }),
  };
}

/** The CPU time that a witness has noted with an end; empty where there is none. */
export function witnessedCpu(spool: string, end: ProcessEnd): { cpuMs?: number } {
  const cpuMs = cpuMsIn(orIfMissing("", () => Deno.readTextFileSync(spool + endSuffix(end))));
  return cpuMs === undefined ? {} : { cpuMs };
}

/** The directory of a spool, and its token. */
export function splitSpool(spool: string): { directory: string; token: string } {
  const slash = spool.lastIndexOf("/");
  return { directory: spool.slice(0, slash), token: spool.slice(slash + 1) };
}

/** Where the attempts of a directory of spools say something: see `said_files.ts`. */
export function saidDirectory(directory: string): string {
  return `${directory}/said`;
}

/** What an attempt left in the spool besides its output. */
export interface Remains {
  /** Its end as a file of its own; undefined when there is none. */
  end: ProcessEnd | undefined;
  /** What was given back of its output has left names. */
  trimmed: boolean;
  /** It was given something to read. */
  input: boolean;
}

/** Which files attempts have in their directories, each as it was when it was first asked for: reading one takes long. */
export class SpoolListing {
  readonly #directories = new Map<string, Map<string, string[]>>();

  /** The paths of an attempt's files. */
  filesOf(spool: string): string[] {
    const { directory, token } = splitSpool(spool);
    let names = this.#directories.get(directory);
    if (!names) {
      names = Map.groupBy(namesIn(directory), (name) => name.slice(0, name.indexOf(".")));
      this.#directories.set(directory, names);
    }
    return (names.get(token) ?? []).map((name) => `${directory}/${name}`);
  }
}

/** Removes the files of an attempt; `listing` is of a time at which it had ended. */
export function removeSpool(
  spool: string,
  { end, trimmed, input }: Remains,
  listing = new SpoolListing(),
): void {
  if (input) removeFile(spool + INPUT);
  for (const stream of STREAMS) removeFile(spool + SUFFIX[stream]);
  if (!trimmed) {
    if (end === undefined) return;
    if (end.exitCode !== null && end.exitCode <= 128) return removeFile(spool + endSuffix(end));
  }
  // Its shells may have left more, or nothing.
  for (const path of listing.filesOf(spool)) removeFile(path);
}

function endSuffix({ exitCode, signal }: ProcessEnd): string {
  return signal === null ? `.exit.${exitCode}` : `.signal.${signal}`;
}

function namesIn(directory: string): string[] {
  return orIfMissing([], () => Array.from(Deno.readDirSync(directory), ({ name }) => name));
}

/** Removes a file, if it is there. */
export function removeFile(path: string): void {
  orIfMissing(undefined, () => Deno.removeSync(path));
}

function infoOf(path: string): Deno.FileInfo | undefined {
  return orIfMissing(undefined, () => Deno.statSync(path));
}

/** What `action` gives, or `missing` when what it needs is not there. */
function orIfMissing<T>(missing: T, action: () => T): T {
  try {
    return action();
  } catch (error) {
    // The second is what is said when something else stands where the directory was.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return missing;
    throw error;
  }
}
