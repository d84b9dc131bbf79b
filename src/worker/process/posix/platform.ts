/**
 * @module
 * Linux, macOS and others like them: everything goes through `sh`.
 */
import type { Platform } from "../platform.ts";
import { startInBackground } from "./background.ts";
import { askDf } from "./disk.ts";
import { findRuns } from "./find.ts";
import { punchHole } from "./hole.ts";
import { haltGroups } from "./halt.ts";
import { probeHost } from "./host.ts";
import { probeLimits } from "./limits.ts";
import { PosixLauncher } from "./launcher.ts";
import { findOnPath } from "./on_path.ts";
import { emptyRemoved } from "./removed.ts";
import { hasVariable, runShell, withheldNames } from "./shell.ts";
import { signalTree } from "./tree.ts";
import { usageOf } from "./usage.ts";

export const posixPlatform: Platform = {
  programs: ["sh"],
  stopSignals: ["SIGINT", "SIGTERM", "SIGHUP"],
  launcher: () => new PosixLauncher(),
  findRuns,
  signalTree,
  usageOf,
  haltGroups,
  probeHost: () => probeHost(),
  probeLimits,
  startInBackground,
  withheldNames,
  hasVariable,
  async hasProgram(name) {
    return await runShell('command -v -- "$1" >/dev/null && echo yes', [name]) !== "";
  },
  findOnPath,
  async isShell(program) {
    return await runShell('"$1" -c "echo yes" 2>/dev/null', [program]) === "yes\n";
  },
  punchHole,
  emptyRemoved,
  appends: true,
  canPause: true,
  disk: askDf,
  async knowsOwnPath() {
    return Deno.build.os !== "linux" || await runShell("[ -e /proc/self/exe ] && echo yes", []) !== "";
  },
};
