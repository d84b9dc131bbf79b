/**
 * @module
 * `queuectl man`: prints the manual page, made from what the commands say of themselves.
 */
import { VERSION } from "../../system/version.ts";
import { defineCommand, type Target } from "../line/command.ts";

export const command: Target = defineCommand({
  brief: "Print the manual page",
  examples: [
    ["man | man -l -", "read it"],
    ["man > /usr/local/share/man/man1/queuectl.1", "install it, so that man queuectl shows it"],
  ],
  async run(context) {
    const [{ manualPage }, { loadWholeTree }] = await Promise.all([
      import("./man/page.ts"),
      import("../line/tree.ts"),
    ]);
    const page = manualPage(await loadWholeTree(), VERSION);
    context.print.result({ page }, () => page);
  },
});
