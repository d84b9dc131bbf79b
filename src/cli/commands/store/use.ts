/**
 * @module
 * `queuectl store use`.
 */
import { chooseStore, LOCAL } from "../../../store/choice.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { storeJson } from "./store_json.ts";

export const command: Target = defineCommand({
  brief: "Choose where jobs are kept: in this home, or on a PostgreSQL server that several hosts use",
  description:
    "The address is kept in the home, in a file that only you can read. Jobs stay where they are; workers that run stay " +
    "with the store that they have.",
  examples: [
    ["store use postgres://work@db.example/work", "from now on, jobs are kept there"],
    ["store use 'postgres://work@db.example/work?schema=ci'", "in a schema of its own"],
    ["store use local", "in the home again"],
  ],
  words: {
    placeholder: "ADDRESS",
    brief: `postgres://USER:PASSWORD@HOST:PORT/DATABASE, or ${LOCAL}`,
    min: 1,
    max: 1,
  },
  async run(context, _flags, [address]) {
    const chosen = await chooseStore(context.home, address!);
    context.print.result(storeJson(chosen), () => `Using ${chosen.store}, ${chosen.info.engine}`);
  },
});
