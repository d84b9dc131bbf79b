/**
 * @module
 * A process that settles the one running attempt of supervisor `s`, tells those that need its job, and kills itself on the
 * way: `HOME ADDRESS N` dies, as of `kill -9`, before its N-th statement that begins or ends a transaction or, on a
 * server, before its N-th round trip. Without an address it is the store of the home. One that comes to its end prints so.
 */
import { dyingStore } from "./dying_store.ts";
import { death, settle } from "./jobs.ts";

const [dir, address, last] = Deno.args;
const { store, begin } = await dyingStore({
  ...{ dir: dir!, address: address!, last: Number(last) },
  isStep: (sql) => sql === "BEGIN IMMEDIATE" || sql === "COMMIT",
});
const [running] = await store.running("s");
begin();
await settle(store, "s", death(running!.job.token));
while (await store.recover());
store.close();
console.log("over");
