/**
 * @module
 * The queue that commands on one queue take.
 */
import { BadInput } from "../../../domain/errors.ts";
import { FIELDS, QUEUE_PATTERN } from "../../../domain/fields.ts";
import type { Words } from "../../line/command.ts";

export const ONE_QUEUE: Words = { placeholder: "QUEUE", brief: "name of the queue", min: 1, max: 1 };

/**
 * The name, if a queue may have it. The queue itself need not exist: it can be paused or limited before its
 * first job comes.
 * @throws {BadInput} for a name that no queue can have
 */
export function queueName(name: string): string {
  if (QUEUE_PATTERN.test(name)) return name;
  throw new BadInput(`Cannot use queue "${name}": a name takes ${FIELDS.queue.kind.takes}`);
}

/** Those of a flag that may be repeated, each once; `mail,reports` are two, since no name has a comma. @throws {BadInput} */
export function queueNames(given: readonly string[]): string[] {
  return [...new Set(given.flatMap((names) => names.split(",")).map((name) => queueName(name.trim())))];
}
