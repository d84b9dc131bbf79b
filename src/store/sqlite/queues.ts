/**
 * @module
 * Named queues: their switches and their counts. A queue has a row in `queues` only once a switch was set.
 */
import type { State } from "../../job.ts";
import type { QueueInfo } from "../store.ts";
import { noCounts } from "./counts.ts";
import type { Database } from "./database.ts";

/** Every queue by name, with its counts by state. */
export function queues(db: Database): QueueInfo[] {
  const infos = db.all<{ name: string; paused: number | null; concurrency: number | null }>(
    `SELECT n.name, q.paused, q.concurrency
     FROM (SELECT name FROM queues UNION SELECT queue FROM counts) n LEFT JOIN queues q ON q.name = n.name
     ORDER BY n.name`,
  ).map(({ name, paused, concurrency }) => ({ name, paused: paused === 1, concurrency, counts: noCounts() }));
  const byName = new Map(infos.map((info) => [info.name, info]));
  for (
    const row of db.all<{ queue: string; state: State; n: number }>("SELECT queue, state, n FROM counts")
  ) {
    byName.get(row.queue)!.counts[row.state] = row.n;
  }
  return infos;
}

/** Changes a queue's switches, creating it if need be. */
export function setQueue(
  db: Database,
  name: string,
  { paused, concurrency }: { paused?: boolean; concurrency?: number | null },
): void {
  db.run("INSERT OR IGNORE INTO queues (name) VALUES (?)", name);
  if (paused !== undefined) db.run("UPDATE queues SET paused = ? WHERE name = ?", paused ? 1 : 0, name);
  if (concurrency !== undefined) {
    db.run("UPDATE queues SET concurrency = ? WHERE name = ?", concurrency, name);
  }
}
