/**
 * @module
 * What `enqueue 'true'` costs as a whole process, against the runtime starting an empty program with the same flags.
 */
import { inTurns, medianOf, showMs } from "./measure.ts";
import { benchProgramMs, queuectlMs } from "./program.ts";
import type { Row } from "./row.ts";

/** Enqueueing one job. */
export const ENQUEUE: Row = {
  name: "enqueue",
  async run(fixtures) {
    const { home } = fixtures.fresh();
    const enqueue = () => queuectlMs(["enqueue", "true"], home.dir);
    const empty = () => benchProgramMs("empty.ts");
    await enqueue(), await empty(); // fills the runtime's caches
    const { first, second, ratio } = await inTurns(() => medianOf(10, enqueue), () => medianOf(10, empty));
    return [{
      what: "enqueue 'true', whole process",
      measured: showMs(first),
      against: `empty program ${showMs(second)}`,
      figure: ratio,
      target: { atMost: 1.4 },
    }];
  },
};
