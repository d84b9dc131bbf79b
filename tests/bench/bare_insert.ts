/**
 * @module
 * The ceiling for `enqueue --file`: the rows that it would store, inserted by one prepared statement in one
 * transaction, and nothing else: no file to read, nothing checked, nothing counted.
 * Arguments: a database of queuectl, and how many rows.
 */
import { DatabaseSync } from "node:sqlite";
import { systemClock } from "../../src/system/clock.ts";

const [path, count] = Deno.args;
const db = new DatabaseSync(path!);
db.exec("PRAGMA synchronous=FULL; BEGIN IMMEDIATE");
const insert = db.prepare(`
  INSERT INTO jobs (name, queue, command, state, priority, max_retries, timeout_ms, run_at, created_at,
    label, cwd, env, held)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
const now = systemClock.now();
const cwd = Deno.cwd();
for (let i = 0; i < Number(count); i++) {
  insert.run(null, "default", `echo ${i}`, "pending", 0, 3, 0, null, now, null, cwd, null, 0);
}
db.exec("COMMIT");
db.close();
