/**
 * @module
 * Linux, macOS and others like them: everything goes through `sh`.
 */
import type { Platform } from "../platform.ts";
import { startInBackground } from "./background.ts";
import { findRuns } from "./find.ts";
import { probeHost } from "./host.ts";
import { launch } from "./launch.ts";
import { runShell, withheldNames } from "./shell.ts";
import { signalTree } from "./tree.ts";

/** Processes as POSIX knows them. */
export const posixPlatform: Platform = {
  programs: ["sh"],
  stopSignals: ["SIGINT", "SIGTERM", "SIGHUP"],
  launch,
  findRuns,
  signalTree,
  probeHost: () => probeHost(),
  startInBackground,
  withheldNames,
  async hasProgram(name) {
    return await runShell('command -v -- "$1" >/dev/null && echo yes', [name]) !== "";
  },
  async freeBytes(directory) {
    const printed = await runShell('df -Pk -- "$1"', [directory]);
    const available = Number(printed.split("\n")[1]?.trim().split(/\s+/)[3] ?? NaN) * 1024;
    return Number.isNaN(available) ? undefined : available;
  },
};
