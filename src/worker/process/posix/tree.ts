/**
 * @module
 * The process tree of a run, and signals to all of it.
 *
 * The tree is every process whose environment holds the run's token, with all their descendants. That finds what
 * called `setsid` or was re-parented, which a process group misses. Only a process that has emptied its environment
 * *and* lost its parent escapes. The fork of a slot's shell has the environment of that, and is told by its stdout.
 * Where there is no `/proc`, the tree is the run's process group.
 */
import { streamPath } from "../../spool/spool.ts";
import { RUN_VARIABLE, type Signalled, type Tree } from "../platform.ts";
import { runShell } from "./shell.ts";

/**
 * Signals a run's processes, unless the signal is 0, and prints a line for each that was there before: pid, pid of its parent,
 * its start, and `refused` where this user may not signal it. Another user's process shows only as somebody's
 * descendant; once its parent has ended it can be told by nothing but what was seen before.
 * $1 signal, $2 `QUEUECTL_RUN=token`, $3 the end of what `ls` says of their stdout or nothing, $4 pid of the first
 * process or nothing, then `pid:start` of those that were seen before.
 */
const SIGNAL_BY_TOKEN = `all=" "; new=
add() { for pid; do case "$all" in *" $pid "*) ;; *) all="$all$pid "; new="$new $pid";; esac; done; }
look() {
  { read -r stat </proc/$1/stat; } 2>/dev/null || return 1
  set -- \${stat##*) }
  parent=$2 start=\${20}
  case $1 in [ZXx]) return 1;; esac
}
signal=$1 token=$2 output=$3 root=$4; shift 4
[ -z "$output" ] || add $(ls -ln /proc/[0-9]*/fd/1 2>/dev/null | grep -F -- "$output" | cut -d/ -f3)
add $root $(grep -ls -- "$token" /proc/[0-9]*/environ | cut -d/ -f3)
for seen; do look "\${seen%:*}" && [ "$start" = "\${seen#*:}" ] && add "\${seen%:*}"; done
while [ -n "$new" ]; do
  todo=$new; new=
  for pid in $todo; do
    for list in /proc/$pid/task/*/children; do
      children=; [ -r "$list" ] && read -r children <"$list"; add $children
    done
  done
done
there=
for pid in $all; do look $pid && there="$there $pid:$parent:$start"; done
for one in $there; do
  pid=\${one%%:*} rest=\${one#*:} refused=
  kill -s "$signal" $pid || ! look $pid || refused=refused
  echo "$pid \${rest%:*} \${rest#*:} $refused"
  [ "$signal" = TERM ] && kill -s CONT $pid
done 2>/dev/null; :`;

/**
 * The same for a process group. $1 signal, $2 its number. `kill` is the shell's own, and takes this form in dash, zsh
 * and the bash 3.2 that is `sh` on macOS.
 */
const SIGNAL_BY_GROUP = `kill -s "$1" -- "-$2" 2>/dev/null && echo "$2"; :`;

/**
 * Sends a signal to every process of a run, or none with signal 0, and returns those that are there; `seen` are some
 * that were before. A process stopped by SIGSTOP is woken by TERM, so that it can end.
 */
export async function signalTree(
  { token, spool, root, seen = [] }: Tree,
  signal: "TERM" | "KILL" | "0",
  procfs: boolean,
): Promise<Signalled[]> {
  if (!procfs) {
    if (root === null) return [];
    const printed = await runShell(SIGNAL_BY_GROUP, [signal, String(root)]);
    return printed === "" ? [] : [{ pid: root, parent: null, start: "", refused: false }];
  }
  const output = spool === undefined ? "" : ` -> ${streamPath(spool, "stdout")}`;
  const printed = await runShell(SIGNAL_BY_TOKEN, [
    signal,
    `${RUN_VARIABLE}=${token}`,
    output,
    root === null ? "" : String(root),
    ...seen.map(({ pid, start }) => `${pid}:${start}`),
  ]);
  return printed.split("\n").filter((line) => line !== "").map((line) => {
    const [pid, parent, start = "", refused] = line.split(" ");
    return { pid: Number(pid), parent: Number(parent), start, refused: refused === "refused" };
  });
}
