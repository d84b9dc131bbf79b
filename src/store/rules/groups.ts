/**
 * @module
 * What every store decides alike of groups: who may add to one, how it ended, and what is wrong with its counters. Pure.
 */
import { BadInput, NoSuch, Refused } from "../../domain/errors.ts";
import { END_STATES, type State } from "../../domain/job.ts";
import type { Group, GroupEnd, Joining } from "../contract.ts";

/** The counters of a group that others see as a job does: by how its jobs ended. */
export interface Counters {
  open: number;
  completed: number;
  dead: number;
  cancelled: number;
  skipped_failed: number;
  skipped_called_off: number;
  skipped_unneeded: number;
}

/** A group as it is stored. */
export interface GroupRow extends Counters {
  id: number;
  name: string;
  created_at: number;
  changed_at: number;
  sealed: number | boolean;
  max_failures: number | null;
}

/**
 * How a group is. A job that is not needed is no failure, so it does not count. In SQL, as the state of a job that ended
 * so, it is `groupState`.
 */
export function endOfGroup(row: Counters & { sealed: number | boolean }): GroupEnd {
  if (!row.sealed || row.open > 0) return "open";
  if (row.dead > 0 || row.skipped_failed > 0) return "failed";
  return row.cancelled > 0 || row.skipped_called_off > 0 ? "cancelled" : "completed";
}

/** The same in SQL, of a row `g`: the state of a job that ended as the group did, `pending` while it is open. */
export const GROUP_STATE = `
  CASE WHEN g.id IS NULL THEN NULL
    WHEN NOT g.sealed OR g.open > 0 THEN 'pending'
    WHEN g.dead > 0 OR g.skipped_failed > 0 THEN 'dead'
    WHEN g.cancelled > 0 OR g.skipped_called_off > 0 THEN 'cancelled'
    ELSE 'completed' END`;

/** How a group is, by its state as SQL gives it. */
export function endOfState(state: State): GroupEnd {
  if (state === "dead") return "failed";
  return state === "completed" || state === "cancelled" ? state : "open";
}

/** A group, from its row, and how many of its jobs run. */
export function toGroup(row: GroupRow, running: number): Group {
  const { open, completed, dead, cancelled, skipped_failed, skipped_called_off, skipped_unneeded } = row;
  const end = endOfGroup(row);
  return {
    name: row.name,
    createdAt: row.created_at,
    sealed: Boolean(row.sealed),
    end,
    endedAt: end === "open" ? null : row.changed_at,
    open,
    running,
    ended: { completed, dead, cancelled, skipped: skipped_failed + skipped_called_off + skipped_unneeded },
    maxFailures: row.max_failures,
  };
}

/** How many of some jobs join each group, in the order of their names, so that nobody waits for each other. */
export class JoinTally {
  readonly #counts = new Map<string, number>();

  /** Counts a job. */
  add({ group }: { group: string | null }): void {
    if (group !== null) this.#counts.set(group, (this.#counts.get(group) ?? 0) + 1);
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** The groups with how many jobs each gets. */
  all(): [name: string, n: number][] {
    return [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1);
  }
}

/**
 * Lets jobs be added to a group that is there.
 *
 * @param isMember whether who adds them is a job of it that has not ended
 * @throws {BadInput | Refused} when it does not take them
 */
export function checkJoin(
  { name, sealed, dead, max_failures }: Pick<GroupRow, "name" | "sealed" | "dead" | "max_failures">,
  { reopen = false }: Joining,
  isMember: boolean,
): void {
  if (sealed && !reopen && !isMember) {
    throw new BadInput(`Cannot enqueue into group "${name}": it is sealed; --reopen adds to it all the same`);
  }
  if (max_failures !== null && dead >= max_failures) {
    const jobs = dead === 1 ? "1 of its jobs has" : `${dead} of its jobs have`;
    throw new Refused(`Cannot enqueue into group "${name}": ${jobs} failed, and it was to stop at that`);
  }
}

export function noSuchGroup(verb: string, name: string): NoSuch {
  return new NoSuch(`Cannot ${verb} group "${name}": no such group`);
}

/**
 * Lets a group be forgotten.
 *
 * @param jobs how many it has that are still there
 * @param waiting a job that waits for it, if one does
 */
export function checkForgettable(name: string, jobs: number, waiting: string | undefined): void {
  if (jobs > 0) {
    const has = jobs === 1 ? "1 job" : `${jobs} jobs`;
    throw new Refused(`Cannot delete group "${name}": it has ${has}; delete them first, with --group`);
  }
  if (waiting !== undefined) {
    throw new Refused(`Cannot delete group "${name}": job "${waiting}" waits for it; seal the group first`);
  }
}

/** Jobs are under way that may need it. */
export function mayBeNeeded(name: string): Refused {
  return new Refused(`Cannot delete group "${name}" while very many jobs are being enqueued; try again`);
}

/** The jobs of a group that are there, by state and, of skipped ones, why. */
export interface MemberCount {
  name: string;
  state: State;
  skipped_for: string | null;
  n: number;
}

/** Groups against their jobs: none is open that is not counted, and ended ones are counted at least. */
export function compareGroups(groups: readonly GroupRow[], members: readonly MemberCount[]): string[] {
  const byName = Map.groupBy(members, ({ name }) => name);
  const findings: string[] = [];
  for (const row of groups) {
    const own = byName.get(row.name) ?? [];
    byName.delete(row.name);
    const sum = (is: (member: MemberCount) => boolean) =>
      own.filter(is).reduce((sum, { n }) => sum + Number(n), 0);
    const isEnd = (state: State) => (END_STATES as readonly State[]).includes(state);
    const open = sum(({ state }) => !isEnd(state));
    if (open !== row.open) {
      findings.push(`Group "${row.name}" has ${open} open jobs, but ${row.open} were counted`);
    }
    const atLeast = (what: string, counted: number, is: (member: MemberCount) => boolean) => {
      const there = sum(is);
      if (there <= counted) return;
      findings.push(`Group "${row.name}" has ${there} ${what} jobs, but ${counted} were counted`);
    };
    for (const state of ["completed", "dead", "cancelled"] as const) {
      atLeast(state, row[state], (member) => member.state === state);
    }
    for (const reason of ["failed", "called_off", "unneeded"] as const) {
      atLeast(
        `skipped (${reason.replace("_", " ")})`,
        row[`skipped_${reason}`],
        (member) => member.state === "skipped" && member.skipped_for === reason,
      );
    }
  }
  return [
    ...findings,
    ...[...byName.keys()].map((name) => `There are jobs of group "${name}", which is not there`),
  ];
}
