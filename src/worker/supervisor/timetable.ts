/**
 * @module
 * When the next schedule is due, and firing those that are. Any supervisor does it, and none of them need know whether
 * others do, too: the store sees to it that each slot is decided once. Invariants: without schedules it costs nothing, and
 * what finds times is not even loaded; nothing in memory decides what runs.
 */
import type { Settings } from "../../domain/settings.ts";
import type { ScheduleStore } from "../../store/contract.ts";
import { type Clock, LONGEST_TIMER_MS } from "../../system/clock.ts";

export interface TimetableOptions {
  store: Pick<ScheduleStore, "dueSchedules" | "fire">;
  clock: Clock;
  /** It may change. */
  settings(): Settings;
  /** Told of what cannot be fired, and of what was missed. */
  say(text: string): void;
  /** Something is due. */
  onDue(): void;
}

/** Schedules fired in one go: others write, too. */
const AT_ONCE = 50;
/** What cannot be fired here, or is being fired by another, is looked at again after so long. */
const RETRY_MS = 1000;

export class Timetable {
  readonly #options: TimetableOptions;
  readonly #said = new Set<string>();
  #nextAt: number | null = null;
  /** By the monotonic clock. */
  #restsUntilMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TimetableOptions) {
    this.#options = options;
  }

  /** Whether something is due. */
  get isDue(): boolean {
    const { clock } = this.#options;
    return this.#nextAt !== null && this.#nextAt <= clock.now() && clock.monotonicMs() >= this.#restsUntilMs;
  }

  /** Takes note of when the next slot is due. */
  follow(nextAt: number | null): void {
    this.#nextAt = nextAt;
    this.#setTimer();
  }

  /** Fires some of what is due. Afterwards, it is to be asked anew when the next slot is due. */
  async fire(): Promise<void> {
    const { store, clock, settings, say } = this.#options;
    const due = await store.dueSchedules(clock.now(), AT_ONCE);
    if (due.schedules.length === 0) return;
    const { firingsOf } = await import("./firings.ts");
    const { firings, problems } = firingsOf(due, settings());
    for (const { name, message } of problems) {
      if (!this.#said.has(name)) say(`schedule ${name} cannot be fired here: ${message}`);
      this.#said.add(name);
    }
    const { idFormat } = settings();
    const fired = firings.length === 0 ? [] : await store.fire(firings, { now: clock.now(), idFormat });
    for (const [at, { done }] of fired.entries()) {
      const { name, left } = firings[at]!;
      if (done && left) say(`schedule ${name}: ${sayMissed(left.count)}`);
    }
    if (!fired.some(({ done }) => done)) this.#restsUntilMs = clock.monotonicMs() + RETRY_MS;
  }

  /** Nothing is due any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#nextAt = null;
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#nextAt === null) return;
    const { clock, onDue } = this.#options;
    const delayMs = Math.max(0, this.#nextAt - clock.now(), this.#restsUntilMs - clock.monotonicMs());
    this.#timer = setTimeout(onDue, Math.min(delayMs, LONGEST_TIMER_MS));
  }
}

function sayMissed(count: number | null): string {
  return count === 1
    ? "a run was missed and is left out"
    : `${count ?? "very many"} runs were missed and are left out`;
}
