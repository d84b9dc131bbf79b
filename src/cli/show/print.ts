/**
 * @module
 * Printing: results to stdout, messages to stderr, colour only on a terminal and never with NO_COLOR.
 */
import { UserError } from "../../domain/errors.ts";
import type { Stream } from "../../domain/job.ts";
import { isSet } from "../../system/environment.ts";
import { visible } from "./terminal.ts";
import { writeAll } from "./write_all.ts";

/** Colours and their numbers for a terminal. */
export const COLOURS = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, grey: 90, bold: 1 } as const;

/** A colour a text can have. */
export type Colour = keyof typeof COLOURS;

const utf8 = new TextEncoder();

/** Of a terminal that does not know how wide it is. */
const UNKNOWN_COLUMNS = 80;

/** Commands print after they have done what they do. */
const CHANGED = "what was to be changed is changed";

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return /\(os error 28\)/.test(reason) ? "there is no room left on it" : reason;
}

/** How a command prints. */
export interface PrintOptions {
  /** Results are JSON documents. */
  json: boolean;
  /** Nothing is hinted at. */
  quiet?: boolean;
}

/** Where a command prints. Nothing it prints is buffered. */
export class Print {
  readonly #json: boolean;
  /** Somebody reads hints: they do not go with JSON, nor with `--quiet`. */
  readonly hints: boolean;
  #colours: boolean | undefined;

  constructor({ json, quiet = false }: PrintOptions) {
    this.#json = json;
    this.hints = !json && !quiet;
  }

  /** The result of a command: the value as JSON, or the same for people. Text that is empty prints nothing. */
  result(value: unknown, forPeople: () => string): void {
    if (this.#json) return this.line(JSON.stringify(value, null, 2));
    const text = forPeople();
    if (text !== "") this.line(text);
  }

  /** A line to stdout, as it is. */
  line(text: string): void {
    this.bytes(utf8.encode(`${text}\n`));
  }

  /**
   * Bytes to stdout, or to stderr, as they are.
   * @throws {Deno.errors.BrokenPipe} when nobody reads any more
   * @throws {UserError} when they cannot be written for another reason, such as a full disk
   */
  bytes(bytes: Uint8Array, stream: Stream = "stdout"): void {
    try {
      writeAll(Deno[stream], bytes);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw error;
      const name = stream === "stdout" ? "output" : "error";
      throw new UserError(`Cannot write to standard ${name}: ${reasonOf(error)}; ${CHANGED}`);
    }
  }

  /** A message to stderr. It never fails. */
  note(text: string): void {
    try {
      writeAll(Deno.stderr, utf8.encode(`${visible(text)}\n`));
    } catch {
      // Nobody can read messages; the command itself goes on.
    }
  }

  /** A message to stderr that is not needed to understand what was done. What it takes to know it is asked only where `hints`. */
  hint(text: string): void {
    if (this.hints) this.note(text);
  }

  /** The text in a colour, where stdout shows colours. */
  paint(colour: Colour, text: string): string {
    this.#colours ??= Deno.stdout.isTerminal() && !isSet("NO_COLOR");
    return this.#colours ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
  }

  /** Columns of the terminal on stdout; Infinity when stdout is none. */
  get columns(): number {
    return Deno.stdout.isTerminal() ? Deno.consoleSize().columns || UNKNOWN_COLUMNS : Infinity;
  }
}
