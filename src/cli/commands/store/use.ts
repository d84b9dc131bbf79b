/**
 * @module
 * `queuectl store use`.
 */
import { chooseStore } from "../../../store/choice.ts";
import { LOCAL } from "../../../store/meant.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { storeJson } from "./store_json.ts";

export const command: Target = defineCommand({
  brief: "Choose where jobs are kept: in this home, or on a PostgreSQL server that several hosts use",
  description:
    "The address is kept in the home, in a file that only you can read; --store and QUEUECTL_STORE go before it. Others " +
    "see what stands on a command line: keep a password in ~/.pgpass, or the whole address in a file. Jobs stay where " +
    "they are (see store copy); workers that run stay with the store that they have.",
  examples: [
    ["store use postgres://work@db.example/work", "from now on, jobs are kept there"],
    ["store use 'postgres://work@db.example/work?schema=ci'", "in a schema of its own"],
    ["store use file:/run/secrets/queue", "as that file says"],
    ["store use local", "in the home again"],
  ],
  words: {
    placeholder: "ADDRESS",
    brief: `postgres://USER@HOST:PORT/DATABASE, file:PATH of a file with that, or ${LOCAL}`,
    min: 1,
    max: 1,
  },
  async run(context, _flags, [address]) {
    const chosen = await chooseStore(context.home, address!);
    context.print.result(storeJson(chosen), () => `Using ${chosen.store}, ${chosen.info.engine}`);
  },
});
