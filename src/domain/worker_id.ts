/**
 * @module
 * Ids of workers and supervisors: short enough to type, long enough not to meet twice among those alive.
 */

const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";
const LENGTH = 6;

/** The form of a worker's or supervisor's id, which also makes it safe in a file's name. */
export const WORKER_ID_PATTERN = /^(worker|supervisor)-[a-z0-9]{6}$/;

/** A new id such as `worker-k3f9qa`. */
export function newId(kind: "worker" | "supervisor"): string {
  const random = crypto.getRandomValues(new Uint8Array(LENGTH));
  return `${kind}-${Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}
