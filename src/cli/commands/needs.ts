/**
 * @module
 * `queuectl needs`: what a job needs, and what those need, as a tree; or what needs it.
 */
import { NoSuch } from "../../domain/errors.ts";
import type { State } from "../../domain/job.ts";
import type { Decision, Wanting } from "../../domain/needs.ts";
import type { GroupEnd, Store } from "../../store/contract.ts";
import { defineCommand, type Target } from "../line/command.ts";
import { toggle } from "../line/flags.ts";
import { ONE_ID } from "../line/ids.ts";
import { STATE_COLOUR } from "../show/job_table.ts";
import type { Print } from "../show/print.ts";

/** So many of what one job needs are shown; how many more there are, is said. */
const MOST_OF_ONE = 20;
/** So many lines in all. */
const MOST = 200;

export const command: Target = defineCommand({
  brief: "Show what a job needs, as a tree",
  description:
    "Each line is a job that the one above it needs, with its state. What a job needs twice is shown once with all that it " +
    "needs itself.",
  examples: [
    ["needs j7", "what it waits for, or waited for"],
    ["needs j1 --dependents", "the other way round: what needs it"],
  ],
  flags: { dependents: toggle("show the jobs that need it instead") },
  words: ONE_ID,
  async run(context, { dependents }, [id]) {
    const store = await context.store();
    const job = await store.get(id!);
    if (job === undefined) throw new NoSuch(`Cannot show what job "${id}" needs: no such job`);
    const root: Branch = { id: job.id, state: job.state };
    await grow(root, { look: dependents ? dependentsOf : neededBy, store });
    const none = dependents ? "Nothing needs it" : "It needs nothing";
    context.print.result(
      json(root),
      () => root.branches?.length ? lines(context.print, root).join("\n") : `${root.id}: ${none}`,
    );
  },
});

/** A job in the tree, and how it stands to the one above it. */
interface Branch {
  id: string;
  /** Null when it is gone. */
  state: State | GroupEnd | null;
  /** It is a group. */
  isGroup?: true;
  wanting?: Wanting;
  decided?: Decision | null;
  /** Left out where they stand elsewhere, or there was no more room. */
  branches?: Branch[];
  /** How many more there are. */
  more?: number;
}

type Look = (store: Store, id: string) => Promise<{ branches: Branch[]; of: number }>;

async function neededBy(store: Store, id: string): Promise<{ branches: Branch[]; of: number }> {
  const [found] = await store.needs([id], MOST_OF_ONE);
  const branches = found?.needs.map(({ id, wanting, decided, job, group }): Branch => ({
    ...{ id, wanting, decided },
    ...group === undefined ? { state: job?.state ?? null } : { state: group, isGroup: true },
  }));
  return { branches: branches ?? [], of: found?.of ?? 0 };
}

async function dependentsOf(store: Store, id: string): Promise<{ branches: Branch[]; of: number }> {
  const { jobs, of } = await store.neededBy(id, MOST_OF_ONE);
  return { branches: jobs, of };
}

/** Level by level, so that what is near is there when there is no more room. */
async function grow(root: Branch, { look, store }: { look: Look; store: Store }): Promise<void> {
  const seen = new Set([root.id]);
  let room = MOST;
  const open = [root];
  for (const branch of open) { // which grows meanwhile
    if (room <= 0) return;
    const { branches, of } = await look(store, branch.id);
    branch.branches = branches;
    if (of > branches.length) branch.more = of - branches.length;
    room -= branches.length;
    for (const next of branches) {
      if (next.isGroup || seen.has(next.id) || next.state === null) continue;
      seen.add(next.id);
      open.push(next);
    }
  }
}

function json({ id, state, isGroup, wanting, decided, branches, more }: Branch): unknown {
  return {
    ...isGroup ? { group: id } : { id },
    state,
    ...(wanting && { wanting, decided }),
    ...(branches && { jobs: branches.map(json) }),
    ...(more && { more }),
  };
}

function lines(print: Print, branch: Branch, indent = ""): string[] {
  const { branches = [], more } = branch;
  const own = branches.flatMap((next, n) => {
    const isLast = n === branches.length - 1 && !more;
    const deeper = indent + (isLast ? "   " : "│  ");
    const [head, ...rest] = lines(print, next, deeper);
    return [`${indent}${isLast ? "└─ " : "├─ "}${head}`, ...rest];
  });
  return [headOf(print, branch), ...own, ...(more ? [`${indent}└─ and ${more} more`] : [])];
}

function headOf(print: Print, { id, state, isGroup, wanting, decided }: Branch): string {
  const shown = state === null
    ? "gone"
    : state === "open"
    ? state
    : print.paint(STATE_COLOUR[isGroup && state === "failed" ? "dead" : state], state);
  const wants = wanting === undefined || wanting === "completed" ? "" : `, wanted ${wanting}`;
  const way = decided === undefined ? "" : decided === null ? "" : decided === "met" ? ", met" : ", not met";
  return `${isGroup ? "group " : ""}${id} ${shown}${wants}${way}`;
}
