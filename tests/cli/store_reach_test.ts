/**
 * @module
 * Reaching a server: with exactly the permissions that the README names, over TLS of every mode, with passwords from
 * everywhere, by one of several hosts. Slow.
 */
import assert from "node:assert/strict";
import { MAIN, queuectl as run } from "../helpers/cli.ts";
import { ownServer, postgresServer, type Server, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const server: Server = await postgresServer();
const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const PASSWORD = "right one";
const encoded = encodeURIComponent(PASSWORD);

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function openssl(...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command("openssl", { args, stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

testWith(
  server,
  "a server is reached with the exact permissions, a password from everywhere, and TLS by its mode",
  async () => {
    using dir = tempDir();
    const made = await openssl(
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=localhost"],
      ...[
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        dir.file("key.pem"),
        "-out",
        dir.file("cert.pem"),
      ],
    );
    const port = freePort();
    await using own = await ownServer({ password: PASSWORD, port });
    const home = dir.home.dir;
    const base = [
      ...[
        "run",
        "--no-prompt",
        `--allow-read=${home},${ROOT}`,
        `--allow-write=${home}`,
        "--allow-env=QUEUECTL_HOME,QUEUECTL_STORE",
      ],
    ];
    const reach = (address: string, options: { flags?: string[]; env?: Record<string, string> } = {}) =>
      run(["store", "use", address], {
        home,
        env: options.env ?? {},
        program: [...base, ...options.flags ?? [], MAIN],
      });
    const net = `--allow-net=127.0.0.1:${port}`;
    const at = `127.0.0.1:${port}/postgres`;
    const good = `postgres://queuectl:${encoded}@${at}`;

    // permissions
    const refused = await reach(good);
    assert.deepEqual([refused.code, refused.stderr], [
      4,
      `Cannot reach the store "postgres://queuectl@${at}": run again with ${net}\n`,
    ]);
    assert.deepEqual((await reach(good, { flags: [net] })).stderr, "");
    const socket = `${own.dir}/.s.PGSQL.${port}`;
    const bySocket = `postgres://queuectl:${encoded}@/postgres?host=${own.dir}&port=${port}`;
    const wanted = await reach(bySocket);
    assert.equal(
      wanted.stderr,
      `Cannot reach the store "postgres://queuectl@/postgres": run again with --allow-net=unix:${socket} ` +
        `--allow-read=${socket} --allow-write=${socket}\n`,
    );
    const flags = [
      `--allow-net=unix:${socket}`,
      `--allow-read=${home},${ROOT},${socket}`,
      `--allow-write=${home},${socket}`,
    ];
    const given = await reach(bySocket, { flags });
    assert.equal(given.stderr, "");

    // passwords
    const bare = `postgres://queuectl@${at}`;
    const none = await reach(bare, { flags: [net] });
    assert.equal(none.code, 3);
    assert.match(none.stderr, /: the password is wrong, or none was given/);
    const variable = await reach(bare, {
      flags: [net, "--allow-env=PGPASSWORD,QUEUECTL_HOME"],
      env: { PGPASSWORD: PASSWORD },
    });
    assert.equal(variable.stderr, "");
    const file = dir.file("pass");
    Deno.writeTextFileSync(file, `127.0.0.1:${port}:*:queuectl:${PASSWORD}\n`, { mode: 0o600 });
    const unread = await reach(`${bare}?passfile=${file}`, { flags: [net] });
    assert.match(
      unread.stderr,
      /none was given \(.*\/pass may not be read: run again with --allow-read=.*\/pass\)\n$/,
    );
    const byFile = await reach(`${bare}?passfile=${file}`, {
      flags: [net, `--allow-read=${home},${ROOT},${file}`],
    });
    assert.equal(byFile.stderr, "");

    // several hosts: the first that answers
    const dead = freePort();
    const several = await reach(
      `postgres://queuectl:${encoded}@127.0.0.1:${dead},${at}?target_session_attrs=read-write`,
      {
        flags: [`--allow-net=127.0.0.1:${dead},127.0.0.1:${port}`],
      },
    );
    assert.equal(several.stderr, "");

    // TLS
    const encrypted = await reach(`${good}?sslmode=require`, { flags: [net] });
    assert.match(encrypted.stderr, /: the server knows no TLS; set that up, or take sslmode=disable\n$/);
    if (!made) return;
    for (const name of ["key.pem", "cert.pem"]) Deno.copyFileSync(dir.file(name), `${own.dir}/data/${name}`);
    const { uid, gid } = Deno.statSync(`${own.dir}/data`);
    if (Deno.uid() === 0) Deno.chownSync(`${own.dir}/data/key.pem`, uid, gid);
    Deno.chmodSync(`${own.dir}/data/key.pem`, 0o600);
    Deno.writeTextFileSync(
      `${own.dir}/data/postgresql.conf`,
      "ssl=on\nssl_cert_file='cert.pem'\nssl_key_file='key.pem'\n",
      { append: true },
    );
    await own.kill();
    await own.start();
    await until("the server has started", async () => (await reach(good, { flags: [net] })).code === 0);
    const all = [`--allow-net=localhost:${port},127.0.0.1:${port}`, `--allow-read=${dir.path}`];
    const root = `sslrootcert=${dir.file("cert.pem")}`;
    const local = good.replace("127.0.0.1", "localhost");
    for (
      const address of [
        good,
        `${good}?sslmode=require`,
        `${good}?sslmode=verify-ca&${root}`,
        `${local}?sslmode=verify-full&${root}`,
      ]
    ) {
      assert.equal((await reach(address, { flags: all })).stderr, "", address);
    }
    const wrong = await reach(`${good}?sslmode=verify-full&${root}`, { flags: all });
    assert.deepEqual(
      [wrong.code, /: its certificate is not for this host/.test(wrong.stderr)],
      [3, true],
      wrong.stderr,
    );
    const unknown = await reach(`${local}?sslmode=verify-full`, { flags: all });
    assert.deepEqual(
      [unknown.code, /: its certificate cannot be verified/.test(unknown.stderr)],
      [3, true],
      unknown.stderr,
    );
  },
);
