/**
 * @module
 * What this user may not do on the server, of all that workers and people with full rights need.
 */
import type { Database } from "./engine/database.ts";

const TABLES = `
  SELECT p.privilege, c.relname AS name FROM pg_class c
  CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p (privilege)
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND c.relkind = 'r'
    AND NOT has_table_privilege(c.oid, p.privilege)
  ORDER BY c.relname, p.privilege`;
const FUNCTIONS = `
  SELECT 'EXECUTE' AS privilege, f.proname AS name FROM pg_proc f
  WHERE f.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND NOT has_function_privilege(f.oid, 'EXECUTE')
  ORDER BY f.proname`;
const SCHEMA = `
  SELECT n.oid IS NOT NULL AS there, coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS usage,
    has_database_privilege(current_database(), 'CREATE') AS makes, current_database() AS database
  FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $1`;

/** Each as it would be granted: `UPDATE on queuectl.jobs`. */
export async function missingPrivileges(db: Database): Promise<string[]> {
  const { schema } = db.address;
  const { there, usage, makes, database } =
    (await db.get<{ there: boolean; usage: boolean; makes: boolean; database: string }>(SCHEMA, schema))!;
  if (!there) return makes ? [] : [`CREATE on database ${database}`];
  if (!usage) return [`USAGE on schema ${schema}`];
  const rows = [
    ...await db.read<{ privilege: string; name: string }>(TABLES, schema),
    ...await db.read<{ privilege: string; name: string }>(FUNCTIONS, schema),
  ];
  return rows.map(({ privilege, name }) => `${privilege} on ${schema}.${name}`);
}
