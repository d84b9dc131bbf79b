/**
 * @module
 * A supervisor's journal as lines: to stdout, or to a log file for each worker.
 */
import type { Clock } from "../../clock.ts";
import { formatDuration } from "../../duration.ts";
import type { ClaimedJob, Settlement } from "../../store/store.ts";
import type { Journal } from "../../worker/journal.ts";
import { writeAll } from "../write_all.ts";
import { fit, visible } from "../terminal.ts";

/** How to write the journal. */
export interface LineJournalOptions {
  /** Dates the lines. */
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

const utf8 = new TextEncoder();

/** Writes one line an event. Lines of one moment are written at once. Never throws. */
export class LineJournal implements Journal, Disposable {
  readonly #options: LineJournalOptions;
  /** Lines to be written, by worker; null is everyone. */
  #pending = new Map<string | null, string>();
  readonly #files = new Map<string, Deno.FsFile>();

  /** Opens nothing before there is something to write. */
  constructor(options: LineJournalOptions) {
    this.#options = options;
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
    if (outcome === "unstarted") return;
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
      text: `${job.id} ${sayEnd(job, settlement)} after ${
        formatDuration(Math.max(0, finishedAt - (startedAt ?? job.startedAt!)))
      }`,
    });
  }

  /** One line for anything else. */
  note(text: string, worker: string | null): void {
    this.#write({ event: "note", worker, text });
  }

  /** Writes what is left and closes the files. */
  [Symbol.dispose](): void {
    this.#flush();
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  #write(event: Event): void {
    const { clock, json } = this.#options;
    const time = new Date(clock.now()).toISOString();
    const line = json
      ? JSON.stringify({ time, ...event })
      : `${time.slice(0, 19)}Z ${event.worker ?? "queuectl"} ${visible(event.text)}`;
    if (this.#pending.size === 0) queueMicrotask(() => this.#flush());
    const key = this.#options.logs === null ? null : event.worker;
    this.#pending.set(key, `${this.#pending.get(key) ?? ""}${line}\n`);
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [worker, lines] of pending) {
      try {
        const file = worker === null ? Deno.stdout : this.#fileOf(worker);
        writeAll(file, utf8.encode(lines));
      } catch {
        // Nobody reads stdout any more, or the disk is full: jobs go on all the same.
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
  if (outcome === "released") return "was put back, its attempt not counted,";
  if (state === "cancelled") return "was cancelled";
  if (state === "dead") return `is dead, with no retries left (${error}),`;
  const retry = `retry ${job.attempts} of ${job.maxRetries} in ${formatDuration(runAt! - finishedAt)}`;
  return `failed (${error}; ${retry})`;
}
