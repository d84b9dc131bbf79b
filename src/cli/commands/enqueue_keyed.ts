/**
 * @module
 * What `enqueue` prints of jobs with keys, besides their ids. Loaded only where some have one.
 */
import type { Placed } from "../../store/contract.ts";
import { isCreated, sayPlaced } from "../../views/placed.ts";
import type { Context } from "../line/context.ts";

/** Which of them are new, for JSON. */
export function createdJson(
  placed: readonly Placed[],
  { many }: { many: boolean },
): { created: boolean | boolean[] } {
  const created = placed.map(isCreated);
  return { created: many ? created : created[0]! };
}

/** Says at a terminal what has become of them. */
export function hintPlaced({ print }: Context, placed: readonly Placed[]): void {
  if (placed.length === 1) {
    const said = sayPlaced(placed[0]!);
    if (said !== undefined) print.hint(said);
    return;
  }
  const others = placed.filter((one) => !isCreated(one)).length;
  if (others > 0) print.hint(`Of ${placed.length} jobs, ${others} were not queued: others have their keys`);
}
