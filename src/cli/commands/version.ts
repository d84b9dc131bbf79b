/**
 * @module
 * `queuectl version`: which queuectl this is, and what it runs on.
 */
import { engineVersion } from "../../store/open.ts";
import { VERSION } from "../../system/version.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { programKind } from "./program_kind.ts";

export const command: Target = defineCommand({
  brief: "Print the version, and what it runs on",
  examples: [["version", "for people"], ["version --json", "for programs"]],
  async run(context) {
    const version = {
      version: VERSION,
      runtime: `Deno ${Deno.version.deno}`,
      engine: await engineVersion(),
      platform: Deno.build.target,
      program: programKind(),
    };
    const { runtime, engine, platform, program } = version;
    context.print.result(
      version,
      () => `queuectl ${VERSION} (${runtime}, ${engine}, ${platform}, ${program})`,
    );
  },
});
