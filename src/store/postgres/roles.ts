/**
 * @module
 * Roles for those who need not do everything, as SQL for whoever may make roles: one that may only enqueue, one that
 * may only look, one that runs jobs. Pure.
 */
import { inSchema } from "./engine/database.ts";
import { ENQUEUE, MAKE_ENQUEUE } from "./enqueuer.ts";

/** What the roles are called. */
export interface RoleNames {
  enqueuer: string;
  reader: string;
  worker: string;
}

/** Who made the schema, and makes what is added to it. */
const OWNER = "(SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'queuectl#')";

/** A privilege on what later versions add. */
function later(grant: string): string {
  return `DO $$ BEGIN
  EXECUTE 'ALTER DEFAULT PRIVILEGES FOR ROLE ' || ${OWNER} || ' IN SCHEMA queuectl# ${grant}';
END $$;`;
}

/** The SQL for a schema. It may be run again, for example after an update. */
export function rolesSql(schema: string, names: RoleNames): string {
  const [enqueuer, reader, worker] = [names.enqueuer, names.reader, names.worker].map(quoted);
  const all = [enqueuer, reader, worker];
  const sql =
    `-- To be run by who may make roles, once the store is there, and again after an update of queuectl.
-- Passwords: ALTER ROLE ${enqueuer} PASSWORD '…'; or, in psql: \\password ${names.enqueuer}
${
      [names.enqueuer, names.reader, names.worker].map((name) =>
        `DO $$ BEGIN CREATE ROLE ${quoted(name)} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;`
      ).join("\n")
    }
GRANT USAGE ON SCHEMA queuectl# TO ${all.join(", ")};

-- ${names.enqueuer} may enqueue, by a function that does it for it, and nothing else: it reads no job.
${MAKE_ENQUEUE};
DO $$ BEGIN
  -- with the rights of the schema's owner, and no others, whoever runs this
  EXECUTE 'ALTER FUNCTION ${ENQUEUE} OWNER TO ' || ${OWNER};
END $$;
REVOKE ALL ON FUNCTION ${ENQUEUE} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ${ENQUEUE} TO ${enqueuer};
GRANT SELECT ON queuectl.meta, queuectl.settings TO ${enqueuer};

-- ${names.reader} may look at everything, what jobs print and read included, and change nothing.
GRANT SELECT ON ALL TABLES IN SCHEMA queuectl# TO ${reader};
${later(`GRANT SELECT ON TABLES TO ${reader}`)}

-- ${names.worker} runs jobs, and may do all that people do; it cannot change the tables themselves.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queuectl# TO ${worker};
${later(`GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${worker}`)}
`;
  return inSchema(sql, schema).replaceAll("'queuectl#'", `'${schema}'`).replaceAll(
    "queuectl#",
    `"${schema}"`,
  );
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
