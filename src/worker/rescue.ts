/**
 * @module
 * Jobs of supervisors whose lease has ended: what is left of their processes on this host is ended, then the
 * attempts are settled as lost, or undone where they never began.
 *
 * Such a supervisor may only be asleep, with jobs it has been handed and not begun. Its spool is moved away first:
 * without a spool no job begins, so from then on it is certain which of them have, and none will.
 */
import type { Clock } from "../clock.ts";
import type { Home } from "../home.ts";
import { nextState } from "../retry.ts";
import type { Settings } from "../settings.ts";
import type { LapsedSupervisor, Settlement, Store } from "../store/store.ts";
import { endTree } from "./end_tree.ts";
import type { Journal } from "./journal.ts";
import { hasBegun } from "./output.ts";
import type { Host } from "./process.ts";

/** What it takes to rescue jobs. */
export interface RescueOptions {
  /** Where the lapsed supervisors are. */
  store: Store;
  /** Where they left their spool. */
  home: Home;
  /** Only processes of this boot of this host can be ended from here. */
  host: Host;
  /** Told of every job that was lost. */
  journal: Journal;
  /** Decides which leases have ended. */
  clock: Clock;
}

/** Settles the attempts of every supervisor whose lease has ended, so that their jobs run again. */
export async function rescueLapsed(options: RescueOptions, settings: Settings): Promise<void> {
  for (const lapsed of await options.store.lapsed(options.clock.now())) {
    await rescue(lapsed, options, settings);
  }
}

async function rescue(lapsed: LapsedSupervisor, options: RescueOptions, settings: Settings): Promise<void> {
  const { store, home, host, journal, clock } = options;
  const here = lapsed.host === host.name && lapsed.bootId === host.bootId;
  const spool = `${home.spool}/${lapsed.id}.ended`;
  if (here) {
    await moveAway(`${home.spool}/${lapsed.id}`, spool);
    const ending = { graceMs: settings.killGraceMs, procfs: host.procfs, clock };
    await Promise.all(lapsed.running.map(({ token }) => endTree(() => ({ token, root: null }), ending)));
  }
  const finishedAt = clock.now();
  const settlements = lapsed.running.map(({ token, job }): Settlement => {
    const outcome = here && !hasBegun(`${spool}/${token}`) ? "unstarted" : "lost";
    const error = outcome === "lost" ? `lost: its worker ${job.worker} is gone` : null;
    const result = { outcome, exitCode: null, signal: null, error, startedAt: null, finishedAt } as const;
    return { token, ...result, ...nextState({ ...job, outcome, finishedAt }, settings, Math.random()) };
  });
  if (!await store.rescue(lapsed.id, settlements, finishedAt)) return;
  for (const [i, { job }] of lapsed.running.entries()) {
    if (settlements[i]!.outcome === "unstarted") continue;
    journal.note(`${job.id} was lost with its worker ${job.worker}`, null);
  }
  if (here) await Deno.remove(spool, { recursive: true }).catch(() => {});
}

async function moveAway(spool: string, to: string): Promise<void> {
  try {
    await Deno.rename(spool, to);
  } catch (error) {
    // Another rescuer was faster; the store lets one of us settle.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
