/**
 * @module
 * `queuectl doctor`: looks whether everything is as it has to be, and says what to do where it is not. It goes on
 * where other commands stop, so nothing here relies on the store being there.
 */
import { defineCommand, type Target } from "../line/command.ts";
import { text } from "../line/flags.ts";
import type { Finding } from "./doctor/finding.ts";

export const command: Target = defineCommand({
  brief: "Check the store, the permissions, the disk, the clock and the workers",
  description:
    "Ends with exit code 1 when there is a problem, 3 when the server with the jobs cannot be used; warnings are none. Reads the whole store, " +
    "which takes a while when it is large.",
  examples: [
    ["doctor", "check everything"],
    ["doctor --json", "the same for programs"],
    ["doctor --salvage rescued.db", "write what can be read of a damaged store to a new database"],
  ],
  flags: { salvage: text("FILE", "save what can be read to this new database, instead of checking") },
  async run(context, flags) {
    if (flags.salvage !== undefined) {
      const { salvageTo } = await import("./doctor/salvage.ts");
      return await salvageTo(context, flags.salvage);
    }
    const [{ checkPermissions }, { checkStore }, { checkSurroundings }, { checkClock }, { checkLeftovers }] =
      await Promise.all([
        import("./doctor/permissions.ts"),
        import("./doctor/store.ts"),
        import("./doctor/surroundings.ts"),
        import("./doctor/clock.ts"),
        import("./doctor/leftovers.ts"),
      ]);
    const checks = [checkPermissions, checkStore, checkSurroundings, checkClock, checkLeftovers];
    const findings: Finding[] = [];
    for (const check of checks) {
      for await (const finding of check(context)) findings.push(finding);
    }
    const { printFindings } = await import("./doctor/print_findings.ts");
    return printFindings(context, findings);
  },
});
