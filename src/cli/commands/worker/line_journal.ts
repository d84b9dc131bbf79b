/**
 * @module
 * A supervisor's journal as lines: to stdout, or to a log file for each worker.
 */
import { formatDuration } from "../../../domain/duration.ts";
import type { ClaimedJob, Settlement } from "../../../store/contract.ts";
import type { Clock } from "../../../system/clock.ts";
import type { Journal } from "../../../worker/supervisor/journal.ts";
import { fit, visible } from "../../show/terminal.ts";
import { writeAll } from "../../show/write_all.ts";
import { PatientWriter } from "./patient_writer.ts";

export interface LineJournalOptions {
  clock: Clock;
  /** A JSON document a line instead of text. */
  json: boolean;
  /** The directory of log files; null writes to stdout. */
  logs: string | null;
}

/** One event: fields for JSON, text for people. */
interface Event {
  event: string;
  worker: string | null;
  text: string;
  [field: string]: unknown;
}

/** More of a command would bury the other lines. */
const COMMAND_COLUMNS = 200;

/** At the end, a reader of stdout may take this long for what is left. */
const LAST_WORDS_MS = 1000;

const utf8 = new TextEncoder();

/** Writes one line an event. Lines of one moment are written at once. Never throws, and never waits for a reader. */
export class LineJournal implements Journal, AsyncDisposable {
  readonly #options: LineJournalOptions;
  readonly #stdout: PatientWriter;
  /** Lines to be written to files, by worker. */
  #pending = new Map<string, string[]>();
  /** How many could not be written to them. */
  readonly #missing = new Map<string, number>();
  readonly #files = new Map<string, Deno.FsFile>();

  /** Opens nothing before there is something to write. */
  constructor(options: LineJournalOptions) {
    this.#options = options;
    this.#stdout = new PatientWriter({
      write: (bytes) => Deno.stdout.write(bytes),
      missing: (count) => this.#missingLine(null, count),
      clock: options.clock,
    });
  }

  /** One line for the start of a job. */
  started(job: ClaimedJob): void {
    const again = job.lastAttempt > 1 ? ` (attempt ${job.lastAttempt})` : "";
    this.#write({
      event: "started",
      worker: job.worker,
      job: job.id,
      attempt: job.lastAttempt,
      text: `${job.id} started${again}: ${fit(job.command, COMMAND_COLUMNS)}`,
    });
  }

  /** One line for a job that goes on under another worker. */
  adopted(job: ClaimedJob, from: string): void {
    this.#write({
      event: "adopted",
      worker: job.worker,
      job: job.id,
      attempt: job.lastAttempt,
      from,
      text: `${job.id} adopted from ${from}: ${fit(job.command, COMMAND_COLUMNS)}`,
    });
  }

  /** One line for the end of an attempt. */
  settled(job: ClaimedJob, settlement: Settlement): void {
    const { outcome, exitCode, signal, error, state, startedAt, finishedAt, runAt } = settlement;
    // It was given back before it began: all is as if it had not been claimed.
    if (outcome === "unstarted" && error === null) return;
    this.#write({
      event: outcome,
      worker: job.worker,
      job: job.id,
      attempt: job.lastAttempt,
      state,
      exit_code: exitCode,
      signal,
      error,
      run_at: runAt === null ? null : new Date(runAt).toISOString(),
      text: `${job.id} ${sayEnd(job, settlement)}${
        outcome === "unstarted"
          ? ""
          : ` after ${formatDuration(Math.max(0, finishedAt - (startedAt ?? job.startedAt!)))}`
      }`,
    });
  }

  note(text: string, worker: string | null): void {
    this.#write({ event: "note", worker, text });
  }

  /** Writes what is left, as long as somebody takes it, and closes the files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    await this.#stdout.drained(LAST_WORDS_MS);
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #write(event: Event): void {
    const line = this.#line(event);
    const { worker } = event;
    if (this.#options.logs === null || worker === null) return this.#stdout.add(line);
    if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
    const lines = this.#pending.get(worker) ?? [];
    lines.push(line);
    this.#pending.set(worker, lines);
  }

  #line(event: Event): string {
    const { clock, json } = this.#options;
    const time = new Date(clock.now()).toISOString();
    return json
      ? JSON.stringify({ time, ...event })
      : `${time.slice(0, 19)}Z ${event.worker ?? "queuectl"} ${visible(event.text)}`;
  }

  #missingLine(worker: string | null, missing: number): string {
    const lines = missing === 1 ? "1 line" : `${missing} lines`;
    return this.#line({ event: "missing", worker, missing, text: `… ${lines} could not be written` });
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [worker, lines] of pending) {
      const missing = this.#missing.get(worker) ?? 0;
      const all = missing > 0 ? [this.#missingLine(worker, missing), ...lines] : lines;
      try {
        writeAll(this.#fileOf(worker), utf8.encode(all.map((line) => `${line}\n`).join("")));
        this.#missing.delete(worker);
      } catch {
        // The disk is full, for example: jobs go on all the same.
        this.#missing.set(worker, missing + lines.length);
      }
    }
  }

  #fileOf(worker: string): Deno.FsFile {
    let file = this.#files.get(worker);
    if (!file) {
      const { logs } = this.#options;
      Deno.mkdirSync(logs!, { recursive: true, mode: 0o700 });
      file = Deno.openSync(`${logs}/${worker}.log`, { create: true, append: true, mode: 0o600 });
      this.#files.set(worker, file);
    }
    return file;
  }
}

function sayEnd(job: ClaimedJob, { outcome, state, error, finishedAt, runAt }: Settlement): string {
  if (outcome === "completed") return "completed";
  if (outcome === "unstarted") return `could not be started (${error}) and was put back`;
  if (outcome === "released") return "was put back, its attempt not counted,";
  if (state === "cancelled") return "was cancelled";
  if (state === "dead") return `is dead, with no retries left (${error}),`;
  const retry = `retry ${job.attempts} of ${job.maxRetries} in ${formatDuration(runAt! - finishedAt)}`;
  return `failed (${error}; ${retry})`;
}
