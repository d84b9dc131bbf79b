/**
 * @module
 * Transactions that are held open, as by a forgotten `psql`: while there is one, the server keeps every row that was
 * deleted since, and whoever claims reads past them. Of other users one sees them only with `pg_read_all_stats`.
 */
import { formatDuration } from "../../domain/duration.ts";
import type { Database } from "./engine/database.ts";

/** The one that is open for longest. */
interface Oldest {
  pid: number;
  role: string | null;
  application: string;
  idle: boolean;
  ms: number;
  others: number;
}

/** A dump of a large store may take as long; nothing else should. */
const TOO_LONG_MS = 10 * 60_000;

const OLDEST = `
  SELECT pid, usename AS role, application_name AS application, state LIKE 'idle%' AS idle,
    (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint AS ms, (count(*) OVER () - 1)::int AS others
  FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
    AND xact_start < clock_timestamp() - $1::bigint * interval '1 millisecond'
  ORDER BY xact_start LIMIT 1`;

/** Who holds a transaction open for too long, in words; undefined when nobody does. */
export async function heldOpen(db: Database, tooLongMs: number = TOO_LONG_MS): Promise<string | undefined> {
  const oldest = await db.get<Oldest>(OLDEST, tooLongMs);
  if (!oldest) return undefined;
  const { pid, role, application, idle, ms, others } = oldest;
  const who = [application, role && `user ${role}`, `pid ${pid}`].filter(Boolean).join(", ");
  const long = formatDuration(Math.max(1, Math.round(ms / 1000)) * 1000);
  const besides = others === 0 ? "" : others === 1 ? "; so is 1 other" : `; so are ${others} others`;
  return `one is open for ${long}${idle ? " and does nothing" : ""} (${who})${besides}`;
}
