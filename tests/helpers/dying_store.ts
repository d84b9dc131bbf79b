/**
 * @module
 * A store whose process dies, as of `kill -9`, before a step of what it does: in the store of a home before a statement, on a
 * server before a round trip.
 */
import type { Store } from "../../src/store/contract.ts";
import type { Result } from "../../src/store/postgres/engine/driver.ts";
import { homeAt } from "../../src/system/home.ts";

/** Where the store is, and when its process dies. */
export interface Dying {
  /** Of the home. */
  dir: string;
  /** Empty is the store of the home. */
  address: string;
  /** It dies before the step of this number, from `begin` on. */
  last: number;
  /** Whether a statement is a step in the store of the home; those that only read are none. */
  isStep(sql: string): boolean;
}

/** Opens it. One of the two is loaded: there are many such processes. */
export async function dyingStore(
  { dir, address, last, isStep }: Dying,
): Promise<{ store: Store; begin(): void }> {
  let steps = 0;
  let counts = false;
  const step = () => {
    if (counts && ++steps === last) Deno.kill(Deno.pid, "SIGKILL");
  };
  const home = homeAt(dir);
  if (address === "") {
    const { Database } = await import("../../src/store/sqlite/engine/database.ts");
    for (const method of ["run", "insert"] as const) {
      const original = Database.prototype[method];
      Database.prototype[method] = function (sql, ...values) {
        if (isStep(sql)) step();
        return original.call(this, sql, ...values);
      };
    }
  } else {
    const { Connection } = await import("../../src/store/postgres/engine/driver.ts");
    const { query, queries } = Connection.prototype;
    Connection.prototype.query = function <Row>(...args: Parameters<typeof query>) {
      step();
      return query.apply(this, args) as Promise<Result<Row>>;
    };
    Connection.prototype.queries = function (...args) {
      step();
      return queries.apply(this, args);
    };
  }
  const store = address === ""
    ? await (await import("../../src/store/open.ts")).openStore(home)
    : await (await import("../../src/store/postgres/open.ts")).openPostgresStore(address, home, {});
  return { store, begin: () => counts = true };
}
