/**
 * @module
 * The room that is kept in reserve for a full disk is made whole again when there is room for it. Goes in short steps.
 */
import { fillReserve, RESERVE, reserveSize } from "../../store/reserve.ts";
import type { Clock } from "../../system/clock.ts";
import type { Home } from "../../system/home.ts";
import type { Platform } from "../process/platform.ts";

/** When it is looked at for the first time, which those that live for moments do not; and later. In ms. */
const FIRST_MS = 500;
const INTERVAL_MS = 5000;

export class ReserveWatch {
  readonly #home: Home;
  readonly #clock: Clock;
  readonly #disk: Platform["disk"];
  #intervalMs = FIRST_MS;

  constructor({ home, clock, disk }: { home: Home; clock: Clock; disk: Platform["disk"] }) {
    this.#home = home;
    this.#clock = clock;
    this.#disk = disk;
  }

  /** How long to wait until the next round, in ms. */
  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Makes the reserve as large as the disk has room for, if it is not. */
  async round(signal: AbortSignal): Promise<void> {
    this.#intervalMs = INTERVAL_MS;
    if (reserveSize(this.#home) >= RESERVE) return;
    const disk = await this.#disk(this.#home.dir).catch(() => undefined);
    if (!disk) return;
    for (const _ of fillReserve(this.#home, disk.available)) {
      await this.#clock.sleep(0);
      if (signal.aborted) return;
    }
  }
}
