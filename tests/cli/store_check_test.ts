/**
 * @module
 * `queuectl store check`: what is found of servers that are fit, and of those that are not; and poolers in every mode.
 * Slow.
 */
import assert from "node:assert/strict";
import { MAIN, queuectl as runApart, RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl as run } from "../helpers/cli_within.ts";
import { bounced, PGBOUNCER } from "../helpers/pgbouncer.ts";
import { ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { tamper } from "../helpers/tamper.ts";

const server = await postgresServer();
const PROGRAM = [...RUN_FLAGS, "--allow-net", MAIN];

interface Found {
  check: string;
  level: string;
  found: string;
  advice: string | null;
}

async function checked(
  home: string,
  address: string,
  ...flags: string[]
): Promise<{ code: number; of(check: string): string }> {
  const { code, stdout, stderr } = await run(["store", "check", "--json", "--store", address, ...flags], {
    home,
    program: PROGRAM,
  });
  assert.equal(stderr, "");
  const found: Found[] = JSON.parse(stdout);
  return {
    code,
    of: (check) =>
      found.filter((one) => one.check === check).map(({ level, found, advice }) =>
        `${level}: ${found}: ${advice}`
      ).join("\n"),
  };
}

testWith(
  server,
  "store check tells of a server that is fit, and what speaks against one that is not",
  async () => {
    await using own = await ownServer();
    using dir = tempDir();
    const home = dir.home.dir;
    const fit = await checked(home, own.url);
    assert.equal(fit.code, 0);
    assert.match(fit.of("server"), /^ok: reached as queuectl in \d+ ms/);
    assert.match(fit.of("schema"), /^ok: queuectl is not there yet/);
    assert.match(fit.of("pooler"), /^ok: none/);
    assert.match(fit.of("failover"), /^ok: no standby follows/);
    assert.equal(
      (await run(["enqueue", "--quiet", "true", "--store", own.url], { home, program: PROGRAM })).code,
      0,
    );
    assert.match((await checked(home, own.url)).of("schema"), /^ok: queuectl, version \d/);

    await tamper(own.url, "CREATE ROLE weak LOGIN");
    const weak = own.url.replace("queuectl@", "weak@");
    const locked = await checked(home, weak);
    assert.deepEqual([locked.code, locked.of("privileges")], [
      1,
      "problem: this user lacks USAGE on schema queuectl: queuectl store roles prints what to grant",
    ]);
    await tamper(
      own.url,
      "GRANT USAGE ON SCHEMA queuectl TO weak; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queuectl TO weak; REVOKE UPDATE ON queuectl.jobs FROM weak",
    );
    assert.match(
      (await checked(home, weak)).of("privileges"),
      /^problem: this user lacks UPDATE on queuectl.jobs: /,
    );
    await tamper(own.url, "UPDATE queuectl.meta SET oldest = 99, version = 99");
    assert.match(
      (await checked(home, own.url)).of("schema"),
      /^problem: a newer queuectl wrote queuectl \(version 99\)/,
    );
    for (const setting of ["fsync = off", "synchronous_commit = off", "max_connections = 9"]) {
      await tamper(own.url, `ALTER SYSTEM SET ${setting}`);
    }
    await own.kill();
    const away = await checked(home, own.url, "--timeout", "1s");
    assert.equal(away.code, 3);
    assert.match(away.of("server"), /^problem: Cannot use the store "postgres:.*": no server answers there/);
  },
);

Deno.test("store check of the home says that there is no server", async () => {
  using dir = tempDir();
  const { code, stdout } = await run(["store", "check"], { home: dir.home.dir });
  assert.deepEqual([code, /none: jobs are kept in the home/.test(stdout)], [0, true]);
});

Deno.test("a server that does not answer is waited for as long as is said", async () => {
  using dir = tempDir();
  using deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const at = `127.0.0.1:${deaf.addr.port}/x`;
  const found = await checked(dir.home.dir, `postgres://u@${at}`, "--timeout", "1s");
  assert.deepEqual([found.code, found.of("server")], [
    3,
    `problem: Cannot use the store "postgres://u@${at}": no answer within 1 seconds: null`,
  ]);
  const listed = await run(["list", "--store", `postgres://u:secret@${at}?connect_timeout=1`], {
    home: dir.home.dir,
    program: PROGRAM,
  });
  assert.deepEqual([listed.code, listed.stderr], [
    3,
    `Cannot use the store "postgres://u@${at}": no answer within 1 seconds\n`,
  ]);
});

Deno.test("what keeps every command from the server ends store check as it ends them", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const address = ["--store", "postgres://u@127.0.0.1:1/x"];
  const program = [...RUN_FLAGS, MAIN]; // without --allow-net
  const { code, stderr } = await runApart(["list", ...address], { home, program });
  const checked = await runApart(["store", "check", "--json", ...address], { home, program });
  assert.deepEqual([code, checked.code, checked.stderr], [4, 4, ""]);
  assert.equal(JSON.parse(checked.stdout)[0].found, stderr.trimEnd());
});

const withPooler = PGBOUNCER === undefined && server.missing === undefined
  ? { missing: "no pgbouncer is installed" }
  : server;

testWith(
  withPooler,
  "a pooler that lends connections for a transaction will do; for a statement it is refused",
  async () => {
    await using own = await ownServer();
    using dir = tempDir();
    const home = dir.home.dir;
    const queuectl = (address: string, ...args: string[]) =>
      run([...args, "--store", address], { home, program: PROGRAM });
    {
      await using lending = await bounced(own, "transaction");
      const address = `${lending.url}&prepare=false`;
      assert.match(
        (await checked(home, address)).of("pooler"),
        /^warning: one stands between, .* for a transaction/,
      );
      const session: [string[], RegExp][] = [
        [["enqueue", "--quiet", "--max-retries", "0", "echo one; exit 3"], /^j1\n$/],
        [["enqueue", "--quiet", "--queue", "mail", "echo two"], /^j2\n$/],
        [["config", "set", "poll_interval", "200ms"], /./],
        [["queue", "set", "mail", "--concurrency", "1"], /./],
        [["worker", "start", "--burst", "--count", "2"], /j2/],
        [["logs", "j2"], /^two\n$/],
        [["list", "--state", "dead"], /j1/],
        [["retry", "j1"], /^Queued 1 job again$/m],
        [["cancel", "j1"], /^Cancelled 1 job$/m],
        [["status"], /^mail( +0){3} +1 /m],
        [["show", "j2"], /echo two/],
        [["delete", "j1"], /^Deleted 1 job$/m],
      ];
      for (const [args, expected] of session) {
        const { code, stdout, stderr } = await queuectl(address, ...args);
        assert.deepEqual([code, stderr], [0, ""], args.join(" "));
        assert.match(stdout, expected);
      }
    }
    await using lending = await bounced(own, "statement");
    assert.match(
      (await checked(home, lending.url)).of("pooler"),
      /^problem: one stands between, .* for a statement/,
    );
    const refused = await queuectl(lending.url, "enqueue", "--quiet", "true");
    assert.deepEqual([refused.code, refused.stdout], [3, ""]);
    assert.match(
      refused.stderr,
      /: a pooler in statement mode stands between; set pool_mode = transaction there, or go past it(; nothing was enqueued)?\n$/,
    );
    assert.equal((await queuectl(own.url, "list", "--json")).stdout.includes('"j3"'), false);
  },
);
