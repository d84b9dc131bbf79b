/**
 * @module
 * The process tree of a run, and signals to all of it.
 *
 * The tree is every process whose environment holds the run's token, with all their descendants. That finds what
 * called `setsid` or was re-parented, which a process group misses. Only a process that has emptied its environment
 * *and* lost its parent escapes. The fork of a slot's shell has the environment of that, and is told by its stdout.
 * Where there is no `/proc`, the tree is the run's process group.
 */
import { streamPath } from "../../spool.ts";
import { RUN_VARIABLE, type Tree } from "../platform.ts";
import { runShell } from "./shell.ts";

/**
 * Prints the pids of a run's processes and, unless the signal is 0, signals each of them.
 * $1 signal, $2 `QUEUECTL_RUN=token`, $3 the end of what `ls` says of their stdout or nothing, $4 pid of the first
 * process or nothing.
 */
const SIGNAL_BY_TOKEN = `all=" "; new=
add() { for pid; do case "$all" in *" $pid "*) ;; *) all="$all$pid "; new="$new $pid";; esac; done; }
add $4 $(grep -ls -- "$2" /proc/[0-9]*/environ | cut -d/ -f3)
[ -z "$3" ] || add $(ls -ln /proc/[0-9]*/fd/1 2>/dev/null | grep -F -- "$3" | cut -d/ -f3)
while [ -n "$new" ]; do
  todo=$new; new=
  for pid in $todo; do
    for list in /proc/$pid/task/*/children; do
      children=; [ -r "$list" ] && read -r children <"$list"; add $children
    done
  done
done
for pid in $all; do
  [ -d /proc/$pid ] || continue
  if [ "$1" = 0 ]; then echo $pid; else kill -s "$1" $pid && echo $pid; [ "$1" = TERM ] && kill -s CONT $pid; fi
done 2>/dev/null; :`;

/**
 * The same for a process group. $1 signal, $2 its number. `kill` is the shell's own, and takes this form in dash, zsh
 * and the bash 3.2 that is `sh` on macOS.
 */
const SIGNAL_BY_GROUP = `kill -s "$1" -- "-$2" 2>/dev/null && echo "$2"; :`;

/**
 * Sends a signal to every process of a run, or none with signal 0, and returns the pids that are there.
 * A process stopped by SIGSTOP is woken by TERM, so that it can end.
 */
export async function signalTree(
  tree: Tree,
  signal: "TERM" | "KILL" | "0",
  procfs: boolean,
): Promise<number[]> {
  let printed: string;
  if (procfs) {
    const root = tree.root === null ? [] : [String(tree.root)];
    const output = tree.spool === undefined ? "" : ` -> ${streamPath(tree.spool, "stdout")}`;
    printed = await runShell(SIGNAL_BY_TOKEN, [signal, `${RUN_VARIABLE}=${tree.token}`, output, ...root]);
  } else {
    if (tree.root === null) return [];
    printed = await runShell(SIGNAL_BY_GROUP, [signal, String(tree.root)]);
  }
  return printed.split("\n").filter((line) => line !== "").map(Number);
}
