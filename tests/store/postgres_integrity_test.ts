/**
 * @module
 * A server with amcheck is asked for damage; one without, or a user who may not use it, says that it was not looked for.
 */
import assert from "node:assert/strict";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { enqueue } from "../helpers/jobs.ts";
import { ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tamper } from "../helpers/tamper.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

testWith(
  await postgresServer(),
  "PostgreSQL: amcheck looks for damage, where it is and may be used",
  async () => {
    await using own = await ownServer();
    using dir = tempDir();
    const check = async (address: string) => {
      const store = await openPostgresStore(address, dir.home, {});
      try {
        return await store.care.check!();
      } finally {
        store.close();
      }
    };
    const store = await openPostgresStore(own.url, dir.home, {});
    await enqueue(store, ...Array.from({ length: 1000 }, () => ({})));
    store.close();
    assert.equal(await check(own.url), undefined, "it is not installed");
    const [there] = await tamper(own.url, "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'");
    if (!there) return;
    await tamper(own.url, "CREATE EXTENSION amcheck");
    assert.deepEqual(await check(own.url), []);
    await tamper(own.url, "CREATE ROLE weak LOGIN");
    await tamper(own.url, "GRANT USAGE ON SCHEMA queuectl TO weak");
    await tamper(own.url, "GRANT SELECT ON ALL TABLES IN SCHEMA queuectl TO weak");
    assert.equal(await check(own.url.replace("queuectl@", "weak@")), undefined, "it may not be used");
    await tamper(own.url, "CHECKPOINT");
    const [at] = await tamper(own.url, "SELECT pg_relation_filepath('queuectl.jobs_pkey') AS path");
    await own.kill();
    using file = Deno.openSync(`${own.dir}/data/${at!.path}`, { write: true });
    file.seekSync(2 * 8192, Deno.SeekMode.Start); // a page beyond that which says where the others are
    file.writeSync(new Uint8Array(8192).fill(7));
    await own.start();
    const damage = await until("the server has started", () => check(own.url).catch(() => undefined));
    assert.deepEqual(damage.map((one) => one.split(" (")[0]), ["index jobs_pkey is damaged"]);
  },
);
