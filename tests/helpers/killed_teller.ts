/**
 * @module
 * A process that settles the one running attempt of supervisor `s`, tells those that need its job, and kills itself on the
 * way: `HOME ADDRESS N` dies, as of `kill -9`, before its N-th statement that begins or ends a transaction or, on a
 * server, before its N-th round trip. Without an address it is the store of the home. One that comes to its end prints so.
 */
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { Connection, type Result } from "../../src/store/postgres/engine/driver.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { homeAt } from "../../src/system/home.ts";
import { death, settle } from "./jobs.ts";

const [dir, address, last] = Deno.args;
let steps = 0;
let counts = false;

function step(): void {
  if (counts && ++steps === Number(last)) Deno.kill(Deno.pid, "SIGKILL");
}

const { run } = Database.prototype;
Database.prototype.run = function (sql, ...values) {
  if (sql === "BEGIN IMMEDIATE" || sql === "COMMIT") step();
  return run.call(this, sql, ...values);
};
const { query, queries } = Connection.prototype;
Connection.prototype.query = function <Row>(...args: Parameters<typeof query>) {
  step();
  return query.apply(this, args) as Promise<Result<Row>>;
};
Connection.prototype.queries = function (...args) {
  step();
  return queries.apply(this, args);
};

const home = homeAt(dir!);
const store: Store = address ? await openPostgresStore(address, home, {}) : await openStore(home);
const [running] = await store.running("s");
counts = true;
await settle(store, "s", death(running!.job.token));
while (await store.recover());
store.close();
console.log("over");
