/**
 * @module
 * A process that enqueues very many jobs at once, the first with the id `x`, and kills itself on the way:
 * `HOME JOBS N [needing|grouped]` dies, as of `kill -9`, before its N-th transaction begins or is committed. With a directory
 * for N it goes on and keeps the home there as it would be then: the copy of before the N-th is `DIRECTORY/N`. One that
 * comes to its end prints the ids. Where they need each other, each but every fifth needs the next one; grouped ones are of
 * a group, but for the last, which comes after it.
 */
import { openStore } from "../../src/store/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { homeAt } from "../../src/system/home.ts";
import { newJob } from "./jobs.ts";

const [dir, jobs, last, how] = Deno.args;
const store = await openStore(homeAt(dir!));
let steps = 0;

function step(): void {
  steps += 1;
  if (!last!.startsWith("/")) {
    if (steps === Number(last)) Deno.kill(Deno.pid, "SIGKILL");
    return;
  }
  // by another process: one that closes a file gives up the locks that it has on it
  const { success } = new Deno.Command("cp", { args: ["-Rp", dir!, `${last}/${steps}`] }).outputSync();
  if (!success) throw new Error(`step ${steps} cannot be copied`);
}

const { run } = Database.prototype;
Database.prototype.run = function (sql, ...values) {
  if (sql === "BEGIN IMMEDIATE" || sql === "COMMIT") step();
  return run.call(this, sql, ...values);
};

const ids = await store.enqueue(
  Array.from(
    { length: Number(jobs) },
    (_, i) =>
      newJob({
        id: i === 0 ? "x" : null,
        ...how === "needing" && i % 5 < 4 && i + 1 < Number(jobs) && { after: [i + 1] },
        ...how === "grouped" && (i + 1 < Number(jobs) ? { group: "g" } : { afterGroup: ["g"] }),
      }),
  ),
  { now: Date.now(), idFormat: "short", joining: { seal: true } },
);
store.close();
console.log(ids.join("\n"));
