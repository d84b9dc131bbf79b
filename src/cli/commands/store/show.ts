/**
 * @module
 * `queuectl store show`.
 */
import { currentStore } from "../../../store/choice.ts";
import { defineCommand, type Target } from "../../line/command.ts";
import { storeJson } from "./store_json.ts";
import { unreadVariable } from "./unread.ts";

const BY = {
  option: ", as --store says",
  variable: ", as QUEUECTL_STORE says",
  home: "",
  nobody: "",
} as const;

export const command: Target = defineCommand({
  brief: "Say where jobs are kept",
  description: "That is what --store says, else QUEUECTL_STORE, else what store use chose, else the home.",
  examples: [["store show", "its address, without the password"]],
  async run(context) {
    const chosen = await currentStore(context.home, context.meant);
    const unread = await unreadVariable(context);
    if (unread?.isSet) context.print.note(`${unread.found}: ${unread.advice}`);
    else if (unread) context.print.hint(`${unread.found}: ${unread.advice}`);
    const { store, by, info: { engine, schemaVersion } } = chosen;
    context.print.result(
      { ...storeJson(chosen), by, variable_unread: unread !== undefined },
      () => `${store}, ${engine}, schema ${schemaVersion}${BY[by]}`,
    );
  },
});
