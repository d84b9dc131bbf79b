/**
 * @module
 * Who changes what jobs need, who enqueues others that need them, who runs them again and who seals or adds up their
 * groups take their locks in one order: the server never has to undo one of them.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { Connection, ServerError } from "../../src/store/postgres/engine/driver.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { newJob, T0 } from "../helpers/jobs.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";

/** How often needs are changed meanwhile. */
const ROUNDS = 15;

/** Notes each deadlock that the server ends. */
function countDeadlocks(): { n: number } & Disposable {
  const { queries } = Connection.prototype;
  const counted = {
    n: 0,
    [Symbol.dispose]: () => void (Connection.prototype.queries = queries),
  };
  Connection.prototype.queries = async function (...args) {
    try {
      return await queries.apply(this, args);
    } catch (error) {
      if (error instanceof ServerError && error.code === "40P01") counted.n += 1;
      throw error;
    }
  };
  return counted;
}

const server = await postgresServer();

testWith(
  server,
  "PostgreSQL: changing, enqueueing, retrying and sealing around one group take their locks in one order",
  async () => {
    using dir = tempDir();
    using deadlocks = countDeadlocks();
    const address = newAddress(server);
    const stores: Store[] = [];
    for (let n = 0; n < 5; n++) stores.push(await openPostgresStore(address, dir.home, {}));
    const [editing, enqueueing, another, retrying, sealing] = stores as [Store, Store, Store, Store, Store];
    const enqueue = (store: Store, ...jobs: Parameters<typeof newJob>[0][]) =>
      store.enqueue(jobs.map(newJob), { now: T0, idFormat: "short", joining: { reopen: true } });
    try {
      await enqueue(editing, { id: "first" }, { id: "a", group: "h" }, { id: "z", group: "g" }, {
        group: "k",
      });
      let over = false;
      const go = async (work: () => Promise<unknown>) => {
        while (!over) await work();
      };
      const change = async () => {
        for (let round = 0; round < ROUNDS; round++) {
          await editing.edit("first", { afterEnded: ["z"], afterGroupEnded: ["h"] }, T0);
          await editing.edit("first", { afterEnded: [], afterGroupEnded: [] }, T0);
        }
        over = true;
      };
      await Promise.all([
        change().finally(() => over = true),
        go(() => enqueue(enqueueing, { afterEnded: ["first", "z"], afterGroupEnded: ["g", "h"] })),
        go(() => enqueue(another, { group: "k", afterEnded: ["first", "z"], afterGroupEnded: ["h"] })),
        go(async () => {
          await retrying.cancel(["z"], T0);
          await retrying.retry(["z"], { now: T0, withDependents: true });
        }),
        go(async () => {
          await sealing.sealGroup("g", T0);
          await sealing.sealGroup("h", T0);
          await sealing.sealGroup("k", T0);
        }),
      ]);
      assert.equal(deadlocks.n, 0);
      while (await sealing.recover());
      assert.deepEqual(await editing.recount(), []);
    } finally {
      for (const store of stores) store.close();
    }
  },
);
