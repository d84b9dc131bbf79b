/**
 * @module
 * Where flags stand in the help of a command that has very many of them: by what they are about, the same in every
 * command. Pure.
 */
import type { Flags } from "./flags.ts";

/** More flags than this are not read one after the other. */
const FEW = 24;

/** By their names in code; what is in none comes after them. */
const SECTIONS: readonly (readonly [title: string, names: readonly string[]])[] = [
  ["What it runs", ["command", "cwd", "env", "envFile", "envAll", "stdin"]],
  ["When, and before whom", [
    ...["runAt", "delay", "hold", "queue", "priority"],
    ...["tz", "missed", "overlap", "jitter"],
  ]],
  ["By what it is found", ["id", "replaceEnded", "label"]],
  ["Many at once", ["file", "each", "array", "mark", "null", "group", "reopen", "maxFailures"]],
  ["After other jobs, and before others", [
    ...["after", "afterFailed", "afterEnded", "afterGroup", "afterGroupFailed", "afterGroupEnded"],
    ...["any", "afterEach", "then", "thenFailed", "thenEnded"],
  ]],
  ["When it fails, or takes too long", [
    ...["maxRetries", "retryOn", "noRetryOn", "backoff", "maxWait"],
    ...["timeout", "idleTimeout", "maxOutput"],
  ]],
  ["One at a time", [
    ...["uniqueKey", "unique", "uniqueUntil", "uniqueFor", "onConflict", "atMostLate"],
  ]],
  ["What it takes of the machine", ["needs", "slots", "nice", "io", "cpuTime", "memory", "maxProcs"]],
  ["Which jobs", ["where", "all", "yes", "dryRun"]],
  ["Waiting for it", ["wait", "follow"]],
];

/** The flags under titles; few of them under one. */
export function sectionsOf(flags: Flags): [title: string, flags: Flags][] {
  if (Object.keys(flags).length <= FEW) return [["Flags", flags]];
  const named = SECTIONS.map(([title, names]): [string, Flags] => [
    title,
    Object.fromEntries(
      names.filter((name) => Object.hasOwn(flags, name)).map((name) => [name, flags[name]!]),
    ),
  ]);
  const known = new Set(SECTIONS.flatMap(([, names]) => names));
  const others = Object.fromEntries(Object.entries(flags).filter(([name]) => !known.has(name)));
  return [...named, ["Others", others] as [string, Flags]].filter(([, some]) => Object.keys(some).length > 0);
}
