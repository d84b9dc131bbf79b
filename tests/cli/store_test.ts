/**
 * @module
 * `queuectl store`: where jobs are kept, and what commands and workers do with a store on a server. Slow.
 */
import assert from "node:assert/strict";
import { type Finished, MAIN, queuectl as asProcess, RUN_FLAGS, spawnQueuectl } from "../helpers/cli.ts";
import { queuectl as run } from "../helpers/cli_within.ts";
import { newAddress, ownServer, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";
import { until } from "../helpers/until.ts";

const server = await postgresServer();

/** The usual flags, and the two that a server takes. */
const PROGRAM = [
  ...RUN_FLAGS.filter((flag) => !flag.startsWith("--allow-env")),
  "--allow-net",
  "--allow-env",
  MAIN,
];

function queuectl(args: readonly string[], { home }: { home: string }): Promise<Finished> {
  return run(args, { home, program: PROGRAM });
}

testWith(server, "PostgreSQL: jobs of a store on a server are run by workers of several homes", async () => {
  using dir = tempDir();
  const [one, two] = [dir.file("one"), dir.file("two")];
  const address = newAddress(server);
  const used = await queuectl(["store", "use", address, "--json"], { home: one });
  assert.deepEqual([used.code, used.stderr], [0, ""]);
  assert.match(JSON.parse(used.stdout).engine, /^PostgreSQL \d/);
  assert.equal(Deno.statSync(`${one}/store`).mode! & 0o777, 0o600);
  await queuectl(["store", "use", address], { home: two });
  assert.match(
    (await queuectl(["store", "show"], { home: two })).stdout,
    /^postgres:.*\?schema=test_.*, PostgreSQL \d/,
  );

  for (let n = 0; n < 6; n++) {
    const { code, stderr } = await queuectl([
      "enqueue",
      "--quiet",
      `echo printed ${n}; [ ${n} -ne 5 ]`,
      "--max-retries",
      "0",
    ], {
      home: n % 2 === 0 ? one : two,
    });
    assert.deepEqual([code, stderr], [0, ""]);
  }
  const worked = await Promise.all(
    [one, two].map((home) => queuectl(["worker", "start", "--burst", "--count", "2"], { home })),
  );
  assert.deepEqual(worked.map(({ code, stderr }) => [code, stderr]), [[0, ""], [0, ""]]);
  const { counts } = JSON.parse((await queuectl(["status", "--json"], { home: two })).stdout);
  assert.deepEqual([counts.completed, counts.dead], [5, 1]);
  assert.equal((await queuectl(["logs", "j1"], { home: two })).stdout, "printed 0\n");
  const backup = await queuectl(["backup", dir.file("copy.db")], { home: one });
  assert.deepEqual([backup.code, /take pg_dump --schema=test_/.test(backup.stderr)], [1, true]);
  const doctor = await queuectl(["doctor", "--json"], { home: one });
  const checks: { check: string; level: string }[] = JSON.parse(doctor.stdout);
  const problems = checks.filter(({ level }) => level === "problem").map(({ check }) => check);
  assert.deepEqual(
    problems,
    ["durability"],
    "the server that tests share does not wait for its disk, and nothing else",
  );
});

testWith(
  server,
  "PostgreSQL: a store that cannot be used is said so in a sentence, and the choice stays",
  async () => {
    using dir = tempDir();
    const home = dir.home.dir;
    const cases: [string, number, RegExp][] = [
      [
        "mysql://x/y",
        2,
        /^Cannot use the store "mysql:\/\/x\/y": give postgres:\/\/USER@HOST\/DATABASE, file:PATH of a file with that, or local\n$/,
      ],
      [
        "postgres://u:secret@localhost:1/x",
        3,
        /^Cannot use the store "postgres:\/\/u@localhost:1\/x": no server answers there\n$/,
      ],
      [
        "postgres://u:secret@h/x?schema=A-b",
        2,
        /^Cannot use the store "postgres:\/\/u@h\/x": "A-b" cannot be its schema/,
      ],
      [server.url!.replace("/postgres?", "/none?"), 3, /there is no such database; create it first\n$/],
      [server.url!.replace("queuectl@", "nobody@"), 3, /the server does not let this user in\n$/],
    ];
    for (const [address, exitCode, sentence] of cases) {
      const { code, stderr } = await queuectl(["store", "use", address], { home });
      assert.match(stderr, sentence);
      assert.doesNotMatch(stderr, /secret/);
      assert.equal(code, exitCode);
    }
    const refused = await asProcess(["store", "use", newAddress(server)], { home });
    assert.deepEqual([
      refused.code,
      /: run again with --allow-net=unix:\/tmp\/.*\.s\.PGSQL\.5432\n$/.test(refused.stderr),
    ], [
      4,
      true,
    ]);
    assert.equal((await queuectl(["enqueue", "--quiet", "true"], { home })).stdout, "j1\n");
    assert.match((await queuectl(["store", "show"], { home })).stdout, /^local, SQLite /);
    assert.equal((await queuectl(["store", "use", "local"], { home })).code, 0);
  },
);

testWith(
  server,
  "PostgreSQL: workers outlive their server: each job runs once, and what was enqueued is run",
  async () => {
    await using own = await ownServer();
    using dir = tempDir();
    const home = dir.home.dir;
    const address = newAddress(own);
    await queuectl(["store", "use", address], { home });
    const jobs = Array.from({ length: 40 }, (_, n) => `sleep 0.2; echo ${n} >> ${dir.file("ran")}`);
    Deno.writeTextFileSync(dir.file("jobs"), jobs.join("\n"));
    await queuectl(["enqueue", "--quiet", "--file", dir.file("jobs"), "--max-retries", "0"], { home });
    const worker = spawnQueuectl(["worker", "start", "--burst", "--count", "4"], { home, program: PROGRAM });
    const ran = () => {
      try {
        return Deno.readTextFileSync(dir.file("ran")).trim().split("\n");
      } catch {
        return [];
      }
    };
    for (const count of [5, 20]) {
      await until("some have run", () => ran().length >= count);
      await own.kill();
      await own.start();
    }
    const { code } = await worker.output();
    assert.equal(code, 0);
    assert.deepEqual(ran().map(Number).sort((a, b) => a - b), jobs.map((_, n) => n));
    const { counts } = JSON.parse((await queuectl(["status", "--json"], { home })).stdout);
    assert.deepEqual([counts.completed, counts.processing], [40, 0]);
  },
);
