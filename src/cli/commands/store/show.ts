/**
 * @module
 * `queuectl store show`.
 */
import { currentStore } from "../../../store/choice.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { storeJson } from "./store_json.ts";

export const command: Target = defineCommand({
  brief: "Say where jobs are kept",
  examples: [["store show", "its address, without the password"]],
  async run(context) {
    const chosen = await currentStore(context.home);
    const { store, info: { engine, schemaVersion } } = chosen;
    context.print.result(storeJson(chosen), () => `${store}, ${engine}, schema ${schemaVersion}`);
  },
});
