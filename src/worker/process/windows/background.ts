/**
 * @module
 * Starting a program that goes on without this process and its console: PowerShell gives it a hidden one of its own.
 * It has a `cmd` around it, which sends its output to the log.
 */
import { NO_RUN } from "../platform.ts";
import { type Call, cmdArguments, nativePath, powershell } from "./programs.ts";

/** Prints the pid of the `cmd`. */
const START = "(Start-Process -FilePath $env:ComSpec -ArgumentList $env:QUEUECTL_ARGUMENTS" +
  " -WindowStyle Hidden -PassThru).Id";
const TO_LOG = '"!QUEUECTL_PROGRAM!" !QUEUECTL_WORDS! >>"!QUEUECTL_LOG!" 2>&1';

/** What starts a program, given as words; prints a pid whose descendants it is. */
export function startCall(words: readonly string[], log: string): Call {
  const [program = "", ...others] = words;
  return powershell(START, {
    QUEUECTL_ARGUMENTS: cmdArguments(TO_LOG).join(" "),
    QUEUECTL_PROGRAM: nativePath(program),
    QUEUECTL_WORDS: others.map(quoteWord).join(" "),
    QUEUECTL_LOG: nativePath(log),
    // Started from within a job, it is no part of it.
    ...NO_RUN,
  });
}

/** A word of a command line as programs on Windows read it: a backslash means something only before quotes. */
export function quoteWord(word: string): string {
  if (/^[^\s"]+$/.test(word)) return word;
  return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, "$&$&")}"`;
}
