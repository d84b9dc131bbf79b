/**
 * @module
 * What the processes of runs take of the host: those whose environment holds a run's token, as `/proc` tells. Who has
 * emptied its environment, or belongs to another user, is not seen; nor is what the fork of a slot's shell has itself.
 */
import { RUN_VARIABLE, type RunUsage } from "../platform.ts";
import { runShell } from "./shell.ts";

/**
 * Prints a line for each process: its token, its CPU time and that of those it has waited for in ticks, then what the
 * kernel says of its memory now and at the most, in kB. The tokens come on stdin: as arguments, this script would find
 * itself, as it does with its environment, which has none.
 */
const BY_TOKEN = `grep -aosF -f - /proc/[0-9]*/environ | while IFS=: read -r file mark; do
  at=\${file%/environ} now=0 most=0
  { read -r stat <"$at/stat"; } 2>/dev/null || continue
  { while read -r name value _; do
    case $name in VmHWM:) most=$value;; VmRSS:) now=$value; break;; esac
  done <"$at/status"; } 2>/dev/null
  set -- \${stat##*) }
  echo "$((\${12} + \${13} + \${14} + \${15})) $now $most \${mark#*=}"
done`;

/** Ticks a second in `/proc/PID/stat`: the same on every machine Deno runs on. */
const TICKS = 100;

/** What the processes of runs take, by token; without those of which none is there. Undefined when nobody can tell. */
export async function usageOf(
  tokens: readonly string[],
  procfs: boolean,
): Promise<Map<string, RunUsage> | undefined> {
  if (!procfs) return undefined;
  return added(await runShell(BY_TOKEN, [], tokens.map((token) => `${RUN_VARIABLE}=${token}`)));
}

/** What was printed of each process, added up. */
export function added(printed: string): Map<string, RunUsage> {
  const runs = new Map<string, RunUsage>();
  for (const line of printed.split("\n")) {
    const [, ticks, now, most, token] = /^(\d+) (\d+) (\d+) (\S+)$/.exec(line) ?? [];
    if (token === undefined) continue;
    const run = runs.get(token) ?? { memory: 0, largest: 0, cpuMs: 0 };
    run.memory += Number(now) * 1024;
    run.largest = Math.max(run.largest, Number(most) * 1024);
    run.cpuMs += Number(ticks) * 1000 / TICKS;
    runs.set(token, run);
  }
  return runs;
}
