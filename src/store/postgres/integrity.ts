/**
 * @module
 * Looking for damage with the server's own `amcheck`, where it is installed and this user may use it: each index is read
 * and has to be in order. Locks nobody out.
 */
import type { Database } from "./engine/database.ts";
import { ServerError } from "./engine/driver.ts";
import { isForbidden } from "./engine/failures.ts";

const INSTALLED = `
  SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
  WHERE e.extname = 'amcheck'`;
const INDEXES = `
  SELECT c.oid::bigint AS oid, c.relname AS name FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree'
  WHERE i.indisvalid AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'queuectl.meta'::regclass)
  ORDER BY c.relname`;
/** Data, or an index, is not what it has to be. */
const DAMAGE = ["XX001", "XX002"];

/** What is damaged, a sentence each; undefined where it cannot be looked for. */
export async function damageIn(db: Database): Promise<string[] | undefined> {
  const installed = await db.get<{ schema: string }>(INSTALLED);
  if (!installed) return undefined;
  const damage: string[] = [];
  for (const { oid, name } of await db.read<{ oid: number; name: string }>(INDEXES)) {
    try {
      await db.read(`SELECT ${installed.schema}.bt_index_check($1::oid::regclass)`, oid);
    } catch (error) {
      if (isForbidden(error)) return undefined;
      if (!(error instanceof ServerError && DAMAGE.includes(error.code))) throw error;
      damage.push(`index ${name} is damaged (${error.message})`);
    }
  }
  return damage;
}
