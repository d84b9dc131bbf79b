/**
 * @module
 * A line for every change that was asked for over HTTP: who, what, when, and what came of it.
 */
import type { Clock } from "../clock.ts";
import { timeJson } from "../job_json.ts";
import { problemResponse } from "./problem.ts";

/** A file of lines of JSON, for its owner's eyes only. */
export class AuditLog implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;

  /** Opens the file, or makes it. `onFailure` hears of lines that could not be written. */
  constructor(path: string, { clock, onFailure }: { clock: Clock; onFailure(error: unknown): void }) {
    this.#file = Deno.openSync(path, { create: true, append: true, mode: 0o600 });
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  /** Lets a request be answered, and notes what came of it. */
  async noting(
    request: Request,
    address: string,
    answer: () => Promise<Response>,
  ): Promise<Response> {
    const note = (status: number) =>
      this.#write({
        time: timeJson(this.#clock.now()),
        address,
        via: request.headers.has("authorization") ? "token" : "cookie",
        method: request.method,
        path: new URL(request.url).pathname,
        status,
      });
    try {
      const response = await answer();
      note(response.status);
      return response;
    } catch (error) {
      note(problemResponse(error).status);
      throw error;
    }
  }

  /** Lets go of the file. */
  [Symbol.dispose](): void {
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
