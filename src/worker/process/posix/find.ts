/**
 * @module
 * Finding the first processes of runs that somebody else started. A run is known by a mark in the command line of its
 * first process, its token or its whole spool, which are unguessable: never by a pid alone, which may be another's.
 * Others can have the mark in theirs, too, such as someone who looks at the spool, or signals the run; but only the
 * run's own shells have it beside their script. Only the fork of a slot's shell has it nowhere but in the name of the
 * file that it prints to.
 */
import type { Found } from "../platform.ts";
import { runShell } from "./shell.ts";
import { SLOT_SCRIPT } from "./slot_shell.ts";

/** What every script that runs a job has in it (see `launch.ts`), and hardly any other command line. */
const SCRIPT = '"$2.out"';

/**
 * Prints for how long the machine has been up, in seconds, then a line for each process: process group, start in ticks
 * since boot, and mark. The marks come on stdin: as arguments, this script would find itself. $1 is what else is there.
 */
const BY_PROC = `script=$1; read -r up _ </proc/uptime; echo "$up"
grep -aosF -f - /proc/[0-9]*/cmdline | while IFS=: read -r file mark; do
  grep -qsF -- "$script" "$file" || continue
  read -r stat <"\${file%/cmdline}/stat" || continue
  set -- \${stat##*) }
  echo "$3 \${20} $mark"
done`;

/**
 * The same for forks of slots' shells, with what `ls` says of their stdout in place of the mark. $1 is in their command
 * line.
 */
const BY_STDOUT = `script=$1; read -r up _ </proc/uptime; echo "$up"; exec 3<&0
ls -ln /proc/[0-9]*/fd/1 2>/dev/null | grep -F -f /dev/fd/3 | while IFS= read -r line; do
  pid=\${line#*/proc/}; pid=\${pid%%/*}
  grep -qsF -- "$script" "/proc/$pid/cmdline" || continue
  read -r stat <"/proc/$pid/stat" || continue
  set -- \${stat##*) }
  echo "$3 \${20} $line"
done`;

/** Ticks a second in `/proc/PID/stat`: the same on every machine Deno runs on. */
const TICKS = 100;

/**
 * The same where there is no `/proc`, as on macOS: process group, time since start, and arguments of every process.
 * All of these options and columns are POSIX's, and BSD's `ps` has them; `-ww` is what keeps that from cutting off the
 * arguments, and `=` from printing a header.
 */
const BY_PS = "ps -A -ww -o pgid= -o etime= -o args=";

/**
 * The runs whose first process is alive, by mark, or undefined when nobody can tell.
 * @param marks none is part of another
 * @param procfs `byToken` of `Host`: there is a `/proc`
 */
export async function findRuns(
  marks: readonly string[],
  procfs: boolean,
): Promise<Map<string, Found> | undefined> {
  if (!procfs) return readPs(await runShell(BY_PS, []), marks);
  const found = readProc(await runShell(BY_PROC, [SCRIPT], marks), marks);
  const missing = marks.filter((mark) => !found?.has(mark));
  if (!found || missing.length === 0) return found;
  const forks = readProc(await runShell(BY_STDOUT, [SLOT_SCRIPT], missing), missing);
  return forks && new Map([...found, ...forks]);
}

function readProc(printed: string, marks: readonly string[]): Map<string, Found> | undefined {
  const [up, ...lines] = printed.trimEnd().split("\n");
  if (!up) return undefined;
  const found = new Map<string, Found>();
  for (const line of lines) {
    const [, group, start, text] = /^(\d+) (\d*) (.+)$/.exec(line) ?? [];
    const mark = text && marks.find((one) => text.includes(one));
    if (!mark) continue;
    const ageMs = (Number(up) - Number(start) / TICKS) * 1000;
    note(found, mark, { group: Number(group), ageMs: Math.max(0, ageMs || 0) });
  }
  return found;
}

/** The command's shell and its witness both have the mark: the older one is the first. */
function note(found: Map<string, Found>, mark: string, one: Found): void {
  if (one.ageMs >= (found.get(mark)?.ageMs ?? 0)) found.set(mark, one);
}

function readPs(printed: string, marks: readonly string[]): Map<string, Found> | undefined {
  if (printed === "") return undefined;
  const found = new Map<string, Found>();
  for (const line of printed.split("\n")) {
    const mark = line.includes(SCRIPT) ? marks.find((one) => line.includes(one)) : undefined;
    const [, group, elapsed] = /^\s*(\d+)\s+([\d:-]+)\s/.exec(line) ?? [];
    if (mark && elapsed) note(found, mark, { group: Number(group), ageMs: elapsedMs(elapsed) });
  }
  return found;
}

/** `[[days-]hours:]minutes:seconds`, as ps prints it. */
function elapsedMs(text: string): number {
  const [clock, days] = text.split("-").reverse();
  const seconds = clock!.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days ?? 0) * 86_400 + seconds) * 1000;
}
