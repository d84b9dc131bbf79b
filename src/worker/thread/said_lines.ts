/**
 * @module
 * The lines that a job says, one JSON object each: what they mean together. Pure. What makes no sense is counted and
 * passed over, so that a job may say more to a later version.
 */
import { parseDuration } from "../../domain/duration.ts";
import type { Progress } from "../../domain/job.ts";
import { LONGEST_MS } from "../../domain/settings.ts";

/** Of a progress's text, in characters. */
const LONGEST_TEXT = 200;
/** Of a line, in characters: more is no line of ours. */
const LONGEST_LINE = 4096;

// deno-lint-ignore no-control-regex -- the point is to find control characters
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g;

/** What a job has said so far. */
export class SaidLines {
  progress: Progress | null = null;
  /** In ms; undefined where it did not ask to be put off. */
  retryInMs: number | undefined;
  /** How many lines made no sense, and the first of them. */
  ignored = 0;
  firstIgnored = "";

  /** Takes a line, without its end. */
  add(line: string): void {
    if (line.trim() === "") return;
    const said = line.length <= LONGEST_LINE ? parsed(line) : undefined;
    if (said && this.#understand(said)) return;
    if (this.ignored === 0) this.firstIgnored = shortened(line, 60);
    this.ignored += 1;
  }

  /** A line that says all of it again. */
  again(): string {
    const { percent = null, text = null } = this.progress ?? {};
    return JSON.stringify({
      ...(percent === null ? {} : { progress: percent }),
      ...(text === null ? {} : { text }),
      ...(this.retryInMs === undefined ? {} : { retry_in: this.retryInMs / 1000 }),
      alive: true,
    });
  }

  #understand({ progress, text, retry_in: retryIn, alive }: Record<string, unknown>): boolean {
    const percent = typeof progress === "number" && Number.isFinite(progress) ? progress : undefined;
    const words = typeof text === "string" ? shortened(text, LONGEST_TEXT) : undefined;
    const retryInMs = typeof retryIn === "number" || typeof retryIn === "string"
      ? parseDuration(retryIn)
      : undefined;
    const foul = progress !== undefined && percent === undefined ||
      text !== undefined && words === undefined ||
      retryIn !== undefined && (retryInMs === undefined || retryInMs > LONGEST_MS);
    if (foul) return false;
    if (percent !== undefined || words !== undefined) {
      this.progress = {
        percent: percent === undefined
          ? this.progress?.percent ?? null
          : Math.round(Math.min(100, Math.max(0, percent)) * 10) / 10,
        text: words === undefined ? this.progress?.text ?? null : words || null,
      };
    }
    if (retryInMs !== undefined) this.retryInMs = retryInMs;
    return percent !== undefined || words !== undefined || retryInMs !== undefined || alive !== undefined;
  }
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

/** On one line, and not too long. */
function shortened(text: string, most: number): string {
  const characters = Array.from(text.toWellFormed().replace(CONTROL, " ").trim());
  return characters.length <= most ? characters.join("") : `${characters.slice(0, most - 1).join("")}…`;
}
