/**
 * @module
 * `queuectl backup`: writes a consistent copy of the database while workers run.
 */
import { Refused } from "../../domain/errors.ts";
import { schemaOf } from "../../store/choice.ts";
import type { Store } from "../../store/contract.ts";
import { defineCommand, type Target } from "../line/command.ts";
import type { Context } from "../line/context.ts";
import { stopSignal } from "./dashboard/stop_signal.ts";

export const command: Target = defineCommand({
  brief: "Write a consistent copy of everything, while workers run",
  description:
    "The copy is a database of its own: as `queue.db` in another directory it is a home to go on with.",
  examples: [[
    "backup /backup/queue.db",
    "copy to a file that does not exist yet; on another machine, it is all there as ~/.queuectl/queue.db",
  ]],
  words: { placeholder: "FILE", brief: "the new file", min: 1, max: 1 },
  async run(context, _flags, [path]) {
    const store = await context.store();
    using stop = stopSignal();
    if (!store.care.backup) throw await notOffered(store, context);
    await store.care.backup(path!, stop.signal);
    const { size } = await Deno.stat(path!);
    context.print.result({ path, size }, () => `Copied to ${path}, ${size} bytes`);
  },
});

/** Databases on servers have tools for it, which know more of it. */
async function notOffered(store: Store, context: Context): Promise<Refused> {
  const { engine } = await store.info();
  const schema = schemaOf(context.meant);
  return new Refused(
    `Cannot back up a store in ${engine} from here: take pg_dump --schema=${schema} (or queuectl store copy --to local)`,
  );
}
