/**
 * @module
 * A slot's shell: started once, in a session of its own, it runs one brief command after the other, so that no runtime
 * has to be forked for each. It is told of them on its stdin and says on its stdout how they ended. To the command it
 * is what a shell of its own would be: it forks for each, and a plain command runs in that fork, any other as another
 * shell with a witness. What a command took of CPU time is what all that the shell has waited for has taken more
 * of it since the one before.
 *
 * Invariants: it runs one command at a time, and none after one that left something in its process group, so a signal to
 * the group reaches no other's; a command can take it down, and then it is not used again. When its worker is gone it ends
 * with the command it runs. The files of the spool are made as `launch.ts` makes them; a fork is told by the first of them,
 * so it is its stdout from the moment it is made.
 */
import { saidDirectory, splitSpool } from "../../spool/spool.ts";
import { cpuMsIn } from "../cpu_time.ts";
import { type LaunchEnd, NO_RUN } from "../platform.ts";
import { EXPENDABLE } from "./limits.ts";
import { spawnApart } from "./shell.ts";

/**
 * Why the directory of a command cannot be entered, by what its fork exits with: told apart from a command's own codes by
 * that nothing has begun.
 */
export const NO_DIRECTORY: ReadonlyMap<number, string> = new Map([
  [3, "is gone"],
  [4, "is not a directory"],
  [5, "cannot be entered by this user"],
]);

/**
 * What only the command line of such a shell, and of its forks, has in it. See `find.ts`.
 */
export const SLOT_SCRIPT = "QUEUECTL_SLOT_SPOOL=$1";

/** More new processes than this, or of those that are still there, are not looked at: another shell takes less. */
const MOST_NEW = 500;
const MOST_ALIVE = 10;

/**
 * What a command left in the group is among the processes that have begun since, of which the kernel gave the last one
 * its number a moment ago. Where it does not tell, or counts anew, something may be left. What is forked off in this
 * very moment is seen after the next command. Sets no `$1` but its own.
 */
const SOMETHING_LEFT = `queuectl_left() {
  _qs_SEEN=$_qs_LAST _qs_ALIVE=0
  read -r _qs_LINE </proc/loadavg || return 0
  _qs_LAST=\${_qs_LINE##* }
  _qs_NEW=$((_qs_LAST - _qs_SEEN))
  [ $_qs_NEW -gt 0 ] && [ $_qs_NEW -le ${MOST_NEW} ] || return 0
  while [ $_qs_SEEN -lt $_qs_LAST ]; do
    _qs_SEEN=$((_qs_SEEN + 1))
    [ -e /proc/$_qs_SEEN ] || continue
    _qs_ALIVE=$((_qs_ALIVE + 1))
    [ $_qs_ALIVE -le ${MOST_ALIVE} ] || return 0
    read -r _qs_LINE </proc/$_qs_SEEN/stat || continue
    set -- \${_qs_LINE##*) }
    case "$1 $3" in [ZX]*) ;; *" $$") return 0;; esac
  done
  return 1
}
read -r _qs_LINE </proc/loadavg; _qs_LAST=\${_qs_LINE##* }
`;

/** Ends with the code for what is wrong with the directory, or with the first one on the way to it that is there. */
const WHY = `queuectl_why() {
  case $_qs_CWD in /*) _qs_CWD=$_qs_CWD/;; *) exit 3;; esac
  until _qs_CWD=\${_qs_CWD%/*}; [ -z "$_qs_CWD" ] || [ -e "$_qs_CWD" ]; do :; done
  [ -n "$_qs_CWD" ] || exit 3
  [ -d "$_qs_CWD" ] || exit 4
  [ -x "$_qs_CWD" ] && exit 3
  exit 5
}
`;

/**
 * A request is a line of words, a line with the command, and a line for each further variable. What varies little is
 * told by requests of their own, and holds until told otherwise, since the shell reads byte by byte: `in` by a line with
 * the directory, `as` by words.
 * Variables of its own begin with `_qs_`, or as what it is known by, and are not exported; `QUEUECTL_RUN` and its like are.
 * Their names are short since they are written with the values: each further page costs every fork as much as ten lines.
 * A trap sees the number that `exit` was given; whoever waits for the shell, only its last eight bits.
 * What a fork would do for the first time costs it a look for that in the libraries, and pages of its own: the shell changes
 * its directory itself, once, so that no fork has to look for what that takes.
 * $1 the directory of the spool, $2 the shell of the commands, $3 and $4 the scripts with a witness (see `launch.ts`), $5
 * where attempts say something.
 */
const SCRIPT = `${SLOT_SCRIPT} _qs_OLD=\${OLDPWD+=$OLDPWD} _qs_SH=$(command -v sh) _qs_CWD=. _qs_SAID=$5
${EXPENDABLE}${SOMETHING_LEFT}${WHY}cd -P . || :
queuectl_slot() {
  while [ "\${_qs_3:-0}" -gt 0 ]; do
    IFS= read -r _qs_LINE; export "$_qs_LINE"
    _qs_3=$((_qs_3 - 1))
  done
  exec </dev/null
  cd -P -- "$_qs_CWD" || queuectl_why
  case $_qs_OLD in =*) OLDPWD=\${_qs_OLD#=};; *) unset OLDPWD;; esac
  if [ "$_qs_KIND" = shell ]; then
    exec "$_qs_SH" -c "$3" sh "$_qs_COMMAND" "$QUEUECTL_SLOT_SPOOL/$QUEUECTL_RUN" "$2" "$4" >/dev/null 2>&1
  fi
  set -C; exec >"$QUEUECTL_SLOT_SPOOL/$QUEUECTL_RUN.out"; set +C
  exec >>"$QUEUECTL_SLOT_SPOOL/$QUEUECTL_RUN.out" 2>>"$QUEUECTL_SLOT_SPOOL/$QUEUECTL_RUN.err"
  trap 'set -- "$(($? & 255))"; echo "$QUEUECTL_RUN $1" >>"$QUEUECTL_SLOT_SPOOL/$_qs_ENDS" || : >|"$QUEUECTL_SLOT_SPOOL/$QUEUECTL_RUN.exit.$1"' EXIT
  eval "set --; $_qs_COMMAND"
}
while IFS=' ' read -r _qs_KIND _qs_1 _qs_2 _qs_3; do
  case $_qs_KIND in
    in) IFS= read -r _qs_CWD; continue;;
    as) _qs_ENDS=$_qs_1 QUEUECTL_ATTEMPT=$_qs_2 QUEUECTL_QUEUE=$_qs_3; continue;;
  esac
  QUEUECTL_RUN=$_qs_1 QUEUECTL_JOB_ID=$_qs_2; IFS= read -r _qs_COMMAND
  QUEUECTL_SAY=$_qs_SAID/$QUEUECTL_RUN.say QUEUECTL_RESULT=$_qs_SAID/$QUEUECTL_RUN.result QUEUECTL_CHECKPOINT=$_qs_SAID/$QUEUECTL_RUN.checkpoint
  (queuectl_slot "$@"); _qs_CODE=$?
  _qs_SIGNAL=-; [ $_qs_CODE -le 128 ] || _qs_SIGNAL=SIG$(kill -l $_qs_CODE)
  if [ "$_qs_KIND" != known ] && queuectl_left; then echo "$_qs_CODE $_qs_SIGNAL left"; times; exit; fi
  [ $_qs_CODE = 0 ] || echo "$_qs_CODE $_qs_SIGNAL"
  times
done`;

/** What a command needs to be run by such a shell. */
export interface SlotCommand {
  /** It is run in a fork of the shell itself, which must be certain to see its end (see `plain.ts`). */
  plain: boolean;
  /** Plain, and certain to leave nothing in the background. */
  known: boolean;
  /** As in `Launch`. */
  command: string;
  /** As in `Launch`. */
  endsFile: string;
  /** As in `Launch`, null being where this process was when the shell began. */
  cwd: string | null;
  job: { id: string; attempt: string; queue: string };
  token: string;
  variables: readonly string[];
}

/** What the shells of one worker have in common. */
export interface SlotShellOptions {
  directory: string;
  /** The shell of the commands, as in `Launch`. */
  shell: string;
  /** The scripts with a witness: of the first process, and of the command's own shell. */
  scripts: { outer: string; inner: string };
  /** `QUEUECTL_HOME` for the commands. */
  home: string;
  /** As in `Host`. */
  setsid: boolean;
}

/**
 * What such a shell says when a command has ended: how, unless well, in a line of words, and then what `times` prints (in the
 * form that POSIX gives), so that one word from it is enough for most.
 */
const END = /^(?:(\d+) (-|SIG\w*)( left)?\n)?((?:\d+m\S+s \d+m\S+s\n){2})$/;

/** What it says of an end; undefined as long as it has not said all of it. */
function readEnd(
  said: string,
): { code: number; signal: string | null; left: boolean; cpuMs: number | undefined } | undefined {
  const [, code = "0", signal = "-", left, times] = END.exec(said) ?? [];
  if (times === undefined) return undefined;
  return {
    code: Number(code),
    signal: signal === "-" ? null : signal,
    left: left !== undefined,
    cpuMs: cpuMsIn(times),
  };
}

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder() };

export class SlotShell {
  readonly #child: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #shell: string;
  /** What it was told last. */
  #cwd: string | null = null;
  #as = "";
  #running: PromiseWithResolvers<LaunchEnd> | undefined;
  #usable = true;
  /** What all that it has waited for has taken of CPU time. */
  #cpuMs = 0;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;

  /** Starts it. @throws when no process can be started */
  constructor({ directory, shell, scripts: { outer, inner }, home, setsid }: SlotShellOptions) {
    this.#shell = shell;
    this.#child = spawnApart({
      args: ["-c", SCRIPT, "sh", directory, shell, outer, inner, saidDirectory(directory)],
      env: {
        ...NO_RUN,
        QUEUECTL_HOME: home,
        QUEUECTL_JOB_ID: "",
        QUEUECTL_ATTEMPT: "",
        QUEUECTL_QUEUE: "",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }, { setsid });
    // Else the runtime would kill it together with its thread.
    this.#child.unref();
    this.#requests = this.#child.stdin.getWriter();
    this.ended = this.#listen();
  }

  /** Its pid, which is also the number of its process group, until it has ended. */
  get pid(): number {
    return this.#child.pid;
  }

  /** It can take commands of this shell, one at a time. */
  takes(shell: string): boolean {
    return this.#usable && this.#shell === shell;
  }

  /**
   * Runs a command; not to be called while another runs. It is orphaned when this shell ends before it.
   */
  run({ plain, known, command, endsFile, cwd, job, token, variables }: SlotCommand): Promise<LaunchEnd> {
    const running = this.#running = Promise.withResolvers<LaunchEnd>();
    const lines: string[] = [];
    if (cwd !== this.#cwd) lines.push("in", cwd ?? ".");
    const as = ["as", splitSpool(endsFile).token, job.attempt, job.queue].join(" ");
    if (as !== this.#as) lines.push(as);
    this.#cwd = cwd;
    this.#as = as;
    const words = [known ? "known" : plain ? "plain" : "shell", token, job.id];
    if (variables.length > 0) words.push(String(variables.length));
    lines.push(words.join(" "), command, ...variables);
    this.#requests.write(utf8.encoder.encode(lines.map((line) => `${line}\n`).join("")))
      .catch(() => {}); // it has ended, which shows on its stdout
    return running.promise;
  }

  /** It takes no more commands, and ends once it has run the one it has. Resolves then. */
  close(): Promise<void> {
    if (this.#usable) this.#requests.close().catch(() => {}); // it has ended already
    this.#usable = false;
    return this.ended;
  }

  async #listen(): Promise<void> {
    let said = "";
    try {
      for await (const bytes of this.#child.stdout) {
        said += utf8.decoder.decode(bytes);
        const end = readEnd(said);
        if (!end) continue;
        said = "";
        if (end.left) this.close();
        this.#end({ kind: "ended", code: end.code, signal: end.signal, ...this.#used(end.cpuMs) });
      }
    } catch {
      // As if it had said nothing.
    }
    this.close();
    this.#end({ kind: "orphaned", signal: (await this.#child.status).signal });
  }

  #used(cpuMs: number | undefined): { cpuMs?: number } {
    if (cpuMs === undefined) return {};
    const used = cpuMs - this.#cpuMs;
    this.#cpuMs = cpuMs;
    return { cpuMs: used };
  }

  #end(end: LaunchEnd): void {
    this.#running?.resolve(end);
    this.#running = undefined;
  }
}
