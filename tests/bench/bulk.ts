/**
 * @module
 * How fast 100,000 jobs in a file are enqueued, as a whole process, against one that does nothing but insert the
 * same rows into the same schema (`bare_insert.ts`), and keeps everybody else waiting meanwhile. Both flush once, into
 * a database that exists.
 */
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { enqueue } from "../helpers/jobs.ts";
import type { TempDir } from "../helpers/temp.ts";
import type { Fixtures } from "./fixtures.ts";
import { inTurns, medianOf, showMs, timeMs } from "./measure.ts";
import { benchProgramMs, queuectlMs } from "./program.ts";
import type { Result, Row } from "./row.ts";

const LINES = 100_000;

/** Enqueueing from a file. */
export const BULK: Row = {
  name: "bulk",
  async run(fixtures) {
    const file = fixtures.fresh().file("jobs.ndjson");
    const lines = Array.from({ length: LINES }, (_, i) => JSON.stringify({ command: `echo ${i}` }));
    await Deno.writeTextFile(file, lines.join("\n"));
    const { first, second, ratio } = await inTurns(
      async () => {
        const { home } = await emptyHome(fixtures);
        return await queuectlMs(["enqueue", "--file", file], home.dir);
      },
      async () => {
        const { home } = await emptyHome(fixtures);
        return await benchProgramMs("bare_insert.ts", [home.database, String(LINES)]);
      },
    );
    return [{
      what: "enqueue 100,000 lines, whole process",
      measured: showMs(first),
      against: `bare inserts ${showMs(second)}`,
      figure: 1 / ratio,
      target: { atLeast: 0.6 },
    }, await longestWait(fixtures, file)];
  },
};

/** How long another `enqueue` waits at the longest while the file is enqueued. */
async function longestWait(fixtures: Fixtures, file: string): Promise<Result> {
  const longest = await medianOf(3, async () => {
    const { home } = await emptyHome(fixtures);
    const store = await openStore(home);
    const waits: number[] = [];
    let ended = false;
    const bulk = queuectlMs(["enqueue", "--file", file], home.dir).finally(() => ended = true);
    while (!ended) {
      waits.push(await timeMs(() => enqueue(store, { queue: "other" })));
      await systemClock.sleep(5);
    }
    store.close();
    await bulk;
    return Math.max(...waits);
  });
  return {
    what: "meanwhile, the longest wait of another enqueue",
    measured: showMs(longest),
    against: "none",
    figure: longest,
    target: { atMost: 60 },
  };
}

/** A home with a database that has its schema and no jobs. */
async function emptyHome(fixtures: Fixtures): Promise<TempDir> {
  const dir = fixtures.fresh();
  const store = await openStore(dir.home);
  await store.changeSettings(new Map());
  store.close();
  return dir;
}
