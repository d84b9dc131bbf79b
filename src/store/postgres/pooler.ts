/**
 * @module
 * Whether a pooler stands between, and which, by trying: one that lends connections for a transaction is fine but for
 * notices; one that lends them for a statement has no transactions.
 */
import type { Database } from "./engine/database.ts";
import { Lost, NO_TRANSACTIONS, ServerError } from "./engine/driver.ts";

/** What stands between. */
export type Pooler = "none" | "session" | "transaction" | "statement";

const PID = { sql: "SELECT pg_backend_pid() AS pid" };
/** A pool of one connection makes us wait for ourselves. */
const LIMIT_MS = 3000;

/** Finds out. */
export async function poolerOf(db: Database): Promise<Pooler> {
  const one = await db.connect({});
  try {
    const pidOf = async (limitMs = LIMIT_MS) => (await one.query<{ pid: number }>(PID, limitMs)).rows[0]!.pid;
    const first = await pidOf(db.address.connectLimitMs);
    if (first === one.backend) return "none";
    const other = await db.connect({});
    try {
      await other.query({ sql: "BEGIN" }, LIMIT_MS);
      await other.query(PID, LIMIT_MS); // it now has the connection that the first one had, if that was only lent
      return await pidOf() === first ? "session" : "transaction";
    } catch (error) {
      if (error instanceof ServerError && error.code === NO_TRANSACTIONS) return "statement";
      if (error instanceof Lost) return "transaction"; // it waits for the connection that the other has
      throw error;
    } finally {
      other.close();
    }
  } finally {
    one.close();
  }
}
