/**
 * @module
 * The ids that commands on jobs take.
 */
import type { Words } from "./command.ts";

/** One id or several. */
export const IDS: Words = { placeholder: "ID", brief: "ids of jobs", min: 1 };

export const ONE_ID: Words = { placeholder: "ID", brief: "id of the job", min: 1, max: 1 };

/** The ids, each once: doing a thing to a job twice is doing it once. */
export function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}

/** `1 job`, `2 jobs`. */
export function jobCount(count: number): string {
  return count === 1 ? "1 job" : `${count} jobs`;
}
