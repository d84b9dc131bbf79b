/**
 * @module
 * `queuectl prune`, `backup`, `doctor` and `version`, as real processes.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { openStore } from "../../src/store/open.ts";
import { VERSION } from "../../src/system/version.ts";
import { bundle } from "../../tools/build/bundle.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { succeeds } from "../helpers/finished.ts";
import { newJob } from "../helpers/jobs.ts";
import { tempDir } from "../helpers/temp.ts";
import { testStore } from "../helpers/worker.ts";

interface Finding {
  check: string;
  level: string;
  found: string;
  advice: string | null;
}

/** What `doctor` says, by check. */
async function doctor(
  home: string,
  env: Record<string, string> = {},
): Promise<{ code: number; findings: Finding[]; of(check: string): Finding }> {
  const { code, stdout } = await queuectl(["doctor", "--json"], { home, env });
  const findings: Finding[] = JSON.parse(stdout);
  return { code, findings, of: (check) => findings.find((one) => one.check === check)! };
}

Deno.test("prune removes what ended long enough ago, and no dead or waiting jobs", async () => {
  using test = await testStore();
  const [gone, kept] = [await test.enqueue("true"), await test.enqueue("true")];
  await test.store.cancel([gone], Date.now() - 3_600_000);
  const prune = (...words: string[]) => queuectl(["prune", ...words], { home: test.home });
  assert.equal((await prune()).stdout, "Removed 0 jobs that ended longer ago than they are kept\n");
  assert.equal((await prune("--older-than", "30m")).stdout, "Removed 1 job that ended 30m ago or earlier\n");
  assert.equal(await test.store.get(gone), undefined);
  assert.equal((await test.store.get(kept))?.state, "pending");
});

Deno.test("prune without an age is refused when everything is to be kept", async () => {
  using test = await testStore();
  await test.set({ retention: "0" });
  const { code, stderr } = await queuectl(["prune"], { home: test.home });
  assert.equal(code, 2);
  assert.match(stderr, /^Cannot prune: the setting retention is 0/);
});

Deno.test("backup writes a home to go on with, and never over a file", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo kept");
  const copy = test.dir.file("copy");
  Deno.mkdirSync(copy);
  const path = join(copy, "queue.db");
  assert.equal((await queuectl(["backup", path], { home: test.home })).code, 0);
  const status = await queuectl(["status", "--json"], { home: copy });
  assert.equal(JSON.parse(status.stdout).counts.pending, 1, id);

  const again = await queuectl(["backup", path], { home: test.home });
  assert.deepEqual([again.code, again.stderr], [1, `Cannot back up to "${path}": the file exists\n`]);
});

Deno.test("doctor finds nothing wrong with a sound home", async () => {
  using test = await testStore();
  const { code, of } = await doctor(test.home);
  assert.equal(code, 0);
  for (
    const check of ["store", "integrity", "counts", "doorbell", "workers", "home", "permissions", "shell"]
  ) {
    assert.equal(of(check).level, "ok", JSON.stringify(of(check)));
  }
});

Deno.test("doctor says what to do about waiting jobs, lost workers, open homes and missing shells", async () => {
  using test = await testStore();
  await test.enqueue("true");
  assert.equal((await doctor(test.home)).of("workers").advice, "queuectl worker start");
  await test.store.register({
    id: "supervisor-abc234",
    host: "elsewhere",
    bootId: "",
    pidNamespace: "",
    pid: 1,
    startedAt: 0,
    leaseUntil: 1,
    workers: [{ id: "worker-abc234", slots: 1, queues: null }],
  });
  await test.set({ shell: "no-such-shell" });
  Deno.chmodSync(test.home, 0o755);
  const { code, of } = await doctor(test.home);
  assert.equal(code, 1);
  assert.equal(of("workers").found, "worker-abc234 (pid 1 on elsewhere) is gone");
  const [worker] = JSON.parse((await queuectl(["worker", "list", "--json"], { home: test.home })).stdout);
  assert.equal(worker.lease_until, null, "that is over, and nobody knows since when");
  assert.deepEqual([of("home").level, of("home").advice], ["warning", `chmod 700 ${test.home}`]);
  assert.deepEqual([of("shell").level, of("shell").found], ["problem", "no-such-shell is not there"]);
});

Deno.test("doctor finds counts that are wrong", async () => {
  using test = await testStore();
  await test.enqueue("true");
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(test.dir.home.database);
  db.exec("UPDATE counts SET n = 5");
  db.close();
  const { code, of } = await doctor(test.home);
  assert.deepEqual([code, of("counts").level], [1, "problem"]);
});

Deno.test("doctor works where the store cannot be opened", async () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.home.dir, { mode: 0o700 });
  Deno.writeTextFileSync(dir.home.database, "this is no database, but long enough to look at ".repeat(100));
  const { code, of } = await doctor(dir.home.dir);
  assert.deepEqual([code, of("store").level, of("shell").level], [1, "problem", "ok"]);
});

Deno.test("doctor reports damage in the middle of the store, and goes on", async () => {
  using dir = tempDir();
  const store = await openStore(dir.home);
  const jobs = Array.from({ length: 1000 }, (_, n) => newJob({ command: `echo ${n} ${"x".repeat(300)}` }));
  await store.enqueue(jobs, { now: Date.now(), idFormat: "short" });
  store.close();
  const { size } = Deno.statSync(dir.home.database);
  using file = Deno.openSync(dir.home.database, { write: true });
  file.seekSync(Math.floor(size / 3), Deno.SeekMode.Start);
  file.writeSync(crypto.getRandomValues(new Uint8Array(60_000)));
  const { code, findings, of } = await doctor(dir.home.dir);
  assert.equal(code, 1);
  const damage = findings.filter(({ level }) => level === "problem");
  assert.ok(damage.length > 0 && damage.every(({ advice }) => advice !== null), JSON.stringify(findings));
  assert.equal(of("space").level, "ok");
});

Deno.test("doctor finds nothing wrong with variables for the linker, unless jobs cannot get them", async () => {
  using test = await testStore();
  const fine = await doctor(test.home, { LD_LIBRARY_PATH: "/opt/lib" });
  assert.deepEqual([fine.code, fine.of("shell").level], [0, "ok"]);
  assert.equal(fine.findings.find(({ check }) => check === "environment"), undefined);
  const { code, of } = await doctor(test.home, { "LD_A.B": "1" });
  assert.equal(code, 0);
  assert.deepEqual(of("environment"), {
    check: "environment",
    level: "warning",
    found: "jobs do not see LD_A.B",
    advice: "run workers with --allow-env=LD_A.B, or with --allow-run",
  });
});

Deno.test("version says what it runs on, and needs no home", async () => {
  using dir = tempDir();
  const { code, stdout } = await queuectl(["version"], { home: dir.home.dir });
  assert.equal(code, 0);
  assert.ok(stdout.startsWith(`queuectl ${VERSION} (Deno ${Deno.version.deno}, SQLite 3.`), stdout);
  assert.ok(stdout.endsWith(`${Deno.build.target}, checkout)\n`), stdout);
  const json = JSON.parse((await queuectl(["version", "--json"], { home: dir.home.dir })).stdout);
  assert.deepEqual(Object.keys(json), ["version", "runtime", "engine", "platform", "program"]);
  assert.throws(() => Deno.statSync(dir.home.dir), Deno.errors.NotFound);
});

/** Bundling needs a program that the runtime fetches when it first does it. */
function canBundle(): boolean {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.file("empty.js"), "");
  return succeeds(Deno.execPath(), "bundle", "--quiet", "-o", dir.file("bundle.js"), dir.file("empty.js"));
}

Deno.test(
  "version tells a bundle, and what came from a URL, from a checkout",
  { ignore: !canBundle() },
  async () => {
    using dir = tempDir();
    const file = dir.file("queuectl.js");
    await bundle(file, new AbortController().signal);
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response(Deno.readTextFileSync(file), { headers: { "content-type": "text/javascript" } }),
    );
    for (
      const [program, entry] of [["bundle", file], [
        "url",
        `http://127.0.0.1:${server.addr.port}/queuectl.js`,
      ]]
    ) {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--quiet", entry!, "version", "--json"],
        env: { DENO_DIR: dir.file("cache") },
        cwd: dir.path,
      }).output();
      const text = new TextDecoder();
      assert.equal(text.decode(stderr), "");
      assert.equal(JSON.parse(text.decode(stdout)).program, program);
    }
  },
);
