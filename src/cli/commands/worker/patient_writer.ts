/**
 * @module
 * Writes lines to where somebody may be slow to read them, without making anybody wait: one write is under way at a
 * time, what comes meanwhile is kept up to a limit, and what is beyond that is counted.
 */
import type { Clock } from "../../../system/clock.ts";

/** Kept for a reader that is slow: some thousands of lines. */
const MOST_BYTES = 1024 * 1024;
/** Between two tries to write to something that is full and does not let us wait. */
const RETRY_MS = 50;

export interface PatientWriterOptions {
  /** Writes some of the bytes and resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** The line for lines that could not be kept. */
  missing(count: number): string;
  clock: Clock;
}

const utf8 = new TextEncoder();

export class PatientWriter {
  readonly #options: PatientWriterOptions;
  #lines: Uint8Array[] = [];
  #bytes = 0;
  #missing = 0;
  #writing: Promise<void> | undefined;
  /** Nobody reads any more. */
  #closed = false;

  /** Writes nothing before there is a line. */
  constructor(options: PatientWriterOptions) {
    this.#options = options;
  }

  /** Takes a line, or counts it. */
  add(line: string): void {
    if (this.#closed) return;
    const bytes = utf8.encode(`${line}\n`);
    // Once one is missing, so are those after it, until a line that counts them stands in their place.
    if (this.#missing > 0 || this.#bytes + bytes.length > MOST_BYTES) {
      this.#missing += 1;
      return;
    }
    this.#lines.push(bytes);
    this.#bytes += bytes.length;
    // Lines of one moment are written at once.
    this.#writing ??= Promise.resolve().then(() => this.#write());
  }

  /** Resolves once everything is written, or after `ms`. */
  async drained(ms: number): Promise<void> {
    if (!this.#writing) return;
    const patience = new AbortController();
    await Promise.race([this.#writing, this.#options.clock.sleep(ms, patience.signal)]);
    patience.abort();
  }

  async #write(): Promise<void> {
    while (this.#lines.length > 0 && !this.#closed) {
      const lines = this.#lines;
      this.#lines = [];
      this.#bytes = 0;
      await this.#writeAll(joined(lines));
      const missing = this.#missing;
      this.#missing = 0;
      if (missing > 0) this.add(this.#options.missing(missing));
    }
    this.#writing = undefined;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length;) {
      try {
        written += await this.#options.write(bytes.subarray(written));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) {
          this.#closed = true;
          return;
        }
        await this.#options.clock.sleep(RETRY_MS);
      }
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
