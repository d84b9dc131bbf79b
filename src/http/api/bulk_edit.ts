/**
 * @module
 * The route that changes fields of all jobs that a filter finds.
 */
import { BadInput } from "../../domain/errors.ts";
import { EDITABLE_FIELDS } from "../../domain/fields.ts";
import { readFields } from "../../domain/spec.ts";
import { whereabouts } from "../../system/environment.ts";
import { changeAll } from "../../views/change_all.ts";
import { checkForMany } from "../../views/edit_job.ts";
import { objectOf, required } from "../inputs.ts";
import { defineRoute, type Route } from "../route.ts";
import { COUNTED, record } from "../schemas.ts";
import { FILTER, filterOf, jobFields } from "./job_inputs.ts";

/** The route. */
export const editMany: Route = defineRoute({
  method: "POST",
  url: "/bulk/edit",
  summary: "Many jobs: changes each that waits",
  tag: "actions on jobs",
  body: objectOf({
    filter: required(objectOf(FILTER, "all jobs that have all of this; an empty object is every job")),
    changes: required(jobFields(EDITABLE_FIELDS, "what to change")),
  }, "which jobs, and what to change"),
  answer: {
    description: "How many were changed, and how many were passed over since they do not wait",
    schema: record({ done: COUNTED, passed_over: COUNTED }),
  },
  changed: ({ filter }) => ({ filter }),
  async run({ store, body, now }) {
    if (Object.keys(body.changes).length === 0) {
      throw new BadInput("Cannot edit jobs: nothing says what to change");
    }
    const changes = readFields(body.changes, { now, ...whereabouts() });
    checkForMany(changes);
    const selected = { which: filterOf(body.filter), wish: { verb: "edit" } } as const;
    const { done, passedOver, changedMeanwhile } = await changeAll(store, selected, { now, changes });
    return { done, passed_over: passedOver + changedMeanwhile };
  },
});
