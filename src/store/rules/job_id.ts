/**
 * @module
 * The ids of jobs: a *name*, which a user or chance chose, or else `j<seq>`. No name looks like `j<seq>`. Pure.
 */
import type { NewJob } from "../../domain/job.ts";
import type { EnqueueOptions } from "../contract.ts";

/** The name of a new job; null where its id is to be `j<seq>`. */
export function nameOf(
  { id }: Pick<NewJob, "id">,
  { idFormat }: Pick<EnqueueOptions, "idFormat">,
): string | null {
  return id ?? (idFormat === "uuid" ? crypto.randomUUID() : null);
}

/** The id of a stored job. */
export function idOf({ seq, name }: { seq: number; name: string | null }): string {
  return name ?? `j${seq}`;
}

/** The number in an id of the form `j<seq>`; undefined for every other id. */
export function seqOf(id: string): number | undefined {
  const seq = /^j([1-9]\d{0,14})$/.exec(id)?.[1];
  return seq === undefined ? undefined : Number(seq);
}
