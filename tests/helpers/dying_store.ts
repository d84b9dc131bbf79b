/**
 * @module
 * A store whose process dies, as of `kill -9`, before a statement. How clients of a server die is in `dying_client.ts`.
 */
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { Database } from "../../src/store/sqlite/engine/database.ts";
import { homeAt } from "../../src/system/home.ts";

/** Whose store it is, and when its process dies. */
export interface Dying {
  /** Of the home. */
  dir: string;
  /** It dies before the step of this number, from `begin` on. */
  last: number;
  /** Whether a statement is a step; those that only read are none. */
  isStep(sql: string): boolean;
}

/** Opens it. */
export async function openDyingStore({ dir, last, isStep }: Dying): Promise<{ store: Store; begin(): void }> {
  let steps = 0;
  let counts = false;
  for (const method of ["run", "insert"] as const) {
    const original = Database.prototype[method];
    Database.prototype[method] = function (sql, ...values) {
      if (counts && isStep(sql) && ++steps === last) Deno.kill(Deno.pid, "SIGKILL");
      return original.call(this, sql, ...values);
    };
  }
  const store = await openStore(homeAt(dir));
  return { store, begin: () => counts = true };
}
