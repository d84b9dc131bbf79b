/**
 * @module
 * `queuectl store roles`.
 */
import { BadInput } from "../../../domain/errors.ts";
import { rolesFor } from "../../../store/roles.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { text } from "../../line/flags.ts";

/** PostgreSQL cuts longer ones. */
const NAME = /^[a-z_][a-z0-9_$-]{0,62}$/i;

export const command: Target = defineCommand({
  brief: "Print the SQL for roles that may only enqueue, only look, or run jobs",
  description:
    "To be run by who may make roles on the server, once the store is there, and again after an update. It " +
    "prints, and changes nothing.",
  examples: [
    ["store roles | psql work", "make them"],
    ["store roles --enqueuer web --reader grafana --worker runner", "under other names"],
  ],
  flags: {
    enqueuer: text("NAME", "may enqueue, and read nothing (default: queuectl_enqueuer)"),
    reader: text("NAME", "may look at everything (default: queuectl_reader)"),
    worker: text("NAME", "may do all that workers and people do (default: queuectl_worker)"),
  },
  async run(context, flags) {
    const names = {
      enqueuer: named(flags.enqueuer ?? "queuectl_enqueuer"),
      reader: named(flags.reader ?? "queuectl_reader"),
      worker: named(flags.worker ?? "queuectl_worker"),
    };
    const sql = await rolesFor(context.meant, names);
    context.print.result({ sql }, () => sql.trimEnd());
  },
});

function named(name: string): string {
  if (NAME.test(name) && !name.startsWith("pg_")) return name;
  throw new BadInput(
    `Cannot name a role "${name}": it takes A-Z a-z 0-9 _ - $, at most 63, not pg_ at first`,
  );
}
