/**
 * @module
 * The flag that was meant by one that a command does not have: another word for it, or nearly the same. Pure.
 */
import { nearest } from "../../domain/nearest.ts";

/** What people call flags, by their names. Some words may mean several. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  "max-retries": ["retries", "retry", "tries", "attempts", "max-tries", "max-attempts", "retry-count"],
  id: ["name", "job-id", "job-name"],
  label: ["name", "tag", "tags", "title", "job-name", "comment"],
  cwd: ["dir", "directory", "workdir", "work-dir", "working-dir", "working-directory", "chdir"],
  "run-at": ["at", "when", "begin", "on-calendar", "start-at", "not-before", "schedule"],
  delay: ["in", "after", "defer", "on-active"],
  timeout: ["time", "time-limit", "max-time", "max-runtime", "kill-after"],
  priority: ["prio", "nice", "importance"],
  env: ["environment", "export", "variable", "setenv"],
  command: ["cmd", "exec", "run"],
  hold: ["held", "on-hold", "pause", "paused", "suspended", "stash", "stashed"],
  file: ["from", "input", "bulk", "batch"],
  count: ["threads", "workers", "concurrency", "parallel", "processes", "jobs"],
  detach: ["daemon", "daemonize", "background", "bg"],
  burst: ["once", "drain", "exit-when-empty"],
  limit: ["max", "top", "first", "page-size", "all", "number"],
  search: ["grep", "find", "match", "filter"],
  sort: ["order", "order-by", "sort-by", "reverse", "asc", "desc"],
  cursor: ["page", "offset", "next", "skip"],
  each: ["arg-file", "for-each", "foreach", "xargs"],
  columns: ["long", "wide", "full", "fields", "cols"],
  "newer-than": ["since", "newer", "days"],
  "older-than": ["until", "before", "older", "age", "days"],
  after: ["need", "depends-on", "depends", "dependency", "requires", "wait-for", "afterok"],
  "after-failed": ["afternotok", "on-failure", "on-fail", "if-failed"],
  "after-ended": ["afterany", "on-exit", "on-end", "finally"],
  "unique-key": ["key", "dedupe", "dedup", "dedupe-key", "idempotency-key", "singleton"],
  "on-conflict": ["conflict", "if-exists", "exists"],
  tz: ["zone", "timezone", "time-zone"],
  missed: ["misfire", "catch-up", "catchup", "coalesce"],
  overlap: ["allow-overlap", "max-instances", "concurrency-policy", "no-overlap"],
  needs: ["resource", "resources", "require", "gpu", "gpus", "gres", "token", "tokens"],
  has: ["resource", "resources", "provides", "capacity", "gpu", "gpus"],
  memory: ["mem", "ram", "memory-limit", "max-memory"],
  "cpu-time": ["cpu", "cpu-limit", "max-cpu"],
  "at-once": ["max", "limit", "concurrency", "parallel", "count"],
  rate: ["per", "per-second", "per-minute", "rps", "throttle"],
  concurrency: ["parallel", "limit", "slots", "jobs", "max", "workers", "count"],
  stderr: ["err", "error", "errors", "stream"],
  stdout: ["out", "stream"],
  attempt: ["run", "try"],
  timestamps: ["timestamp", "time", "times", "dates"],
  yes: ["assume-yes", "no-confirm", "no-ask", "force"],
  format: ["output", "template"],
  json: ["format"],
  watch: ["follow", "live", "refresh"],
  state: ["status"],
  lines: ["tail", "last"],
  follow: ["tail"],
};

/** By these, other programs are told as whom to run a command. */
const AS_WHOM = ["uid", "gid", "user", "run-as"];
/** Flags of other programs that look like one of ours, and mean nothing that there is here. */
const NONE_HERE = [...AS_WHOM, "pid", "sid", "requeue", "detach", "account"];

/** Of the flags that a command has, those that `typed` may mean, without dashes. */
export function flagsMeant(typed: string, known: readonly string[]): string[] {
  const word = wordOf(typed);
  const meant = known.filter((flag) => OTHER_WORDS[flag]?.includes(word));
  if (meant.length > 0 || NONE_HERE.includes(word)) return meant;
  const near = nearest(word, known);
  return near === undefined ? [] : [near];
}

/** Why there is no such flag, where that is a surprise. */
export function whyNone(typed: string): string | undefined {
  return AS_WHOM.includes(wordOf(typed)) ? "jobs run as the user of their worker" : undefined;
}

function wordOf(typed: string): string {
  return typed.toLowerCase().replaceAll("_", "-");
}
