/**
 * @module
 * What is to be done for schedules that are due. Loaded when one is.
 */
import { arrived } from "../../domain/schedule/coming.ts";
import { slotsOf } from "../../domain/schedule/expression.ts";
import { jobOfSlot } from "../../domain/schedule/spec.ts";
import type { Settings } from "../../domain/settings.ts";
import type { DueSchedules, Firing, Schedule } from "../../store/contract.ts";
import { whereabouts } from "../../system/environment.ts";
import { failureOf } from "./failure.ts";

export interface Firings {
  /** In a random order, so that hosts that see the same at the same time share it. */
  firings: Firing[];
  /** What cannot be fired here, such as in a zone that this host does not know. */
  problems: { name: string; message: string }[];
}

export function firingsOf({ now, schedules }: DueSchedules, settings: Settings): Firings {
  const found: Firings = { firings: [], problems: [] };
  for (const schedule of shuffled(schedules)) {
    try {
      found.firings.push(firingOf(schedule, settings, now));
    } catch (error) {
      found.problems.push({ name: schedule.name, message: failureOf(error).message });
    }
  }
  return found;
}

function firingOf(schedule: Schedule, settings: Settings, now: number): Firing {
  const { name, revision } = schedule;
  const { runs, left, next } = arrived(
    { ...schedule, nextSlot: schedule.next!.slot },
    slotsOf(schedule),
    now,
  );
  const defaults = { ...settings, ...whereabouts(), now };
  return {
    name,
    revision,
    runs: runs.map(({ slot, late }) => ({
      slot,
      kind: late ? "late" : "on_time",
      job: jobOfSlot(schedule, slot, defaults),
    })),
    left,
    next,
  };
}

function shuffled<T>(all: readonly T[]): T[] {
  return all.map((one) => ({ one, at: Math.random() })).sort((a, b) => a.at - b.at).map(({ one }) => one);
}
