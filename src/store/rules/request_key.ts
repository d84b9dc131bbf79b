/**
 * @module
 * Requests that may be asked again: what the second one gets. Pure.
 */
import type { EnqueueOptions, RequestKey } from "../contract.ts";
import { keyIsUsed } from "./refusals.ts";

/** How long a request is remembered. */
const MEMORY_MS = 86_400_000;

/** What was noted of a request. */
export interface Remembered {
  /** Of what was asked. */
  fingerprint: string;
  /** What it gave. */
  ids: string[];
}

/** Requests made before this time, in ms since the epoch, are forgotten. */
export function rememberedSince({ now }: Pick<EnqueueOptions, "now">): number {
  return now - MEMORY_MS;
}

/**
 * What a request gets that was made before; undefined for the first.
 * @throws {Refused} when its key was used for another one
 */
export function idsGivenBefore(request: RequestKey, before: Remembered | undefined): string[] | undefined {
  if (before && before.fingerprint !== request.fingerprint) throw keyIsUsed(request.key);
  return before?.ids;
}
