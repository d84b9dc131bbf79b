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
    delete: () => import("./delete.ts"),
  },
};

/** The part of the tree that the typed words need. */
export function loadTree(words: readonly string[]): Promise<Target> {
  return loadGroup(TREE, words);
}

/** The whole tree. */
export function loadWholeTree(): Promise<Target> {
  return loadGroup(TREE, []);
}

async function loadGroup(group: Group, [word, ...rest]: readonly string[]): Promise<Target> {
  const typed = word !== undefined && Object.hasOwn(group.branches, word);
  const names = typed ? [word] : Object.keys(group.branches);
  const targets = await Promise.all(
    names.map((name) => loadBranch(group.branches[name]!, typed ? rest : [])),
  );
  const routes = Object.fromEntries(names.map((name, i) => [name, targets[i]!]));
  return defineGroup({ ...group, routes });
}

async function loadBranch(branch: Branch, words: readonly string[]): Promise<Target> {
  return typeof branch === "function" ? (await branch()).command : await loadGroup(branch, words);
}
