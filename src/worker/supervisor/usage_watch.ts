/**
 * @module
 * What running attempts take of the host, looked at now and then: so what is known of the most they took is "at least".
 * Attempts of moments cost nothing, and are not seen.
 */
import type { Usage } from "../../domain/job.ts";
import type { AttemptSaid, ClaimedJob } from "../../store/contract.ts";
import type { Clock } from "../../system/clock.ts";
import type { Platform } from "../process/platform.ts";

/** How old an attempt is that is looked at, in ms. */
const FROM_MS = 2000;
/** How often, in ms: a look takes 20 to 40 ms of CPU time, with a few hundred processes on the machine. */
const INTERVAL_MS = 10_000;
/** By how much memory has to differ, as a part of it, and CPU time in ms, to be told again. */
const LITTLE = { memory: 0.02, cpuMs: 50 };

export interface UsageWatchOptions {
  clock: Clock;
  /** Whether processes can be told by their tokens. */
  byToken: boolean;
  look: Platform["usageOf"];
  /** The jobs whose commands have begun. */
  running(): readonly ClaimedJob[];
  /** Told of what has changed. */
  say(said: AttemptSaid): void;
}

export class UsageWatch {
  readonly #options: UsageWatchOptions;
  /** What was told last, by token. */
  #told = new Map<string, Usage>();

  constructor(options: UsageWatchOptions) {
    this.#options = options;
  }

  /** In ms, from one round to the next. */
  get intervalMs(): number {
    return INTERVAL_MS;
  }

  /** Looks at all attempts that have run for a while. */
  async round(): Promise<void> {
    const { clock, byToken, look, running, say } = this.#options;
    const old = clock.now() - FROM_MS;
    const tokens = running().filter(({ startedAt }) => startedAt! <= old).map(({ token }) => token);
    const told = new Map(tokens.flatMap((token) => {
      const usage = this.#told.get(token);
      return usage ? [[token, usage] as const] : [];
    }));
    this.#told = told;
    if (tokens.length === 0) return;
    const found = await look(tokens, byToken);
    const still = new Set(running().map(({ token }) => token));
    for (const [token, { memory, largest, cpuMs }] of found ?? []) {
      if (!still.has(token)) continue; // what is said of an attempt comes before its end
      const before = told.get(token);
      const peakMemory = Math.max(memory, largest, before?.peakMemory ?? 0);
      const usage = { memory, peakMemory, cpuMs: Math.max(cpuMs, before?.cpuMs ?? 0) };
      if (before && isAlike(before, usage)) continue;
      told.set(token, usage);
      say({ token, usage });
    }
  }
}

function isAlike(before: Usage, now: Usage): boolean {
  return now.peakMemory === before.peakMemory && now.cpuMs - before.cpuMs < LITTLE.cpuMs &&
    Math.abs(now.memory - before.memory) <= before.memory * LITTLE.memory;
}
