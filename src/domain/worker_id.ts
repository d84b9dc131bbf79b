/**
 * @module
 * Ids of workers and supervisors: short enough to type, long enough not to meet twice among those alive.
 */
import { randomName } from "./random_name.ts";

/** The form of a worker's or supervisor's id, which also makes it safe in a file's name. */
export const WORKER_ID_PATTERN = /^(worker|supervisor)-[a-z0-9]{6}$/;

/** A new id such as `worker-k3f9qa`. */
export function newId(kind: "worker" | "supervisor"): string {
  return randomName(kind, 6);
}
