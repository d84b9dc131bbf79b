/**
 * @module
 * How a worker starts commands: brief ones through shells that are there already (`slot_shell.ts`), one for each that
 * runs at a time; all others, each in a session of its own (`launch.ts`), which takes several programs, one after the
 * other, and so longer than many a command.
 *
 * Invariant: who may end a command's processes may end its shell, too, so a shell that was pointed out as the root of
 * a tree takes no further command.
 */
import { bar, hasBegun, splitSpool } from "../../spool/spool.ts";
import { launchedChild } from "../child.ts";
import { type Launch, type Launched, type LaunchEnd, type Launcher, RUN_VARIABLE } from "../platform.ts";
import { isExported, launch, scriptsFor } from "./launch.ts";
import { isPlain, keepsToItself, leavesNothing } from "./plain.ts";
import { NO_DIRECTORY, type SlotCommand, SlotShell } from "./slot_shell.ts";

/** Longer ones are not worth it: such a shell reads byte by byte. */
const LONGEST = 1000;
/** A line for the shell, and nothing that it would not read as it is. */
const LINE = /^[^\n\0]*$/;
/** Variables that a shell can export, and that mean nothing to it. */
const VARIABLE = /^(?!(?:IFS|OPTIND|PS\d|ENV|CDPATH|PWD|OLDPWD|PPID|_)$)[A-Za-z_]\w*$/;
/** Shells that nobody has used for this long are ended. */
const IDLE_MS = 10_000;

/** Starts the commands of one worker. */
export class PosixLauncher implements Launcher {
  readonly #shells = new Set<SlotShell>();
  #idle: SlotShell[] = [];
  #used = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Starts a command. @throws when it cannot be started */
  launch(wanted: Launch): Launched {
    const command = slotCommand(wanted);
    return command
      ? this.#throughSlot(wanted, command)
      : launchedChild(launch(wanted), { group: !wanted.byToken });
  }

  /** Lets go of the shells and resolves when they have ended; what they run goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#idle = [];
    await Promise.all(Array.from(this.#shells, (shell) => shell.close()));
  }

  #throughSlot(wanted: Launch, command: SlotCommand): Launched {
    const shell = this.#take(wanted);
    let running = true;
    let condemned = false;
    const ended = shell.run(command).then((end): LaunchEnd => {
      running = false;
      if (condemned) shell.close();
      else this.#idle.push(shell);
      // What has not begun when it is barred never will.
      if (end.kind === "orphaned" && bar(wanted.spool)) return { kind: "unstarted" };
      const why = end.kind === "ended" ? NO_DIRECTORY.get(end.code) : undefined;
      if (why !== undefined && !hasBegun(wanted.spool)) {
        const directory = wanted.cwd === null
          ? "it names no directory, and the worker's own"
          : `the directory "${wanted.cwd}"`;
        return { kind: "failed", error: `${directory} ${why}` };
      }
      return end;
    });
    return {
      ended,
      witnessed: !command.plain,
      root() {
        if (!running) return null;
        condemned = true;
        return shell.pid;
      },
      group: () => running ? shell.pid : null,
    };
  }

  #take({ spool, shell, env, setsid }: Launch): SlotShell {
    this.#used = true;
    this.#timer ??= setInterval(() => this.#closeUnused(), IDLE_MS);
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.takes(shell)) return idle;
      idle.close();
    }
    const started = new SlotShell({
      directory: splitSpool(spool).directory,
      shell,
      scripts: scriptsFor(shell),
      home: env.QUEUECTL_HOME!,
      setsid,
    });
    this.#shells.add(started);
    started.ended.then(() => this.#shells.delete(started));
    return started;
  }

  #closeUnused(): void {
    if (!this.#used) {
      for (const shell of this.#idle) shell.close();
      this.#idle = [];
    }
    this.#used = false;
  }
}

/** What a slot's shell has to be told, or undefined where it cannot run the command as a shell of its own would. */
function slotCommand(
  { command, shell, endsFile, cwd, env, brief, reads, limits }: Launch,
): SlotCommand | undefined {
  if (
    !brief || reads || limits || command.length > LONGEST || !LINE.test(command) || !keepsToItself(command)
  ) {
    return undefined;
  }
  if (cwd !== null && (cwd === "" || !LINE.test(cwd))) return undefined;
  const {
    [RUN_VARIABLE]: token,
    QUEUECTL_HOME: _,
    QUEUECTL_JOB_ID: id,
    QUEUECTL_ATTEMPT: attempt,
    QUEUECTL_QUEUE: queue,
    QUEUECTL_SAY: _say,
    QUEUECTL_RESULT: _result,
    QUEUECTL_CHECKPOINT: _checkpoint,
    ...others
  } = env;
  if (!token || !id || !attempt || !queue) return undefined;
  const variables = Object.entries(others);
  const simple = ([name, value]: [string, string]) =>
    VARIABLE.test(name) && !isExported(name) && value.length <= LONGEST && LINE.test(value);
  if (!variables.every(simple)) return undefined;
  const plain = shell === "sh" && isPlain(command);
  return {
    plain,
    known: plain && leavesNothing(command),
    command,
    endsFile,
    cwd,
    job: { id, attempt, queue },
    token,
    variables: variables.map((one) => one.join("=")),
  };
}
