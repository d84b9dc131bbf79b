/**
 * @module
 * Starting a job's command on Windows, so that it needs nobody: one `cmd` makes the spool, runs the command as another
 * `cmd` would, and leaves its exit code as the name of an empty file. The invariants are those of `posix/launch.ts`:
 * a command does not begin unless its shell makes the first file of the spool. To make it only if it is not there,
 * `cmd` renames another file to it, which fails if there is one.
 *
 * There is always a witness. A command may have about 8,000 characters and one line: `cmd` takes no more.
 */
import { splitSpool } from "../../spool/spool.ts";
import { type Launch, NO_RUN } from "../platform.ts";
import { cmdArguments, nativePath } from "./programs.ts";

/** Followed by `markOf` the spool: what every script that runs a job has in it, and no other command line. */
export const MARK = "set QUEUECTL_MARK=";

/**
 * What names a run in the command line of its first process: the spool, in an alphabet that means nothing to `cmd`, and
 * the token.
 */
export function markOf(spool: string): string {
  return `${markOfPath(spool)}.${splitSpool(spool).token}`;
}

/** The part of it that stands for the whole spool. */
export function markOfPath(spool: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(spool));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// Whether the file is still there says for certain whether it was renamed, other than what `ren` leaves behind.
const BEGIN = 'type nul >"!QUEUECTL_SPOOL!.new"& (if not exist "!QUEUECTL_SPOOL!.new" exit 2)& ' +
  'ren "!QUEUECTL_SPOOL!.new" "!QUEUECTL_TOKEN!.out" 2>nul& ' +
  '(if exist "!QUEUECTL_SPOOL!.new" (del "!QUEUECTL_SPOOL!.new"& exit 2))';
const TO_SPOOL = ' >>"!QUEUECTL_SPOOL!.out" 2>>"!QUEUECTL_SPOOL!.err"';
const FROM_SPOOL = ' <"!QUEUECTL_SPOOL!.in"';
const TESTIFY =
  'set QUEUECTL_CODE=!errorlevel!& type nul >"!QUEUECTL_SPOOL!.exit.!QUEUECTL_CODE!"& exit !QUEUECTL_CODE!';

/** How a shell, by its name, is given the text in `QUEUECTL_COMMAND`. */
const SHELLS: readonly (readonly [name: RegExp, words: string])[] = [
  [/(?:^|[\\/])cmd(?:\.exe)?$/i, '"!ComSpec!" /d /v:off /s /c "!QUEUECTL_COMMAND!"'],
  [
    /(?:^|[\\/])(?:powershell|pwsh)(?:\.exe)?$/i,
    '"!QUEUECTL_SHELL!" -NoProfile -NonInteractive -Command "Invoke-Expression $env:QUEUECTL_COMMAND; exit $LASTEXITCODE"',
  ],
  [/(?:^|[\\/])(?:a|ba|da|k|z)?sh(?:\.exe)?$/i, '"!QUEUECTL_SHELL!" -c "eval \\"$QUEUECTL_COMMAND\\""'],
];

/** Whether it is known how to give a shell a command. */
export function isKnownShell(shell: string): boolean {
  return SHELLS.some(([name]) => name.test(shell));
}

/**
 * Variables that `cmd` sets itself: given to the runtime, they would change which `cmd` it finds, or make it refuse to
 * start one. Their names mean nothing to `cmd`.
 */
const EXPORTED = /^(?:PATH|(?:LD|DYLD)_\w+)$/i;

/** What to start `cmd` with. @throws when nobody knows how to give the shell a command, or for limits */
export function cmdFor({ command, shell, spool, cwd, env, reads, limits }: Launch): Deno.CommandOptions {
  if (limits) throw new Error("Windows keeps it within no nice, io, cpu_time, memory or max_procs");
  const words = SHELLS.find(([name]) => name.test(shell))?.[1];
  if (words === undefined) {
    throw new Error(`the shell "${shell}" is none of cmd, powershell, pwsh and sh`);
  }
  const variables = Object.entries({ ...NO_RUN, ...env });
  const exported = variables.filter(([name]) => EXPORTED.test(name));
  const script = [
    MARK + markOf(spool),
    BEGIN,
    ...exported.map(([name], i) => `set "${name}=!QUEUECTL_SET_${i}!"`),
    words + (reads ? FROM_SPOOL : "") + TO_SPOOL,
    TESTIFY,
  ].join("& ");
  return {
    args: cmdArguments(script),
    windowsRawArguments: true,
    ...(cwd === null ? {} : { cwd }),
    env: {
      ...Object.fromEntries(variables.filter(([name]) => !EXPORTED.test(name))),
      ...Object.fromEntries(exported.map(([, value], i) => [`QUEUECTL_SET_${i}`, value])),
      QUEUECTL_COMMAND: command,
      QUEUECTL_SHELL: shell,
      QUEUECTL_SPOOL: nativePath(spool),
      QUEUECTL_TOKEN: splitSpool(spool).token,
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
    // Ctrl-C in a console reaches the jobs, too: a console of their own would show as a window for each.
    detached: false,
  };
}
