/**
 * @module
 * What a job finds of those it needs in the file `$QUEUECTL_NEEDS`. Pure. Invariant: the key of a group has a space, which
 * no id has.
 */
import { resultJson } from "../../domain/result_json.ts";
import type { NeededOutcome } from "../../store/contract.ts";

/** The file: a JSON object, in which each job stands by its id and each group as `group NAME`. */
export function needsFile(needed: readonly NeededOutcome[]): Uint8Array {
  const entries = needed.map((one) => one.group === undefined ? [one.id, jobOf(one)] : groupOf(one));
  return new TextEncoder().encode(`${JSON.stringify(Object.fromEntries(entries))}\n`);
}

function jobOf({ job, result, leftOut }: NeededOutcome): Record<string, unknown> {
  return {
    state: job?.state ?? null,
    exit_code: job?.exitCode ?? null,
    signal: job?.signal ?? null,
    ...result ? resultJson(result) : { result: null },
    ...leftOut && { result_left_out: true },
  };
}

function groupOf({ id, group }: NeededOutcome): [string, Record<string, unknown>] {
  return [`group ${id}`, group ? { state: group.end, open: group.open, ...group.ended } : { state: null }];
}
