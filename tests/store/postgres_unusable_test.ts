/**
 * @module
 * Stores in PostgreSQL that cannot be used: each is said so in one sentence, without a password.
 */
import assert from "node:assert/strict";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { enqueue } from "../helpers/jobs.ts";
import { newAddress, ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tamper } from "../helpers/tamper.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();

testWith(
  server,
  "PostgreSQL: a schema that a newer version needs is left alone; one that it only added to is not",
  async () => {
    using dir = tempDir();
    const address = newAddress(server);
    const store = await openPostgresStore(address, dir.home, {});
    try {
      await tamper(address, "UPDATE SCHEMA.meta SET version = 99");
      const other = await openPostgresStore(address, dir.home, {});
      assert.deepEqual(await enqueue(other, {}), ["j1"]);
      assert.equal((await other.info()).schemaVersion, 99);
      other.close();
      await tamper(address, "UPDATE SCHEMA.meta SET oldest = 98; DROP TABLE SCHEMA.requests");
      await assert.rejects(openPostgresStore(address, dir.home, {}), {
        name: "StoreNewer",
        exitCode: 3,
        message: /: a newer queuectl wrote it \(version 99, this one knows \d+\); update queuectl$/,
      });
      await assert.rejects(enqueue(store, {}), { name: "StoreNewer" });
    } finally {
      store.close();
    }
  },
);

testWith(server, "PostgreSQL: create: false makes nothing", async () => {
  using dir = tempDir();
  const address = newAddress(server);
  for (let n = 0; n < 2; n++) {
    await assert.rejects(openPostgresStore(address, dir.home, { create: false }), {
      name: "StoreUnusable",
      message: /^There is no store in "postgres:.*": enqueue a job to make one$/,
    });
  }
});

testWith(server, "PostgreSQL: users who may not, and passwords that are wrong", async () => {
  await using own = await ownServer();
  using dir = tempDir();
  const address = newAddress(own);
  await tamper(address, "CREATE ROLE weak LOGIN; CREATE ROLE locked LOGIN PASSWORD 'right'");
  const rules = `${own.dir}/data/pg_hba.conf`;
  Deno.writeTextFileSync(rules, `local all locked scram-sha-256\n${Deno.readTextFileSync(rules)}`);
  await tamper(address, "SELECT pg_reload_conf()");
  const as = (user: string) => address.replace("//queuectl@", `//${user}@`);
  const refused = (user: string, message: RegExp) =>
    assert.rejects(openPostgresStore(as(user), dir.home, {}), (error) => {
      const { name, message: said } = error as Error;
      assert.deepEqual([name, /wrong-one/.test(said)], ["StoreUnusable", false]);
      assert.match(said, message);
      return true;
    });
  await refused("weak", /: this user lacks CREATE on database postgres$/);
  await refused("locked:wrong-one", /: the password is wrong, or none was given$/);
  await refused("locked", /: the password is wrong, or none was given$/);
  await refused("nobody", /: the server does not let this user in$/);
  await assert.rejects(openPostgresStore(as("locked:right"), dir.home, {}), {
    message: /: this user lacks CREATE on database postgres$/,
  });
});
