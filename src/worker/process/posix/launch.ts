/**
 * @module
 * Starting a job's command so that it needs nobody: no pipe or terminal ties it to its worker, its output goes
 * straight to the spool, and a shell leaves there how it ended (see `spool.ts` for the files).
 *
 * Invariants: the command does not begin unless its shell makes the first file of the spool, so whoever makes that
 * file before keeps it from ever beginning. The spool's path is an argument of the first process for as long as that
 * lives: it is how others recognise it (see `find.ts`).
 */
import type { Launch, Launched } from "../platform.ts";
import { isPlain } from "./plain.ts";
import { spawnShell } from "./shell.ts";

// The arguments of all scripts: $1 the command, $2 the spool, $3 the shell, $4 the script for it, $5 the file for ends,
// then variables.
const FIRST_EXPORT = 6;

/** Makes the first file of the spool, or ends the shell with 2 when it is there already. */
const BEGIN = 'set -C; : >"$2.out"; set +C; ';
const TO_SPOOL = 'exec >>"$2.out" 2>>"$2.err"; ';
/** Runs the text as `sh -c TEXT` would. `set --` empties `$@`, on the same line so that line numbers stay right. */
const RUN = 'eval "set --; $1"';
/**
 * A shell without a witness leaves its exit code itself: as a line in a file that it shares with others, which is
 * cheaper than to make another file, or, when the disk is full, as the name of an empty file. One with a witness
 * only says where it chose a code that looks like death by a signal.
 */
const TELL = 'QUEUECTL_EXIT=$2; QUEUECTL_ENDS=$5; trap \'set -- "$?"; ' +
  'echo "${QUEUECTL_EXIT##*/} $1" >>"$QUEUECTL_ENDS" || : >|"$QUEUECTL_EXIT.exit.$1"\' EXIT; ';
const TELL_IF_HIGH =
  `QUEUECTL_EXIT=$2.chosen; trap 'case $? in 129|1[3-9]?|2??) : >|"$QUEUECTL_EXIT.$?";; esac' EXIT; `;
/**
 * The witness is a shell that waits for the command's shell and notes its end. It knows what that could not tell: the
 * end of a program it became by `exec`, of one with traps of its own, or by a signal. Signals that mean the job leave
 * it waiting.
 */
const WITNESS = "trap : HUP INT TERM; ";
const RUN_POSIX = '"$3" -c "$4" "$3" "$@"';
const RUN_OTHER = '"$3" -c "$1" >>"$2.out" 2>>"$2.err"';
const TESTIFY = `
code=$?
if [ $code -gt 128 ] && [ ! -e "$2.chosen.$code" ] && signal=$(kill -l $code)
then : >|"$2.signal.SIG$signal"
else : >|"$2.exit.$code"
fi
exit $code`;

/** Shells that understand `TELL_IF_HIGH` and `RUN`. */
const POSIX_SHELL = /(?:^|\/)(?:a|ba|da|k|mk|z)?sh$/;

/**
 * Variables that the shell gets as arguments and exports itself: given to the runtime, they would change which `sh`
 * it finds, or what that loads, and it refuses to start one that `--allow-run=sh` does not mean.
 */
const EXPORTED = /^(?:PATH|(?:LD|DYLD)_\w+)$/i;

/**
 * Starts a command with stdin closed and its output going to the spool. Where it may take longer, or is not plain,
 * there is a witness: a second shell, which adds two thirds to the time that running `true` takes.
 *
 * @throws when it cannot be started, for example because `cwd` does not exist
 */
export function launch(launch: Launch): Launched {
  const { command, shell, spool, ends, cwd, env, detached, brief } = launch;
  const variables = Object.entries(env);
  const exported = variables.filter(([name]) => EXPORTED.test(name));
  const exports = exported.map((_, i) => `export "\${${FIRST_EXPORT + i}}"; `).join("");
  const alone = brief && shell === "sh" && isPlain(command);
  const script = alone
    ? BEGIN + TO_SPOOL + exports + TELL + RUN
    : POSIX_SHELL.test(shell)
    ? BEGIN + WITNESS + RUN_POSIX + TESTIFY
    : BEGIN + WITNESS + exports + RUN_OTHER + TESTIFY;
  const inner = alone ? "" : TO_SPOOL + exports + TELL_IF_HIGH + RUN;
  const child = spawnShell({
    args: ["-c", script, "sh", command, spool, shell, inner, ends, ...exported.map((one) => one.join("="))],
    ...(cwd === null ? {} : { cwd }),
    env: Object.fromEntries(variables.filter(([name]) => !EXPORTED.test(name))),
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached,
  });
  return { child, witnessed: !alone };
}
