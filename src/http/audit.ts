/**
 * @module
 * A line for every change that was asked for over HTTP, and for every try to get in: who, what, when, and what came of
 * it, refused or not. Invariant: those who have no token cannot make it grow fast.
 */
import type { Clock } from "../system/clock.ts";
import { timeJson } from "../views/job_json.ts";
import { problemResponse } from "./problem.ts";

const MINUTE_MS = 60_000;
/** Lines a minute for requests of senders who have no token: nobody shall fill the disk with them. */
const MOST_STRANGERS = 20;
/** Characters; an address can be as long as its sender likes. */
const LONGEST_PATH = 200;

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
   * Lets a request be answered, and notes what came of it. `isKnown` says afterwards whether its sender had a token that
   * is good for it: of others only so many a minute have a line.
   */
  async noting(
    request: Request,
    address: string,
    answer: () => Promise<Response>,
    isKnown: () => boolean = () => true,
  ): Promise<Response> {
    const note = (status: number) => this.note(request, { address, status, known: isKnown() });
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
    { address, status, known }: { address: string; status: number; known: boolean },
  ): void {
    const now = this.#clock.now();
    if (Math.abs(now - this.#minute.start) >= MINUTE_MS) this.#beginMinute(now);
    if (!known && ++this.#minute.strangers > MOST_STRANGERS) return;
    this.#write({
      time: timeJson(now),
      address,
      via: headers.has("authorization") ? "token" : headers.has("cookie") ? "cookie" : "nothing",
      method,
      // what a client says its host is can be such that there is no address
      path: URL.canParse(url) ? new URL(url).pathname.slice(0, LONGEST_PATH) : null,
      status,
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
