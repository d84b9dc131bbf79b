/**
 * @module
 * Windows. Written, not tried there yet: see `programs.ts`.
 */
import { launchedChild } from "../child.ts";
import type { Platform } from "../platform.ts";
import { startCall } from "./background.ts";
import { PROBE, readHost } from "./host.ts";
import { cmdFor, isKnownShell } from "./launch.ts";
import { killArguments, LIST, readProcesses, runsAmong, treeAmong, withDescendants } from "./processes.ts";
import { powershell, PROGRAMS, type Run, runProgram } from "./programs.ts";

/** Processes as Windows knows them; `run` runs its programs. */
export function windowsPlatform(run: Run = runProgram): Platform {
  const list = async () => readProcesses(await run(powershell(LIST)));
  return {
    programs: PROGRAMS,
    stopSignals: ["SIGINT", "SIGBREAK"],
    launcher: () => ({
      launch: (launch) => launchedChild(new Deno.Command("cmd", cmdFor(launch)).spawn(), { group: false }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
    async findRuns(marks) {
      const processes = await list();
      return processes && runsAmong(processes, marks);
    },
    usageOf: () => Promise.resolve(undefined),
    haltGroups: () => Promise.reject(new Error("processes cannot be stopped here")),
    async signalTree(tree, signal) {
      const processes = await list();
      if (!processes) throw new Error("the processes of this machine cannot be listed");
      const pids = treeAmong(processes, tree);
      // No signal asks a process without a window to end: TERM is KILL.
      if (signal !== "0" && pids.length > 0) await run({ program: "taskkill", args: killArguments(pids) });
      return pids.map((pid) => ({ pid, parent: null, start: "", refused: false, still: false }));
    },
    probeLimits: () => Promise.resolve(undefined),
    probeHost: async () => readHost(await run(powershell(PROBE))),
    async startInBackground(program, log) {
      const root = Number(await run(startCall(program, log)));
      let ended = Number.isNaN(root);
      return {
        get ended() {
          return ended;
        },
        async pids() {
          const processes = await list();
          const pids = processes ? withDescendants(processes, root) : [];
          if (processes && pids.length === 0) ended = true;
          return pids;
        },
        leave() {},
      };
    },
    hasVariable: () => Promise.resolve(undefined),
    withheldNames: () => Promise.resolve([]),
    async hasProgram(name) {
      const script =
        "Get-Command -CommandType Application -Name $env:QUEUECTL_NAME | Select-Object -First 1 Source";
      return (await run(powershell(script, { QUEUECTL_NAME: name }))).trim() !== "";
    },
    findOnPath: () => Promise.resolve([]),
    isShell: (program) => Promise.resolve(isKnownShell(program)),
    punchHole: () => Promise.resolve(false),
    emptyRemoved: () => Promise.resolve([]),
    appends: false,
    canPause: false,
    async disk(directory) {
      const script = "[IO.DriveInfo]::new($env:QUEUECTL_PATH) | ForEach-Object { " +
        '"$($_.Name) $($_.DriveFormat) $($_.AvailableFreeSpace)" }';
      const printed = await run(powershell(script, { QUEUECTL_PATH: directory }));
      const [, source, type, available] = /^(\S+) (\S*) (\d+)/.exec(printed) ?? [];
      if (source === undefined) return undefined;
      return { source, type: type || undefined, available: Number(available) };
    },
    knowsOwnPath: () => Promise.resolve(true),
  };
}
