/**
 * @module
 * A process that opens the store of a home, by the path `HOME`, writes once, and says so: `wants to write` before its
 * first write transaction, `opened` at the end.
 */
import { openStore } from "../../src/store/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { homeAt } from "../../src/system/home.ts";

const { run } = Database.prototype;
let said = false;
Database.prototype.run = function (sql, ...values) {
  if (sql === "BEGIN IMMEDIATE" && !said) {
    said = true;
    console.log("wants to write");
  }
  return run.call(this, sql, ...values);
};

const store = await openStore(homeAt(Deno.args[0]!));
await store.changeSettings(new Map());
store.close();
console.log("opened");
