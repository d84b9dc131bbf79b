/**
 * @module
 * Finding the first processes of runs that somebody else started. A run is known by its token, which is unguessable
 * and stands in the command line of its first process: never by a pid alone, which may be another's by now.
 */
import { runShell } from "./shell.ts";

/** The first process of a run. */
export interface Found {
  /** The pid of the leader of its process group: its own, if it was started in a group of its own. */
  group: number;
  /** For how long it has been running, in ms by the machine's monotonic clock. */
  ageMs: number;
}

/**
 * Prints for how long the machine has been up, then a line for each process: token, process group and start, both in
 * seconds since boot. The tokens come on stdin: as arguments, this script would find itself.
 */
const BY_PROC = `read -r up _ </proc/uptime; echo "$up"
grep -aosF -f - /proc/[0-9]*/cmdline | while IFS=: read -r file token; do
  read -r stat <"\${file%/cmdline}/stat" || continue
  set -- \${stat##*) }
  echo "$token $3 \${20}"
done`;

/** Ticks a second in `/proc/PID/stat`: the same on every machine Deno runs on. */
const TICKS = 100;

/** The same where there is no `/proc`: process group, time since start, and arguments of every process. */
const BY_PS = "ps -A -ww -o pgid= -o etime= -o args=";

/**
 * The runs whose first process is alive, by token, or undefined when nobody can tell.
 * @param procfs as in `Host`
 */
export async function findRuns(
  tokens: readonly string[],
  procfs: boolean,
): Promise<Map<string, Found> | undefined> {
  return procfs ? readProc(await runShell(BY_PROC, [], tokens)) : readPs(await runShell(BY_PS, []), tokens);
}

function readProc(printed: string): Map<string, Found> | undefined {
  const [up, ...lines] = printed.trimEnd().split("\n");
  if (!up) return undefined;
  const found = new Map<string, Found>();
  for (const line of lines) {
    const [token, group, start] = line.split(" ");
    const ageMs = (Number(up) - Number(start) / TICKS) * 1000;
    note(found, token!, { group: Number(group), ageMs: Math.max(0, ageMs || 0) });
  }
  return found;
}

/** The command's shell and its witness both have the token: the older one is the first. */
function note(found: Map<string, Found>, token: string, one: Found): void {
  if (one.ageMs >= (found.get(token)?.ageMs ?? 0)) found.set(token, one);
}

function readPs(printed: string, tokens: readonly string[]): Map<string, Found> | undefined {
  if (printed === "") return undefined;
  const found = new Map<string, Found>();
  for (const line of printed.split("\n")) {
    const token = tokens.find((one) => line.includes(one));
    const [, group, elapsed] = /^\s*(\d+)\s+([\d:-]+)\s/.exec(line) ?? [];
    if (token && elapsed) note(found, token, { group: Number(group), ageMs: elapsedMs(elapsed) });
  }
  return found;
}

/** `[[days-]hours:]minutes:seconds`, as ps prints it. */
function elapsedMs(text: string): number {
  const [clock, days] = text.split("-").reverse();
  const seconds = clock!.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days ?? 0) * 86_400 + seconds) * 1000;
}
