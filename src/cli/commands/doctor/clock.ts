/**
 * @module
 * The checks of the clock: whether the home's file system has the same time, and whether it was set back.
 */
import { UserError } from "../../../domain/errors.ts";
import type { Store } from "../../../store/contract.ts";
import type { Context } from "../../line/context.ts";
import { rough } from "../../show/times.ts";
import { type Finding, ok, warning } from "./finding.ts";
import { probe } from "./probe.ts";

/** File systems round times, some to two seconds; what is less does no harm. */
const TOLERATED_MS = 5000;

/** Everything about the clock. */
export async function* checkClock(context: Context): AsyncGenerator<Finding> {
  const wrong = [...checkFileTime(context), ...await checkStoredTimes(context)];
  yield* wrong.length > 0 ? wrong : [ok("clock", "agrees with the home's file system and with the store")];
}

/** Ends of jobs that nobody watched are dated by the files they are in. */
function* checkFileTime({ home, clock }: Context): Generator<Finding> {
  const made = probe(home, clock);
  if (!made) {
    return yield warning(
      "clock",
      "not compared with the home's file system: nothing can be written there",
      "see to that first",
    );
  }
  const aheadMs = made.madeAt - made.askedAt;
  if (Math.abs(aheadMs) <= TOLERATED_MS) return;
  yield warning(
    "clock",
    `the home's file system is ${rough(Math.abs(aheadMs))} ${
      aheadMs > 0 ? "ahead of" : "behind"
    } this machine`,
    "set both clocks right, for example by NTP: some ends of jobs are dated by files",
  );
}

/** What the store has recorded cannot lie in the future: if it does, the clock was set back since. */
async function checkStoredTimes(context: Context): Promise<Finding[]> {
  let latest: number;
  try {
    latest = await latestTime(await context.store(), context.clock.now());
  } catch (error) {
    if (error instanceof UserError) return []; // it says so elsewhere
    throw error;
  }
  const aheadMs = latest - context.clock.now();
  if (aheadMs <= TOLERATED_MS) return [];
  const found = `was set back: the store knows of something that happened in ${rough(aheadMs)}`;
  const advice = "set it right; until then, what waits for its time waits longer, and durations are wrong";
  return [warning("clock", found, advice)];
}

/** When the newest job came, the newest worker started, or the latest event was counted, to the minute. */
async function latestTime(store: Store, now: number): Promise<number> {
  const { jobs } = await store.list({ limit: 1 });
  const workers = await store.workers();
  const events = await store.figures({ span: "minute", from: now, queue: null });
  return Math.max(
    ...jobs.map(({ createdAt }) => createdAt),
    ...workers.map(({ startedAt }) => startedAt),
    ...events.map(({ start }) => start),
  );
}
