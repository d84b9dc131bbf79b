/**
 * @module
 * Addresses of stores in PostgreSQL as people write them: what is read of them and of the environment, passwords, TLS,
 * several hosts; and what is refused.
 */
import assert from "node:assert/strict";
import { addressToType, holdsPassword, withoutPassword } from "../../src/domain/secrets.ts";
import { readAddress, shownAddress } from "../../src/store/postgres/engine/address.ts";
import { passwordFor } from "../../src/store/postgres/engine/passwords.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("an address says where, as whom, and which schema", () => {
  const [server] = readAddress("postgres://work:p%40ss@db.example:5433/jobs?schema=ci&sslmode=disable")
    .servers();
  const { host, port, user, password, database, tls } = server!;
  assert.deepEqual({ host, port, user, password, database, tls }, {
    host: "db.example",
    port: 5433,
    user: "work",
    password: "p@ss",
    database: "jobs",
    tls: undefined,
  });
  const several = readAddress("postgresql://u@one:1,two,[::1]:3/x?port=9").servers();
  assert.deepEqual(several.map(({ host, port }) => `${host} ${port}`), ["one 1", "two 9", "::1 3"]);
  const [socket] = readAddress("postgres:///x?host=/run/postgresql&user=u").servers();
  assert.deepEqual([socket!.host, socket!.user, socket!.tls], ["/run/postgresql", "u", undefined]);
  assert.equal(readAddress("postgres://h/x?prepare=false").prepare, false);
});

Deno.test("what is shown of an address never holds a password", () => {
  const shown: [string, string][] = [
    ["postgres://u:secret@h/x?schema=ci", "postgres://u@h/x?schema=ci"],
    ["postgres://u@h/x?password=secret", "postgres://u@h/x"],
    ["postgres://u:se%2Fcret@h:1/x?sslpassword=secret", "postgres://u@h:1/x"],
  ];
  for (const [address, expected] of shown) assert.equal(shownAddress(address), expected);
  const wrong = [
    "postgres://u:se@cret@h/x",
    "postgres://u:se/cret@h/x",
    "postgres://u:se?cret@h/x",
    "postgres://u:secret",
    "postgres://u:secret/x",
    "postgres://u:se%cret@h/x",
    "postgres://u:secret@h/x?sslmod=require",
    "postgres://u:secret@h/x?sslmode=on",
    "postgres://u:secret@h/x?schema=A",
    "postgres://u:secret@h/x?connect_timeout=0",
    "postgres://u:secret@h/x?prepare=no",
    "postgres://u:secret@h/x?port=65536",
    "postgres://u:secret@h/x?port=0",
  ];
  for (const address of wrong) {
    assert.throws(() => readAddress(address), (error) => {
      assert.match((error as Error).message, /^Cannot use the store "postgres:\/\/u(@h)?(\/x)?": /, address);
      assert.doesNotMatch((error as Error).message, /se.?cret/, address);
      return true;
    });
  }
  assert.equal(withoutPassword("postgres://h:5432/x"), "postgres://h:5432/x");
  const typed: [string, string][] = [
    ["postgres://u@h/x", "postgres://u@h/x"],
    [
      "postgres://u:s3cret@h/x?schema=ci&sslmode=verify-full",
      "postgres://u@h/x?schema=ci&sslmode=verify-full",
    ],
    ["postgres:///x?host=%2Frun&password=s3cret&sslpassword=s3cret", "postgres:///x?host=%2Frun"],
    ["postgres://u@h/x?%70assword=s3cret", "postgres://u@h/x"],
    ["postgres://u:p?s=3cret@h/x", "postgres://u@h/x"],
  ];
  for (const [address, again] of typed) assert.equal(addressToType(address), again);
  assert.deepEqual(
    ["postgres://u:p@h/x", "postgres://u@h/x", "postgres://h:1/x", "postgres://h/x?password=p"].map(
      holdsPassword,
    ),
    [
      true,
      false,
      false,
      true,
    ],
  );
});

Deno.test("TLS by its mode; certificates are read", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.file("root.pem"), "ROOT");
  const tls = (query: string) => readAddress(`postgres://h/x?${query}`).servers()[0]!.tls;
  const root = `sslrootcert=${dir.file("root.pem")}`;
  assert.deepEqual(tls(""), { optional: true, options: { rejectUnauthorized: false } });
  assert.deepEqual(tls("sslmode=require"), { optional: false, options: { rejectUnauthorized: false } });
  assert.deepEqual(tls("sslmode=verify-full"), { optional: false, options: { rejectUnauthorized: true } });
  const full = tls(`sslmode=verify-full&${root}`)!;
  assert.deepEqual([full.options.ca, full.options.checkServerIdentity], ["ROOT", undefined]);
  for (const mode of ["verify-ca", "require"]) {
    const one = tls(`sslmode=${mode}&${root}`)!;
    assert.deepEqual([one.options.rejectUnauthorized, typeof one.options.checkServerIdentity], [
      true,
      "function",
    ]);
  }
  assert.throws(
    () => tls("sslmode=verify-ca"),
    /: sslmode=verify-ca takes sslrootcert=FILE; without, take verify-full$/,
  );
  assert.throws(
    () => tls("sslmode=require&sslcert=/nowhere/x"),
    /: of "\/nowhere\/x", there is no such file$/,
  );
});

Deno.test("~/.pgpass gives the password of the first line that fits, unless others may read it", () => {
  using dir = tempDir();
  const path = dir.file("pgpass");
  Deno.writeTextFileSync(path, "# mine\nother:*:*:*:no\nh:5432:x:u:se\\:cr\\\\et\n*:*:*:*:rest\n", {
    mode: 0o600,
  });
  const whom = { host: "h", port: 5432, database: "x", user: "u" };
  assert.equal(passwordFor(whom, path).password, "se:cr\\et");
  assert.equal(passwordFor({ ...whom, user: "v" }, path).password, "rest");
  Deno.chmodSync(path, 0o640);
  const { password, about } = passwordFor(whom, path);
  assert.deepEqual([password, about], [
    undefined,
    ` (${path} was left out, since others may read it: chmod 600)`,
  ]);
  assert.deepEqual(passwordFor(whom, dir.file("none")), { password: undefined, about: "" });
});
