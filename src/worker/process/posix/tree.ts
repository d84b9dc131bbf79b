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
import { RUN_VARIABLE, type Signalled, type Tree, type TreeSignal } from "../platform.ts";
import { runShell } from "./shell.ts";

/**
 * Signals a run's processes, unless the signal is 0, and prints a line for each that was there before: pid, pid of its parent,
 * its start, its state, and `refused` where this user may not signal it. Another user's process shows only as somebody's
 * descendant; once its parent has ended it can be told by nothing but what was seen before.
 * $1 signal, $2 `QUEUECTL_RUN=token`, $3 the end of what `ls` says of their stdout or nothing, $4 pid of the first
 * process or nothing, $5 that of one that STOP leaves alone or nothing, then `pid:start` of those that were seen before.
 * STOP leaves alone whoever asks for it, too, who may be one of them.
 */
const SIGNAL_BY_TOKEN = `all=" "; new=
add() { for pid; do case "$all" in *" $pid "*) ;; *) all="$all$pid "; new="$new $pid";; esac; done; }
look() {
  { read -r stat </proc/$1/stat; } 2>/dev/null || return 1
  set -- \${stat##*) }
  state=$1 parent=$2 start=\${20}
  case $1 in [ZXx]) return 1;; esac
}
signal=$1 token=$2 output=$3 root=$4 waiter=$5; shift 5
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
for pid in $all; do
  [ "$signal" = STOP ] && case $pid in "$waiter"|$$|$PPID) continue;; esac
  look $pid && there="$there $pid:$parent:$start:$state"
done
for one in $there; do
  pid=\${one%%:*} refused=
  kill -s "$signal" $pid || ! look $pid || refused=refused
  echo "$one:$refused"
  [ "$signal" = TERM ] && kill -s CONT $pid
done 2>/dev/null; :`;

/**
 * The same for a process group. $1 signal, $2 its number. `kill` is the shell's own, and takes this form in dash, zsh
 * and the bash 3.2 that is `sh` on macOS.
 */
const SIGNAL_BY_GROUP = `if kill -s "$1" -- "-$2"; then
  [ "$1" = TERM ] && kill -s CONT -- "-$2"
  echo "$2"
fi 2>/dev/null; :`;

/**
 * Sends a signal to every process of a run, or none with signal 0, and returns those that are there; `seen` are some
 * that were before. A process stopped by SIGSTOP is woken by TERM, so that it can end.
 */
export async function signalTree(
  { token, spool, root, waiter = null, seen = [] }: Tree,
  signal: TreeSignal,
  procfs: boolean,
): Promise<Signalled[]> {
  if (!procfs) {
    if (root === null) return [];
    const printed = await runShell(SIGNAL_BY_GROUP, [signal, String(root)]);
    return printed === "" ? [] : [{ pid: root, parent: null, start: "", refused: false, still: true }];
  }
  const output = spool === undefined ? "" : ` -> ${streamPath(spool, "stdout")}`;
  const printed = await runShell(SIGNAL_BY_TOKEN, [
    signal,
    `${RUN_VARIABLE}=${token}`,
    output,
    root === null ? "" : String(root),
    waiter === null ? "" : String(waiter),
    ...seen.map(({ pid, start }) => `${pid}:${start}`),
  ]);
  return printed.split("\n").filter((line) => line !== "").map((line) => {
    const [pid, parent, start = "", state = "", refused] = line.split(":");
    return {
      pid: Number(pid),
      parent: Number(parent),
      start,
      refused: refused === "refused",
      still: /^[TtD]$/.test(state),
    };
  });
}
