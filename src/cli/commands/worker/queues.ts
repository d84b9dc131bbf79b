/**
 * @module
 * The queues a worker serves, as a user names them. Pure.
 */
import { BadInput } from "../../../domain/errors.ts";
import { QUEUE_PATTERN } from "../../../domain/fields.ts";

/**
 * Reads `mail,reports` and more of the kind; undefined, for all queues, gives null.
 * @throws {BadInput} when a name is not one a queue can have
 */
export function readQueues(given: readonly string[] | undefined): string[] | null {
  if (given === undefined) return null;
  const queues = given.flatMap((names) => names.split(",")).map((name) => name.trim());
  const bad = queues.find((name) => !QUEUE_PATTERN.test(name));
  if (bad !== undefined) {
    throw new BadInput(
      `Cannot serve queue "${bad}": a queue's name is 1 to 64 of A-Z a-z 0-9 . _ : - and begins with a letter or digit`,
    );
  }
  return [...new Set(queues)];
}
