/**
 * @module
 * A process that fires what is due at a time, and kills itself on the way: `HOME NOW N` dies, as of `kill -9`, before the
 * N-th statement that writes. One that comes to its end before that prints "done".
 */
import { settingsFrom } from "../../src/domain/settings.ts";
import { openStore } from "../../src/store/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { homeAt } from "../../src/system/home.ts";
import { firingsOf } from "../../src/worker/supervisor/firings.ts";

const [dir, now, last] = Deno.args;
const store = await openStore(homeAt(dir!));
const due = await store.dueSchedules(Number(now), 50);
const { firings } = firingsOf(due, settingsFrom(new Map()));
let steps = 0;
for (const method of ["run", "insert"] as const) {
  const original = Database.prototype[method];
  Database.prototype[method] = function (sql, ...values) {
    steps += 1;
    if (steps === Number(last)) Deno.kill(Deno.pid, "SIGKILL");
    return original.call(this, sql, ...values);
  };
}
await store.fire(firings, { now: Number(now), idFormat: "short" });
store.close();
console.log("done");
