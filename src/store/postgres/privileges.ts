/**
 * @module
 * What this user may not do on the server, of all that workers and people with full rights need; and whether it is one of
 * those that are meant to do less.
 */
import type { Database } from "./engine/database.ts";
import { ENQUEUE } from "./enqueuer.ts";

const TABLES = `
  SELECT p.privilege, c.relname AS name FROM pg_class c
  CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p (privilege)
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND c.relkind = 'r'
    AND NOT has_table_privilege(c.oid, p.privilege)
  ORDER BY c.relname, p.privilege`;
const FUNCTIONS = `
  SELECT 'EXECUTE' AS privilege, f.proname AS name FROM pg_proc f
  WHERE f.pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND NOT has_function_privilege(f.oid, 'EXECUTE')
    AND NOT f.prosecdef -- those are for who may do less
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

const [, ENQUEUE_NAME] = /\.(\w+)\(/.exec(ENQUEUE)!;
const MEANT = `
  SELECT bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE')) AS writes,
    bool_and(has_table_privilege(c.oid, 'SELECT')) AS reads,
    bool_and(has_table_privilege(c.oid, 'SELECT')) FILTER (WHERE c.relname IN ('meta', 'settings')) AS sets,
    EXISTS (SELECT 1 FROM pg_proc f WHERE f.pronamespace = n.oid AND f.proname = $2 AND has_function_privilege(f.oid, 'EXECUTE'))
      AS enqueues
  FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind = 'r'
  WHERE n.nspname = $1 GROUP BY n.oid`;

/** Which of the roles that are meant to do less this user has the privileges of: those of `rolesSql`. */
export async function lesserRole(db: Database): Promise<"enqueuer" | "reader" | undefined> {
  const may = await db.get<{ writes: boolean; reads: boolean; sets: boolean | null; enqueues: boolean }>(
    MEANT,
    db.address.schema,
    ENQUEUE_NAME!,
  );
  if (!may || may.writes) return undefined;
  if (may.reads) return "reader";
  return may.enqueues && may.sets ? "enqueuer" : undefined;
}
