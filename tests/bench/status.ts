/**
 * @module
 * Whether `status` costs the same with a million jobs as with a hundred, as a whole process.
 */
import { inTurns, medianOf, showMs } from "./measure.ts";
import { queuectlMs } from "./program.ts";
import type { Row } from "./row.ts";

/** `status` in a big store. */
export const STATUS: Row = {
  name: "status",
  async run(fixtures) {
    const [big, small] = [await fixtures.million(), await fixtures.filled(100)];
    const { first, second, ratio } = await inTurns(
      () => medianOf(10, () => queuectlMs(["status"], big.home.dir)),
      () => medianOf(10, () => queuectlMs(["status"], small.home.dir)),
    );
    return [{
      what: "status, 1,000,000 jobs",
      measured: showMs(first),
      against: `100 jobs ${showMs(second)}`,
      figure: ratio,
      target: { atMost: 1.2 },
    }];
  },
};
