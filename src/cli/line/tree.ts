/**
 * @module
 * Every command and where its module is. Only what was typed is loaded: the module of the one command, or all of
 * them for the help of `queuectl` itself, for a name that is not there, and for completion.
 */
import { defineGroup, type Target } from "./command.ts";

/** A module with a command or a group of commands. */
interface CommandFile {
  command: Target;
}

/** A branch of the tree: a module, or a group whose commands have modules of their own. */
type Branch = (() => Promise<CommandFile>) | Group;

interface Group {
  brief: string;
  description?: string;
  examples: readonly (readonly [words: string, brief: string])[];
  branches: Readonly<Record<string, Branch>>;
  aliases?: Readonly<Record<string, string>>;
}

const TREE: Group = {
  brief: "A background job queue for shell commands",
  description: "Commands are queued, run by workers, retried when they fail, and kept with their output.",
  examples: [
    ["enqueue 'make report'", "queue a command; prints the id of its job"],
    ["worker start --count 4", "run jobs on four threads"],
    ["list --state failed", "see what is waiting for another attempt"],
    ["logs j1 --follow", "read what a job prints"],
    ["dlq retry --all", "give dead jobs another chance"],
  ],
  branches: {
    enqueue: () => import("../commands/enqueue.ts"),
    list: () => import("../commands/list.ts"),
    show: () => import("../commands/show.ts"),
    needs: () => import("../commands/needs.ts"),
    logs: () => import("../commands/logs.ts"),
    result: () => import("../commands/result.ts"),
    wait: () => import("../commands/wait.ts"),
    cancel: () => import("../commands/cancel.ts"),
    retry: () => import("../commands/retry.ts"),
    delete: () => import("../commands/delete.ts"),
    edit: () => import("../commands/edit.ts"),
    hold: () => import("../commands/hold.ts"),
    release: () => import("../commands/release.ts"),
    pause: () => import("../commands/pause.ts"),
    resume: () => import("../commands/resume.ts"),
    dlq: {
      brief: "The dead letter queue: jobs that used up their retries",
      examples: [
        ["dlq list", "what is dead, and why"],
        ["dlq groups", "what most died of"],
        ["dlq retry j1", "give one another chance"],
        ["dlq retry --all", "all of them"],
      ],
      branches: {
        list: () => import("../commands/dlq/list.ts"),
        groups: () => import("../commands/dlq/groups.ts"),
        retry: () => import("../commands/dlq/retry.ts"),
        delete: () => import("../commands/dlq/delete.ts"),
        clear: () => import("../commands/dlq/clear.ts"),
      },
      aliases: { ls: "list", rm: "delete" },
    },
    group: {
      brief: "Groups: jobs that belong together",
      description:
        "A group is there from the first job that is enqueued with --group. It has ended once it is sealed and all its jobs " +
        "have; then those start that wait for it, with --after-group.",
      examples: [
        ["group list", "how far each is"],
        ["group seal album", "there is nothing more to come"],
        ["group retry album", "run again what did not complete"],
      ],
      branches: {
        list: () => import("../commands/group/list.ts"),
        show: () => import("../commands/group/show.ts"),
        seal: () => import("../commands/group/seal.ts"),
        cancel: () => import("../commands/group/cancel.ts"),
        retry: () => import("../commands/group/retry.ts"),
        delete: () => import("../commands/group/delete.ts"),
      },
      aliases: { ls: "list", rm: "delete" },
    },
    schedule: {
      brief: "Schedules: commands that are enqueued again and again",
      description:
        "Workers enqueue what is due, each run once, however many of them there are; without a worker, nothing comes. What " +
        "has become of the runs is in schedule history.",
      examples: [
        ["schedule add nightly '0 2 * * *' -- make backup", "at two o'clock at night"],
        ["schedule list", "when each comes next, and how the last runs went"],
        ["schedule run nightly", "once, now"],
      ],
      branches: {
        add: () => import("../commands/schedule/add.ts"),
        list: () => import("../commands/schedule/list.ts"),
        show: () => import("../commands/schedule/show.ts"),
        next: () => import("../commands/schedule/next.ts"),
        run: () => import("../commands/schedule/run.ts"),
        history: () => import("../commands/schedule/history.ts"),
        pause: () => import("../commands/schedule/pause.ts"),
        resume: () => import("../commands/schedule/resume.ts"),
        set: () => import("../commands/schedule/set.ts"),
        remove: () => import("../commands/schedule/remove.ts"),
        import: () => import("../commands/schedule/import.ts"),
        apply: () => import("../commands/schedule/apply.ts"),
      },
      aliases: { ls: "list", rm: "remove", delete: "remove", edit: "set" },
    },
    queue: {
      brief: "Queues: pause, resume, limit and clear them",
      examples: [
        ["queue list", "every queue with its counts"],
        ["queue pause mail", "start no more jobs of a queue"],
        ["queue set mail --concurrency 2", "run at most two of its jobs at a time"],
      ],
      branches: {
        list: () => import("../commands/queue/list.ts"),
        clear: () => import("../commands/queue/clear.ts"),
        pause: () => import("../commands/queue/pause.ts"),
        resume: () => import("../commands/queue/resume.ts"),
        set: () => import("../commands/queue/set.ts"),
        delete: () => import("../commands/queue/delete.ts"),
      },
      aliases: { ls: "list", rm: "delete" },
    },
    limit: {
      brief: "Limits: how much runs at once, or begins in how much time",
      description:
        "A job takes units of limits as long as it runs: enqueue --needs api=2, or all jobs of a queue, queue set --needs api. " +
        "What finds no room waits, and lets everything else by.",
      examples: [
        ["limit set api --at-once 5 --rate 60/1m", "five at a time, sixty a minute"],
        ["enqueue --needs api 'curl …'", "a job that counts"],
        ["limit list", "how full they are, and how many jobs wait"],
      ],
      branches: {
        set: () => import("../commands/limit/set.ts"),
        list: () => import("../commands/limit/list.ts"),
        show: () => import("../commands/limit/show.ts"),
        remove: () => import("../commands/limit/remove.ts"),
      },
      aliases: { ls: "list", rm: "remove", delete: "remove", add: "set" },
    },
    worker: {
      brief: "Start, stop and watch workers",
      examples: [
        ["worker start --count 4", "run jobs on four threads"],
        ["worker list", "see who runs what"],
        ["worker stop --wait", "let running jobs finish, then return"],
      ],
      branches: {
        start: () => import("../commands/worker/start.ts"),
        stop: () => import("../commands/worker/stop.ts"),
        list: () => import("../commands/worker/list.ts"),
        logs: () => import("../commands/worker/logs.ts"),
      },
      aliases: { ls: "list" },
    },
    service: {
      brief: "Workers that start at boot",
      examples: [["service print > ~/.config/systemd/user/queuectl.service", "a unit file for systemd"]],
      branches: { print: () => import("../commands/service/print.ts") },
    },
    progress: () => import("../commands/progress.ts"),
    snooze: () => import("../commands/snooze.ts"),
    alive: () => import("../commands/alive.ts"),
    status: () => import("../commands/status.ts"),
    metrics: () => import("../commands/metrics.ts"),
    config: () => import("../commands/config.ts"),
    prune: () => import("../commands/prune.ts"),
    store: {
      brief: "Where jobs are kept",
      examples: [
        ["store show", "its address, without the password"],
        ["store use postgres://work@db.example/work", "on a server that several hosts use"],
      ],
      branches: {
        use: () => import("../commands/store/use.ts"),
        show: () => import("../commands/store/show.ts"),
        check: () => import("../commands/store/check.ts"),
        copy: () => import("../commands/store/copy.ts"),
        roles: () => import("../commands/store/roles.ts"),
      },
    },
    backup: () => import("../commands/backup.ts"),
    dashboard: () => import("../commands/dashboard.ts"),
    doctor: () => import("../commands/doctor.ts"),
    completions: () => import("../commands/completions.ts"),
    man: () => import("../commands/man.ts"),
    version: () => import("../commands/version.ts"),
  },
  // Words that people know from elsewhere and that mean the same; others are in command_meant.ts.
  aliases: {
    ...{ add: "enqueue", submit: "enqueue" },
    ...{ ls: "list", log: "logs", kill: "cancel", rm: "delete", remove: "delete" },
    ...{ web: "dashboard", webui: "dashboard" },
  },
};

/** What shells call and nobody types: in no help, no suggestion and no completion. */
const HIDDEN: Group["branches"] = { __complete: () => import("../commands/completion/complete.ts") };

/** The part of the tree that the typed words need. */
export function loadTree(words: readonly string[]): Promise<Target> {
  const hidden = words[0] !== undefined && Object.hasOwn(HIDDEN, words[0]);
  return loadGroup(hidden ? { ...TREE, branches: HIDDEN, aliases: {} } : TREE, words);
}

export function loadWholeTree(): Promise<Target> {
  return loadGroup(TREE, []);
}

async function loadGroup(group: Group, [word, ...rest]: readonly string[]): Promise<Target> {
  const { branches, aliases = {} } = group;
  const name = word !== undefined && Object.hasOwn(aliases, word) ? aliases[word] : word;
  const typed = name !== undefined && Object.hasOwn(branches, name);
  const names = typed ? [name] : Object.keys(branches);
  const targets = await Promise.all(names.map((name) => loadBranch(branches[name]!, typed ? rest : [])));
  const routes = Object.fromEntries(names.map((name, i) => [name, targets[i]!]));
  const known = Object.entries(aliases).filter(([, name]) => names.includes(name));
  return defineGroup({ ...group, routes, aliases: Object.fromEntries(known) });
}

async function loadBranch(branch: Branch, words: readonly string[]): Promise<Target> {
  return typeof branch === "function" ? (await branch()).command : await loadGroup(branch, words);
}
