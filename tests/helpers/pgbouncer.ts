/**
 * @module
 * A real PgBouncer before a server, where this machine has one (Debian: `apt-get install pgbouncer`).
 */
import type { OwnServer } from "./postgres.ts";
import { until } from "./until.ts";

/** One that runs. */
export interface Bouncer extends AsyncDisposable {
  url: string;
}

/** Its program; undefined where there is none. */
export const PGBOUNCER: string | undefined = ["/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer"].find(
  (path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  },
);

/** Starts one before a server, which trusts everybody. As root it runs as the server's user. */
export async function bounced(
  server: OwnServer,
  mode: "session" | "transaction" | "statement",
): Promise<Bouncer> {
  const dir = Deno.makeTempDirSync({ dir: "/tmp", prefix: "queuectl-bouncer-" });
  const { uid, gid } = Deno.statSync(`${server.dir}/data`);
  Deno.writeTextFileSync(
    `${dir}/ini`,
    `[databases]
postgres = host=${server.dir} dbname=postgres user=queuectl
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = ${dir}
auth_type = any
pool_mode = ${mode}
default_pool_size = 20
logfile = ${dir}/log
`,
  );
  Deno.chmodSync(dir, 0o755);
  if (Deno.uid() === 0) Deno.chownSync(dir, uid!, gid!);
  const child = new Deno.Command(PGBOUNCER!, {
    args: [`${dir}/ini`],
    ...(Deno.uid() === 0 ? { uid: uid!, gid: gid! } : {}),
    stdout: "null",
    stderr: "null",
  }).spawn();
  await until("PgBouncer listens", () => {
    try {
      return Deno.lstatSync(`${dir}/.s.PGSQL.6432`);
    } catch {
      return false;
    }
  });
  return {
    url: `postgres://queuectl@/postgres?host=${dir}&port=6432`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      Deno.removeSync(dir, { recursive: true });
    },
  };
}
