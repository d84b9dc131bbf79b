/**
 * @module
 * A process that fires what is due at a time, and kills itself on the way: `HOME ADDRESS NOW N` dies, as of `kill -9`, before
 * its N-th statement that writes or, on a server, before its N-th round trip. Without an address it is the store of the
 * home. One that comes to its end before that prints "done".
 */
import { settingsFrom } from "../../src/domain/settings.ts";
import { firingsOf } from "../../src/worker/supervisor/firings.ts";
import { dyingStore } from "./dying_store.ts";

const [dir, address, now, last] = Deno.args;
const { store, begin } = await dyingStore({
  ...{ dir: dir!, address: address!, last: Number(last) },
  isStep: () => true,
});
const due = await store.dueSchedules(Number(now), 50);
const { firings } = firingsOf(due, settingsFrom(new Map()));
begin();
await store.fire(firings, { now: Number(now), idFormat: "short" });
store.close();
console.log("done");
