/**
 * @module
 * What is meant by words of other programs that are no commands of ours, since ours would do something else, or several
 * could be meant. Those that mean the same as one of ours are aliases in `tree.ts`. Pure.
 */

/** From pueue, docker, systemd, cron, at and GNU parallel. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  run: ["enqueue", "enqueue --follow"],
  exec: ["enqueue", "enqueue --follow"],
  schedule: ["enqueue --run-at"],
  ps: ["list --state processing", "worker list"],
  running: ["list --state processing"],
  jobs: ["list"],
  queues: ["queue list"],
  workers: ["worker list"],
  dead: ["dlq list"],
  failed: ["list --state failed", "dlq list"],
  info: ["show", "status"],
  inspect: ["show"],
  top: ["status --watch"],
  stats: ["metrics", "status"],
  tail: ["logs --follow", "logs --lines"],
  follow: ["logs --follow"],
  output: ["logs"],
  start: ["worker start"],
  daemon: ["worker start --detach"],
  stop: ["worker stop", "cancel"],
  restart: ["retry", "worker start"],
  requeue: ["retry"],
  clean: ["prune", "queue clear"],
  clear: ["queue clear", "dlq clear"],
  purge: ["prune", "queue clear"],
  reset: ["queue clear", "prune"],
  history: ["list"],
  watch: ["status --watch"],
  stash: ["hold", "enqueue --hold"],
  parallel: ["enqueue --each", "worker start --count"],
  batch: ["enqueue --file"],
  at: ["enqueue --run-at"],
  atq: ["list --state scheduled"],
  atrm: ["cancel", "delete"],
  shutdown: ["worker stop"],
  quit: ["worker stop"],
};

/** The letters of task-spooler, whose commands they are. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  "-l": ["list"],
  "-c": ["logs"],
  "-t": ["logs --follow"],
  "-o": ["logs"],
  "-s": ["show"],
  "-i": ["show"],
  "-k": ["cancel"],
  "-r": ["delete"],
  "-w": ["wait"],
  "-u": ["edit"],
  "-C": ["prune"],
  "-S": ["worker start --count"],
  "-K": ["worker stop"],
};

/** The commands that a word may mean, each as it is typed. A word with dashes may be a command as it is. */
export function commandsMeant(word: string, known: readonly string[]): readonly string[] {
  if (Object.hasOwn(LETTERS, word)) return LETTERS[word]!;
  const bare = word.replace(/^--?/, "").toLowerCase();
  if (bare !== word && known.includes(bare)) return [bare];
  return Object.hasOwn(MEANT, bare) ? MEANT[bare]! : [];
}

/** All words that are known here. */
export const OTHER_WORDS: readonly string[] = [...Object.keys(MEANT), ...Object.keys(LETTERS)];
