/**
 * @module
 * Working off what jobs are to be told, and adding up groups: in steps, so that nobody waits for long, however many they are.
 * What is to be told stands in `ended`, which the schema's triggers fill; so whoever dies, others go on.
 *
 * Invariant: one at a time works off.
 */
import { systemClock } from "../../system/clock.ts";
import { MOST_EDGES } from "../rules/dependents.ts";
import type { Database } from "./engine/database.ts";
import { addUpGroups, stopSome } from "./groups.ts";
import { Step, type Turn, TURNS } from "./telling.ts";

/** What came of a step. */
export interface WorkedOff {
  /** Jobs that were told something. */
  told: number;
  /** There is more to do, and nobody else does it. */
  more: boolean;
}

const KEY = "1363366988, 'queuectl.ended'::regclass::oid::integer";
/**
 * All that is looked at is found by its number, however many there are. The server would rather read or sort the whole of a
 * table for some hundred of them, and that in every step: the more so when it believes that one job is needed by all others.
 */
const BY_NUMBER = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "jit"]
  .map((name) => `set_config('${name}', 'off', true)`).join(", ");
const TRY = `SELECT pg_try_advisory_xact_lock(${KEY}) AS ours, ${BY_NUMBER}`;
const WAIT = `SELECT true AS ours, ${BY_NUMBER} FROM pg_advisory_xact_lock(${KEY})`;

/** Whether anybody is to be told anything, or groups are to be added up. */
export async function isToBeTold(db: Database): Promise<boolean> {
  return (await db.get<{ any: boolean }>('SELECT queuectl.to_be_told_6() AS "any"'))!.any;
}

/** How much is done in one go; kept from one transaction to the next, as long as there is more to do. */
export class Pace {
  /** Edges that are looked at. */
  size = LEAST;
  /** As far as those are followed that end by being told. */
  depth = 1;

  /** After a look that took so long. */
  looked({ isFull, tookMs }: { isFull: boolean; tookMs: number }): void {
    this.depth = Math.min(this.depth * 64, DEEPEST);
    if (tookMs > LOOK_MS) this.size = Math.max(LEAST, this.size / 2);
    else if (isFull && tookMs < LOOK_MS / 3) this.size = Math.min(this.size * 2, MOST_EDGES);
  }

  /** Nothing is left. */
  rest(): void {
    this.size = LEAST;
    this.depth = 1;
  }
}

/**
 * Adds up groups, and tells some of the jobs, unless somebody else is at it; for those who wait for it, afterwards. Groups
 * are added up apart: who does that holds no job.
 */
export async function workOff(
  db: Database,
  { now, wait, pace }: { now: number; wait: boolean; pace: Pace },
): Promise<WorkedOff> {
  const stopping = await addUpGroups(db);
  const stopped = stopping === undefined ? 0 : await stopSome(db, stopping, now);
  const { told, more } = await tellSome(db, { now, wait, pace });
  if (stopping === undefined) return { told, more };
  await addUpGroups(db);
  return { told: told + stopped, more: true };
}

async function tellSome(
  db: Database,
  { now, wait, pace }: { now: number; wait: boolean; pace: Pace },
): Promise<WorkedOff> {
  return await db.transaction(async (tx) => {
    const [lock, first] = await tx.several([{ sql: wait ? WAIT : TRY }, { sql: TURNS }]);
    if (!(lock!.rows[0] as { ours: boolean }).ours) return { told: 0, more: false };
    const start = systemClock.monotonicMs();
    const elapsed = () => systemClock.monotonicMs() - start;
    let turns = first!.rows as unknown as Turn[];
    let told = 0;
    while (turns.length > 0) {
      const before = elapsed();
      const step = await new Step(tx, { now, room: pace.size, depth: pace.depth }).run(turns);
      turns = step.next;
      told += step.told;
      const tookMs = elapsed() - before;
      pace.looked({ isFull: step.edges >= pace.size, tookMs });
      const isLong = told >= TELL_LEAST && elapsed() + tookMs > TELL_MS;
      if (isLong && turns.length > 0) return { told, more: true };
    }
    pace.rest();
    return { told, more: false };
  });
}

/** How long a transaction goes on, and each of its looks: who changes or counts these jobs, or is at it, waits for it. */
const TELL_MS = 40;
const LOOK_MS = 20;
/** So many are told in any case: what few jobs are to be told is told at once, however slow the machine is. */
const TELL_LEAST = 40;
const LEAST = 100;
/** As far as those are followed that end by being told. */
const DEEPEST = 512;
