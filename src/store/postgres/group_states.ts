/**
 * @module
 * How groups are with what is yet to be added up. Who was told that a job of a group runs again has to see that the group
 * is open by that, whether or not anybody has added it up.
 */
import { GROUP_STATE } from "../rules/groups.ts";

const COUNTERS = ["open", "dead", "cancelled", "skipped_failed", "skipped_called_off"];

/** `id` and `state` of the groups with the ids that a list of SQL gives: the state of a job that ended so. */
export function groupStates(ids: string): string {
  return `SELECT g.id, ${GROUP_STATE} AS state FROM (
    SELECT g.id, g.sealed, ${COUNTERS.map((one) => `g.${one} + coalesce(c.${one}, 0) AS ${one}`).join(", ")}
    FROM queuectl.groups g CROSS JOIN LATERAL (
      SELECT ${COUNTERS.map((one) => `sum(${one}) AS ${one}`).join(", ")}
      FROM queuectl.group_changes c WHERE c.in_group = g.name) c
    WHERE g.id IN (${ids})) g`;
}
