/**
 * @module
 * The platform's shell, processes and signals; nothing else knows them. Everything goes through `sh`, so that
 * `--allow-run=sh` is all the permission it takes.
 *
 * The tree of a run is every process whose environment holds the run's token, with all their descendants. That
 * finds what called `setsid` or was re-parented, which a process group misses. Only a process that has emptied
 * its environment *and* lost its parent escapes. Where there is no `/proc`, the tree is the run's process group.
 */

/** The variable whose value names a run in the environment of all its processes. */
export const RUN_VARIABLE = "QUEUECTL_RUN";

/** What to know about the machine before running commands on it. */
export interface Host {
  /** The host's name. */
  name: string;
  /** Names this boot of the host; empty where the system does not say. */
  bootId: string;
  /** Whether `/proc` shows the processes' environments. */
  procfs: boolean;
  /** Whether this process has a controlling terminal, whose signals would reach its children. */
  terminal: boolean;
}

const PROBE = `uname -n
boot=; [ -r /proc/sys/kernel/random/boot_id ] && read -r boot </proc/sys/kernel/random/boot_id; echo "$boot"
[ -r /proc/self/environ ] && echo yes || echo no
(: </dev/tty) 2>/dev/null && echo yes || echo no`;

/** Asks the machine. */
export async function probeHost(): Promise<Host> {
  const [name = "", bootId = "", procfs, terminal] = (await runShell(PROBE, [])).split("\n");
  return { name, bootId, procfs: procfs === "yes", terminal: terminal === "yes" };
}

/** One command to run. */
export interface Launch {
  /** Any shell text. */
  command: string;
  /** `sh`, or the name or path of another shell that takes `-c COMMAND`. */
  shell: string;
  /** The output goes to this path with `.out` and `.err` behind it. */
  spool: string;
  /** The directory to run in; null is this process's own. */
  cwd: string | null;
  /** Laid over this process's own environment. */
  env: Readonly<Record<string, string>>;
  /** Starts a session of its own: away from the terminal's signals, and a process group of its own. */
  detached: boolean;
}

/**
 * The shell that becomes the command: it sends its output to the spool, then runs the text as `sh -c TEXT` would,
 * without a second process. `set --` empties `$@`, on the same line so that line numbers stay right.
 */
const TO_SPOOL = 'exec >>"$2.out" 2>>"$2.err"; ';
const RUN_IN_SH = 'eval "set --; $1"';
const RUN_IN_OTHER = 'exec "$3" -c "$1"';

/** The first of the shell's arguments that is a variable to export. */
const FIRST_EXPORT = 4;

/**
 * Variables that the shell gets as arguments and exports itself: given to the runtime, they would change which `sh`
 * it finds, or what that loads, and it refuses to start one that `--allow-run=sh` does not mean.
 */
const EXPORTED = /^(?:PATH|(?:LD|DYLD)_\w+)$/;

/**
 * Starts a command with stdin closed and its output going straight to the spool.
 * @throws when it cannot be started, for example because `cwd` does not exist
 */
export function launch({ command, shell, spool, cwd, env, detached }: Launch): Deno.ChildProcess {
  const variables = Object.entries(env);
  const exported = variables.filter(([name]) => EXPORTED.test(name));
  const exports = exported.map((_, i) => `export "\${${FIRST_EXPORT + i}}"; `).join("");
  const script = TO_SPOOL + exports + (shell === "sh" ? RUN_IN_SH : RUN_IN_OTHER);
  return new Deno.Command("sh", {
    args: ["-c", script, "sh", command, spool, shell, ...exported.map((variable) => variable.join("="))],
    ...(cwd === null ? {} : { cwd }),
    env: Object.fromEntries(variables.filter(([name]) => !EXPORTED.test(name))),
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached,
  }).spawn();
}

/** The processes of a run. */
export interface Tree {
  /** What `QUEUECTL_RUN` is in the environment of its processes. */
  token: string;
  /** The pid of its first process as long as that has not been reaped; a pid is never used after that. */
  root: number | null;
}

/**
 * Prints the pids of a run's processes and, unless the signal is 0, signals each of them.
 * $1 signal, $2 `QUEUECTL_RUN=token`, $3 pid of the first process or nothing.
 */
const SIGNAL_BY_TOKEN = `all=" "; new=
add() { for pid; do case "$all" in *" $pid "*) ;; *) all="$all$pid "; new="$new $pid";; esac; done; }
add $3 $(grep -ls -- "$2" /proc/[0-9]*/environ | cut -d/ -f3)
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

/** The same for a process group. $1 signal, $2 its number. */
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
    printed = await runShell(SIGNAL_BY_TOKEN, [signal, `${RUN_VARIABLE}=${tree.token}`, ...root]);
  } else {
    if (tree.root === null) return [];
    printed = await runShell(SIGNAL_BY_GROUP, [signal, String(tree.root)]);
  }
  return printed.split("\n").filter((line) => line !== "").map(Number);
}

/** Runs a script with arguments and returns what it printed. */
async function runShell(script: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", ...args],
    env: { [RUN_VARIABLE]: "" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}
