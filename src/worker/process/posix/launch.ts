/**
 * @module
 * Starting a job's command so that it needs nobody: no pipe or terminal ties it to its worker, its output goes
 * straight to the spool, and a shell leaves there how it ended (see `spool.ts` for the files).
 *
 * Invariants: the command does not begin unless its shell makes the first file of the spool, so whoever makes that
 * file before keeps it from ever beginning. The spool's path is an argument of the first process for as long as that
 * lives: it is how others recognise it (see `find.ts`).
 */
import { type Launch, NO_RUN } from "../platform.ts";
import type { Limits } from "../limits.ts";
import { EXPENDABLE, limited } from "./limits.ts";
import { spawnApart } from "./shell.ts";

// The arguments of all scripts: $1 the command, $2 the spool, $3 the shell, $4 the script for it, then variables.
const FIRST_EXPORT = 5;

/** Makes the first file of the spool, or ends the shell with 2 when it is there already. */
const BEGIN = 'set -C; : >"$2.out"; set +C; ';
const TO_SPOOL = 'exec >>"$2.out" 2>>"$2.err"; ';
/** For all that comes after: each attempt has a file of its own, so it reads from the start. */
const FROM_SPOOL = 'exec <"$2.in"; ';
/** Runs the text as `sh -c TEXT` would. `set --` empties `$@`, on the same line so that line numbers stay right. */
const RUN = 'eval "set --; $1"';
/** Sets $1 to the last exit code, and shows neither this nor what comes after it where the command traces (`set -x`). */
const UNTRACED = '{ set -- "$?"; set +x; } 2>/dev/null; ';
/** The command's own shell says where it chose a code that looks like death by a signal. */
const TELL_IF_HIGH =
  `QUEUECTL_EXIT=$2.chosen; trap '${UNTRACED}case $1 in 129|1[3-9]?|2??) : >|"$QUEUECTL_EXIT.$1";; esac' EXIT; `;
/**
 * The witness is a shell that waits for the command's shell and notes its end, and the CPU time of all that was waited
 * for. It knows what that could not tell: the end of a program it became by `exec`, of one with traps of its own, or by a
 * signal. Signals that mean the job leave it waiting.
 */
const WITNESS = "trap : HUP INT TERM; ";
const POSIX = '"$3" -c "$4" "$3" "$@"';
const OTHER = '"$3" -c "$1" >>"$2.out" 2>>"$2.err"';
/** Such a shell is looked for first: once its files are made, the command has begun. */
const runOther = (other: string) =>
  `if case $3 in */*) [ -f "$3" ] && [ -x "$3" ];; *) command -v "$3" >/dev/null;; esac
then ${other}
elif [ -e "$3" ]; then (exit 126)
else (exit 127)
fi`;
const TESTIFY = `
code=$?
if [ $code -gt 128 ] && [ ! -e "$2.chosen.$code" ] && signal=$(kill -l $code)
then times >|"$2.signal.SIG$signal"
else times >|"$2.exit.$code"
fi
exit $code`;

/** Shells that understand `TELL_IF_HIGH` and `RUN`. */
const POSIX_SHELL = /(?:^|\/)(?:a|ba|da|k|mk|z)?sh$/;

/**
 * Variables that the shell gets as arguments and exports itself: given to the runtime, they would change which `sh`
 * it finds, or what that loads, and it refuses to start one that `--allow-run=sh` does not mean.
 */
const EXPORTED = /^(?:PATH|(?:LD|DYLD)_\w+)$/i;

/** Whether a variable has to be given to the command's own shell, and to no other before. */
export function isExported(name: string): boolean {
  return EXPORTED.test(name);
}

/** The scripts of the first process and of the command's own shell, which exports as many variables; it `reads` the spool. */
export function scriptsFor(
  shell: string,
  { exported = 0, reads = false, limits }: {
    exported?: number;
    reads?: boolean;
    limits?: Limits | undefined;
  } = {},
): { outer: string; inner: string } {
  const begin = BEGIN + (reads ? FROM_SPOOL : "") + WITNESS;
  const within = (program: string) => limits ? limited(program, limits) : program;
  const exports = Array.from({ length: exported }, (_, i) => `export "\${${FIRST_EXPORT + i}}"; `).join("");
  return {
    outer: POSIX_SHELL.test(shell)
      ? begin + within(POSIX) + TESTIFY
      : begin + exports + runOther(within(OTHER)) + TESTIFY,
    inner: TO_SPOOL + exports + TELL_IF_HIGH + RUN,
  };
}

/**
 * Starts a command within its limits, with its stdin closed or from the spool, and its output going there, in a session
 * of its own: no signal to a process group or from a terminal reaches from it to others, or from others to it. Its first
 * process is the witness.
 *
 * @throws when it cannot be started, for example because `cwd` does not exist
 */
export function launch(
  { command, shell, spool, cwd, env, reads = false, limits, setsid }: Launch,
): Deno.ChildProcess {
  const variables = Object.entries({ ...NO_RUN, ...env });
  const exported = variables.filter(([name]) => isExported(name));
  const { outer, inner } = scriptsFor(shell, { exported: exported.length, reads, limits });
  return spawnApart({
    args: [
      "-c",
      EXPENDABLE + outer,
      "sh",
      command,
      spool,
      shell,
      inner,
      ...exported.map((one) => one.join("=")),
    ],
    ...(cwd === null ? {} : { cwd }),
    env: Object.fromEntries(variables.filter(([name]) => !isExported(name))),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }, { setsid });
}
