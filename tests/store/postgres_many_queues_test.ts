/**
 * @module
 * Claiming from many queues at once looks at only some jobs of each, and takes those that come first of all the same.
 */
import assert from "node:assert/strict";
import { claim, enqueue, newSupervisor } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";

const server = await postgresServer();
const QUEUES = 40;

/** How many jobs there are in each queue, and how urgent they are. */
const SHAPES: readonly [string, (queue: number) => number, (nth: number) => number][] = [
  ["as many in each", () => 30, (nth) => nth % 7],
  ["most of them in one", (queue) => queue === 17 ? 900 : 3, (nth) => nth % 3],
  ["the most urgent ones in the longest queue", (queue) => queue === 3 ? 700 : 10, (nth) => -nth],
  ["some queues with one job, others with many", (queue) => queue % 2 === 0 ? 1 : 60, (nth) => nth % 50],
];

testWith(
  server,
  "PostgreSQL: of many queues the first jobs of all are claimed, however they are spread",
  async () => {
    for (const [shape, count, priority] of SHAPES) {
      using opened = await openedOn(server, { few: 0 });
      const { store } = opened;
      await store.register(newSupervisor("s"));
      const jobs = Array.from({ length: QUEUES }, (_, n) => (
        Array.from({ length: count(n) }, () => ({ queue: `q${n}` }))
      )).flat().map((job, nth) => ({ ...job, priority: priority(nth) }));
      const ids = await enqueue(store, ...jobs);
      const expected = ids.map((id, nth) => ({ id, nth, priority: jobs[nth]!.priority }))
        .sort((a, b) => a.priority - b.priority || a.nth - b.nth).map(({ id }) => id);
      const claimed: string[] = [];
      for (let some = await claim(store, "s", { count: 45 }); some.length > 0;) {
        claimed.push(...some.map(({ id }) => id));
        some = await claim(store, "s", { count: 45 });
      }
      assert.deepEqual(claimed, expected, shape);
      assert.deepEqual(await store.recount(), [], shape);
    }
  },
);
