/**
 * @module
 * `queuectl store copy`.
 */
import { BadInput } from "../../../domain/errors.ts";
import { addressToType } from "../../../domain/secrets.ts";
import { type CopyProgress, copyStore } from "../../../store/copy.ts";
import { LOCAL, type Meant, read } from "../../../store/meant.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { text, toggle } from "../../line/flags.ts";
import { Progress } from "../../show/progress.ts";

export const command: Target = defineCommand({
  brief: "Copy everything to another store: jobs, history, output, figures, settings",
  description:
    "Workers have to be stopped, and nobody else should change anything meanwhile; if somebody does, that is noticed. Ids " +
    "and numbers stay. The store that is copied from is only read. What was broken off is gone on with when the same is " +
    "said again; until all of it is there, nobody can use the other store.",
  examples: [
    ["store copy --to postgres://work@db.example/work", "from here to a server"],
    ["store copy --from postgres://work@db.example/work --to local", "and back"],
  ],
  flags: {
    to: text("ADDRESS", `where to: an address, or ${LOCAL}`),
    from: text("ADDRESS", "where from (default: the store in use)"),
    anew: toggle("throw away what an unfinished copy has brought, and begin anew"),
  },
  async run(context, { to, from, anew }) {
    if (to === undefined) throw new BadInput(`Cannot copy without --to: give --to ADDRESS, or --to ${LOCAL}`);
    const { home, clock, print } = context;
    const meant = (said: string): Meant => ({ ...read(said), by: "option" });
    const target = meant(to);
    using progress = new Progress(clock);
    const copied = await copyStore({
      home,
      clock,
      from: from === undefined ? context.meant : meant(from),
      to: target,
      anew,
      onProgress: (one) => progress.show(lineOf(one)),
    });
    progress.clear();
    const rows = copied.tables.map(({ what, rows }) => `  ${rows} ${what}`);
    print.result(
      {
        from: copied.from,
        to: copied.to,
        resumed: copied.resumed,
        copied: Object.fromEntries(copied.tables.map(({ name, rows }) => [name, rows])),
      },
      () => [`Copied and compared, from ${copied.from} to ${copied.to}:`, ...rows].join("\n"),
    );
    print.hint(`Go on there with: ${context.lineOf(["store", "use", addressToType(target.said)])}`);
  },
});

function lineOf({ compares, what, done, of }: CopyProgress): string {
  return `${compares ? "Comparing" : "Copying"} ${what}: ${done} of ${of}`;
}
