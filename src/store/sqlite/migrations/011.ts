/**
 * @module
 * Groups that have not ended are found without those that have; see `groups.ts`.
 */
import type { Step } from "./step.ts";

/** Not released yet. */
export const step: Step = {
  sql: "CREATE INDEX groups_open ON groups (id) WHERE sealed = 0 OR open > 0;",
};
