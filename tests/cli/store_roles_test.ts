/**
 * @module
 * `queuectl store roles`: who may only enqueue can do that and nothing else, who may look changes nothing, and each
 * refusal names what is missing. Slow.
 */
import assert from "node:assert/strict";
import { MAIN, RUN_FLAGS } from "../helpers/cli.ts";
import { queuectl as run } from "../helpers/cli_within.ts";
import { ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tamper } from "../helpers/tamper.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();
const PROGRAM = [...RUN_FLAGS, "--allow-net", MAIN];

testWith(
  server,
  "roles may do what they are for and nothing else, and a refusal names what is missing",
  async () => {
    await using own = await ownServer();
    using dir = tempDir();
    const home = dir.home.dir;
    const address = `${own.url}&schema=work`;
    const as = (role: string) => (...args: string[]) =>
      run([...args, "--quiet", "--store", address.replace("queuectl@", `${role}@`)], {
        home,
        program: PROGRAM,
      });
    const [owner, enqueuer, reader, worker] = [
      "queuectl",
      "queuectl_enqueuer",
      "queuectl_reader",
      "queuectl_worker",
    ].map(as);
    assert.equal((await owner!("enqueue", "--id", "first", "echo secret")).code, 0);
    const roles = await owner!("store", "roles");
    assert.equal(roles.code, 0, roles.stderr);
    for (let n = 0; n < 2; n++) await tamper(address, roles.stdout);

    const done = async (what: Promise<{ code: number; stdout: string; stderr: string }>) => {
      const { code, stdout, stderr } = await what;
      assert.deepEqual([code, stderr], [0, ""]);
      return stdout;
    };
    const refused = async (
      what: Promise<{ code: number; stdout: string; stderr: string }>,
      lacks: RegExp,
    ) => {
      const { code, stdout, stderr } = await what;
      assert.deepEqual([code, stdout], [3, ""]);
      assert.match(stderr, /^Cannot use the store "postgres:[^\n]*": this user lacks [^\n]*\n$/);
      assert.match(stderr, lacks);
    };

    assert.equal(await done(enqueuer!("enqueue", "true")), "j2\n");
    assert.equal(
      await done(
        enqueuer!("enqueue", "--id", "named", "--queue", "mail", "--delay", "1h", "true"),
      ),
      "named\n",
    );
    Deno.writeTextFileSync(dir.file("in"), "read by cat\n");
    assert.equal(
      await done(enqueuer!("enqueue", "--queue", "own", "--stdin", dir.file("in"), "cat")),
      "j4\n",
    );
    Deno.writeTextFileSync(dir.file("many"), "true\n".repeat(3000));
    assert.equal(
      (await done(enqueuer!("enqueue", "--file", dir.file("many")))).split("\n").length,
      3001,
    );
    assert.deepEqual(JSON.parse(await done(enqueuer!("enqueue", "--json", "--queue", "mail", "true"))), {
      id: "j3005",
      created: true,
    });
    const needing = await enqueuer!("enqueue", "--after", "first", "true");
    assert.deepEqual([needing.code, needing.stderr], [
      2,
      "Cannot make a job wait for others: this user of the server may only enqueue\n",
    ]);
    const taken = await enqueuer!("enqueue", "--id", "first", "true");
    assert.deepEqual([taken.code, taken.stderr], [1, 'Cannot enqueue job "first": the id is taken\n']);
    for (const flag of ["--wait", "--follow"]) {
      const waiting = await enqueuer!("enqueue", "--id", "awaited", flag, "true");
      assert.deepEqual([waiting.code, waiting.stdout], [3, ""]);
      assert.match(
        waiting.stderr,
        /^Cannot wait, so nothing was enqueued: cannot use the store "postgres:[^\n]*": this user lacks SELECT on table jobs$/m,
      );
      assert.equal(await done(owner!("list", "--search", "awaited", "--format", "{id}")), "");
    }
    await refused(enqueuer!("list"), /SELECT on table \w+$/m);
    await refused(enqueuer!("show", "first"), /SELECT on table \w+$/m);
    await refused(enqueuer!("cancel", "first"), /(?:SELECT|UPDATE) on table \w+$/m);
    await refused(enqueuer!("config", "set", "max_retries", "1"), /(?:INSERT|DELETE) on table settings$/m);
    await refused(enqueuer!("worker", "start", "--burst"), /on table \w+$/m);
    assert.match(
      await done(enqueuer!("store", "check")),
      /^ok +privileges +those of who may enqueue, and nothing else\nok +schema /m,
    );

    assert.match(await done(reader!("list", "--queue", "default", "--search", "secret")), /first/);
    assert.match(await done(reader!("show", "first")), /echo secret/);
    assert.match(
      await done(reader!("store", "check")),
      /^ok +privileges +those of who may look, and nothing else\nok +schema /m,
    );
    await done(reader!("status"));
    await done(reader!("metrics"));
    await refused(reader!("enqueue", "true"), /INSERT on table jobs/);
    await refused(reader!("cancel", "first"), /UPDATE on table \w+$/m);
    await refused(reader!("delete", "first"), /on table \w+$/m);
    await refused(reader!("config", "set", "max_retries", "1"), /(?:INSERT|DELETE) on table settings$/m);
    await refused(reader!("queue", "pause", "mail"), /on table queues$/m);

    assert.match(await done(worker!("store", "check")), /^ok +privileges +all that it takes$/m);
    await done(worker!("queue", "pause", "default"));
    await done(worker!("enqueue", "--queue", "own", "echo ran"));
    await done(worker!("worker", "start", "--burst", "--queue", "own"));
    assert.match(await done(worker!("list", "--queue", "own")), /completed/);
    const state = await owner!("doctor", "--json");
    assert.doesNotMatch(state.stdout, /"problem"/, state.stdout);
    assert.equal(await done(reader!("logs", "j4")), "read by cat\n");
  },
);
