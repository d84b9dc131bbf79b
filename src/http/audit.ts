/**
 * @module
 * A line for every change that was asked for over HTTP, and for every try to get in: who, what, when, and what came of
 * it, refused or not. Invariant: those who have no token cannot make it grow fast.
 */
import type { Clock } from "../system/clock.ts";
import { timeJson } from "../views/job_json.ts";
import { problemResponse } from "./problem.ts";
import type { Changed } from "./route.ts";

const MINUTE_MS = 60_000;
/** Lines a minute for requests of senders who have no token: nobody shall fill the disk with them. */
const MOST_STRANGERS = 20;
/** Characters; an address can be as long as its sender likes. */
const LONGEST_PATH = 200;
/** Ids in one line; of more, how many more. */
const MOST_JOBS = 100;

/** What is known of a request once it is answered. */
export interface Known {
  /** Its sender has a token that is good for it. */
  admitted: boolean;
  /** What it has changed besides what its path names. */
  changed?: Changed | undefined;
}

/** A file of lines of JSON, for its owner's eyes only. */
export class AuditLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  #minute = { start: -Infinity, strangers: 0 };

  /** Opens the file, or makes it. `onFailure` hears of lines that could not be written. */
  constructor(path: string, { clock, onFailure }: { clock: Clock; onFailure(error: unknown): void }) {
    this.#file = Deno.openSync(path, { create: true, append: true, mode: 0o600 });
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /**
   * Lets a request be answered, and notes what came of it. `known` says afterwards what is known of it: of those who have
   * no token only so many a minute have a line.
   */
  async noting(
    request: Request,
    address: string,
    answer: () => Promise<Response>,
    known: () => Known = () => ({ admitted: true }),
  ): Promise<Response> {
    const note = (status: number) => this.note(request, { address, status, ...known() });
    try {
      const response = await answer();
      note(response.status);
      return response;
    } catch (error) {
      note(problemResponse(error).status);
      throw error;
    }
  }

  /** Notes what came of a request. */
  note(
    { headers, method, url }: Request,
    { address, status, admitted, changed = {} }: Known & { address: string; status: number },
  ): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#minute.start) >= MINUTE_MS) this.#beginMinute(now);
    if (!admitted && ++this.#minute.strangers > MOST_STRANGERS) return;
    this.#write({
      time: timeJson(now),
      address,
      via: headers.has("authorization") ? "token" : headers.has("cookie") ? "cookie" : "nothing",
      method,
      // what a client says its host is can be such that there is no address
      path: URL.canParse(url) ? new URL(url).pathname.slice(0, LONGEST_PATH) : null,
      status,
      ...namesOf(changed),
    });
  }

  /** Says how many had no line in the minute before. */
  #beginMinute(now: number): void {
    const leftOut = this.#minute.strangers - MOST_STRANGERS;
    if (leftOut > 0) this.#write({ time: timeJson(now), left_out: leftOut });
    this.#minute = { start: now, strangers: 0 };
  }

  [Symbol.dispose](): void {
    this.#beginMinute(this.#clock.now());
    this.#file.close();
  }

  #write(line: Record<string, unknown>): void {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    try {
      for (let written = 0; written < bytes.length;) written += this.#file.writeSync(bytes.subarray(written));
    } catch (error) {
      this.#onFailure(error); // what was asked for is done: to answer that it failed would be worse
    }
  }
}

function namesOf({ jobs, filter }: Changed): Record<string, unknown> {
  if (!jobs) return filter ? { filter } : {};
  const more = jobs.length - MOST_JOBS;
  return { jobs: jobs.slice(0, MOST_JOBS), ...more > 0 && { more_jobs: more } };
}
