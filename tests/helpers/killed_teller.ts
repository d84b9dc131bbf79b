/**
 * @module
 * A process that settles the one running attempt of supervisor `s`, tells those that need its job, and kills itself on the
 * way: `HOME ADDRESS N` dies, as of `kill -9`, before its N-th statement that begins or ends a transaction or, on a
 * server, before its N-th round trip. Without an address it is the store of the home. One that comes to its end prints so.
 */
import type { Store } from "../../src/store/contract.ts";
import type { Connection, Result } from "../../src/store/postgres/engine/driver.ts";
import { homeAt } from "../../src/system/home.ts";
import { death, settle } from "./jobs.ts";

const [dir, address, last] = Deno.args;
let steps = 0;
let counts = false;

function step(): void {
  if (counts && ++steps === Number(last)) Deno.kill(Deno.pid, "SIGKILL");
}

async function openLocal(): Promise<Store> {
  const { Database } = await import("../../src/store/sqlite/engine/database.ts");
  const { run } = Database.prototype;
  Database.prototype.run = function (sql, ...values) {
    if (sql === "BEGIN IMMEDIATE" || sql === "COMMIT") step();
    return run.call(this, sql, ...values);
  };
  return await (await import("../../src/store/open.ts")).openStore(home);
}

async function openOnServer(address: string): Promise<Store> {
  const { Connection } = await import("../../src/store/postgres/engine/driver.ts");
  const { query, queries } = Connection.prototype;
  Connection.prototype.query = function <Row>(this: Connection, ...args: Parameters<typeof query>) {
    step();
    return query.apply(this, args) as Promise<Result<Row>>;
  };
  Connection.prototype.queries = function (this: Connection, ...args) {
    step();
    return queries.apply(this, args);
  };
  return await (await import("../../src/store/postgres/open.ts")).openPostgresStore(address, home, {});
}

const home = homeAt(dir!);
// one of them is loaded: there are many processes like this one
const store = address ? await openOnServer(address) : await openLocal();
const [running] = await store.running("s");
counts = true;
await settle(store, "s", death(running!.job.token));
while (await store.recover());
store.close();
console.log("over");
