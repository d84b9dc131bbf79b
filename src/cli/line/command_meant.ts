/**
 * @module
 * What is meant by words of other programs that are no commands of ours, since ours would do something else, or several
 * could be meant. Those that mean the same as one of ours are aliases in `tree.ts`. Pure.
 */
import { SETTINGS } from "../../domain/settings.ts";

/** From pueue, docker, systemd, cron, at and GNU parallel. */
const MEANT: Readonly<Record<string, readonly string[]>> = {
  create: ["enqueue"],
  new: ["enqueue"],
  push: ["enqueue"],
  sbatch: ["enqueue"],
  qsub: ["enqueue"],
  bsub: ["enqueue"],
  run: ["enqueue", "enqueue --follow"],
  srun: ["enqueue --follow"],
  nq: ["enqueue"],
  fq: ["logs --follow"],
  sacct: ["list"],
  exec: ["enqueue", "enqueue --follow"],
  ps: ["list --state processing", "worker list"],
  running: ["list --state processing"],
  pending: ["list --state pending"],
  scheduled: ["list --state scheduled"],
  completed: ["list --state completed"],
  cancelled: ["list --state cancelled"],
  jobs: ["list"],
  squeue: ["list"],
  qstat: ["list"],
  bjobs: ["list"],
  queues: ["queue list"],
  workers: ["worker list"],
  dead: ["dlq list"],
  failed: ["list --state failed", "dlq list"],
  info: ["show", "status"],
  inspect: ["show"],
  get: ["show"],
  describe: ["show"],
  scancel: ["cancel"],
  qdel: ["cancel"],
  abort: ["cancel"],
  terminate: ["cancel"],
  cat: ["logs"],
  stdout: ["logs --stdout"],
  stderr: ["logs --stderr"],
  suspend: ["pause"],
  unpause: ["resume"],
  continue: ["resume"],
  switch: ["edit --priority"],
  settings: ["config list"],
  set: ["config set"],
  ui: ["dashboard"],
  serve: ["dashboard", "worker start"],
  import: ["enqueue --file", "store copy"],
  export: ["backup", "store copy"],
  install: ["service print"],
  drain: ["worker start --burst"],
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
  rerun: ["retry"],
  resubmit: ["retry"],
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
  cron: ["schedule add"],
  crontab: ["schedule list", "schedule import"],
  timer: ["schedule add"],
  every: ["schedule add"],
  tsp: ["enqueue", "list"],
  ts: ["enqueue", "list"],
  pueue: ["enqueue", "status"],
  job: ["enqueue", "list"],
  task: ["enqueue", "list"],
  send: ["enqueue", "progress"],
  replay: ["retry"],
  redo: ["retry"],
  errors: ["dlq groups", "list --state failed"],
  flush: ["queue clear", "prune"],
  labels: ["list --label"],
  dump: ["backup"],
  save: ["backup"],
  restore: ["store copy"],
  copy: ["store copy"],
  migrate: ["store copy"],
  move: ["edit --queue", "store copy"],
  update: ["edit"],
  change: ["edit"],
  modify: ["edit"],
  reschedule: ["edit --run-at"],
  defer: ["edit --delay"],
  delay: ["edit --delay"],
  priority: ["edit --priority"],
  prio: ["edit --priority"],
  renice: ["edit --priority"],
  urgent: ["edit --priority"],
  count: ["status"],
  journalctl: ["worker logs", "logs"],
  enable: ["service print"],
  systemd: ["service print"],
  server: ["dashboard"],
  api: ["dashboard"],
  check: ["doctor"],
  health: ["doctor"],
  why: ["show"],
  depends: ["needs"],
  tree: ["needs"],
  next: ["list --state scheduled", "schedule next"],
};

/** The same for commands of a group. */
const MEANT_IN: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  worker: {
    status: ["worker list"],
    show: ["worker list"],
    ps: ["worker list"],
    run: ["worker start"],
    kill: ["worker stop"],
    restart: ["worker stop", "worker start"],
    log: ["worker logs"],
    tail: ["worker logs"],
    add: ["worker start"],
    create: ["worker start"],
    new: ["worker start"],
    scale: ["worker start --count"],
  },
  queue: {
    status: ["queue list"],
    show: ["queue list"],
    add: ["enqueue --queue"],
    create: ["enqueue --queue"],
    stop: ["queue pause"],
    hold: ["queue pause"],
    start: ["queue resume"],
    release: ["queue resume"],
    limit: ["queue set --concurrency"],
    parallel: ["queue set --concurrency"],
    edit: ["queue set"],
    remove: ["queue delete"],
  },
  dlq: {
    show: ["dlq list"],
    remove: ["dlq delete"],
  },
  config: { unset: ["config reset"], delete: ["config reset"], rm: ["config reset"], edit: ["config set"] },
  store: {
    list: ["store show"],
    ls: ["store show"],
    set: ["store use"],
    test: ["store check"],
    migrate: ["store copy"],
    move: ["store copy"],
  },
  group: {
    add: ["enqueue --group"],
    create: ["enqueue --group"],
    new: ["enqueue --group"],
    wait: ["wait --group"],
    run: ["enqueue --group"],
    hold: ["hold --group"],
    pause: ["hold --group", "pause --group"],
    release: ["release --group"],
    resume: ["release --group", "resume --group"],
  },
  service: {
    install: ["service print"],
    create: ["service print"],
    enable: ["service print"],
    start: ["service print", "worker start"],
    stop: ["worker stop"],
    status: ["worker list"],
    ls: ["worker list"],
    list: ["worker list"],
  },
};

/** What the commands of groups are called elsewhere; those that the group has are meant. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  ls: ["list"],
  create: ["add", "set"],
  new: ["add", "set"],
  edit: ["set"],
  update: ["set"],
  change: ["set"],
  rm: ["remove", "delete"],
  del: ["remove", "delete"],
  drop: ["remove", "delete"],
  get: ["show"],
  describe: ["show"],
  info: ["show"],
  inspect: ["show"],
  status: ["show", "list"],
  enable: ["resume"],
  unpause: ["resume"],
  continue: ["resume"],
  start: ["resume", "run"],
  disable: ["pause"],
  suspend: ["pause"],
  stop: ["pause", "cancel"],
  kill: ["cancel"],
  abort: ["cancel"],
  trigger: ["run"],
  fire: ["run"],
  exec: ["run"],
  close: ["seal"],
  finish: ["seal"],
  rerun: ["retry"],
  restart: ["retry"],
  requeue: ["retry"],
  replay: ["retry"],
  redrive: ["retry"],
  purge: ["clear"],
  empty: ["clear"],
  flush: ["clear"],
  log: ["logs", "history"],
  runs: ["history"],
  preview: ["next"],
  when: ["next"],
  load: ["import", "apply"],
  sync: ["apply"],
};

/** The letters of task-spooler, whose commands they are. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  "-v": ["version"],
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

/** The same for a word in the place of a command of a group, whose commands are `known`. */
export function commandsMeantIn(group: string, word: string, known: readonly string[]): readonly string[] {
  const bare = word.replace(/^--?/, "").toLowerCase();
  if (bare !== word && known.includes(bare)) return [`${group} ${bare}`];
  const meant = Object.hasOwn(MEANT_IN, group) ? MEANT_IN[group]! : {};
  if (Object.hasOwn(meant, bare)) return meant[bare]!;
  const verbs = Object.hasOwn(VERBS, bare) ? VERBS[bare]!.filter((verb) => known.includes(verb)) : [];
  if (verbs.length > 0) return verbs.map((verb) => `${group} ${verb}`);
  const [key = ""] = bare.replaceAll("-", "_").split("=");
  return group === "config" && SETTINGS.some((setting) => setting.key === key)
    ? [`config get ${key}`, `config set ${key}`]
    : [];
}

/** All words that are known here. */
export const OTHER_WORDS: readonly string[] = [...Object.keys(MEANT), ...Object.keys(LETTERS)];

/** The same by groups. */
export const OTHER_WORDS_IN: readonly (readonly [group: string, word: string])[] = Object.entries(MEANT_IN)
  .flatMap(([group, words]) => Object.keys(words).map((word) => [group, word] as const));
