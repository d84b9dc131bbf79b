/**
 * @module
 * `queuectl store copy`: killed again and again, it completes in the end; what it says. Slow.
 */
import assert from "node:assert/strict";
import { MAIN, RUN_FLAGS, spawnQueuectl } from "../helpers/cli.ts";
import { queuectl as run } from "../helpers/cli_within.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();
const PROGRAM = [...RUN_FLAGS, "--allow-net", MAIN];
const JOBS = 20_000;

testWith(server, "store copy that is killed again and again completes when it is run again", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const queuectl = (...args: string[]) => run(args, { home, program: PROGRAM });
  Deno.writeTextFileSync(dir.file("jobs"), Array.from({ length: JOBS }, (_, n) => `echo ${n}`).join("\n"));
  await queuectl("enqueue", "--quiet", "--file", dir.file("jobs"));
  await queuectl("enqueue", "--quiet", "--queue", "short", "echo short");
  await queuectl("worker", "start", "--burst", "--queue", "short");
  const address = newAddress(server);
  const words = ["store", "copy", "--to", address];
  let lived = 0;
  for (let waitMs = 400;; waitMs *= 1.3) {
    const child = spawnQueuectl([...words, "--json"], { home, program: PROGRAM });
    const timer = setTimeout(() => child.kill("SIGKILL"), waitMs);
    const { code, stdout, stderr } = await child.output();
    clearTimeout(timer);
    if (code !== 0) {
      assert.equal(new TextDecoder().decode(stderr), "");
      continue;
    }
    lived = JSON.parse(new TextDecoder().decode(stdout)).copied.jobs;
    break;
  }
  assert.equal(lived, JOBS + 1);
  assert.deepEqual(
    JSON.parse((await queuectl(...words, "--json")).stdout).copied.jobs,
    JOBS + 1,
    "done is done",
  );
  const used = await queuectl("store", "use", address);
  assert.equal(used.code, 0, used.stderr);
  const { counts } = JSON.parse((await queuectl("status", "--json")).stdout);
  assert.deepEqual([counts.pending, counts.completed], [JOBS, 1]);
  assert.equal((await queuectl("logs", `j${JOBS + 1}`)).stdout, "short\n");
  assert.equal((await queuectl("enqueue", "--quiet", "true")).stdout, `j${JOBS + 2}\n`);
  const twice = await queuectl(...words, "--from", "local");
  assert.deepEqual([twice.code, /: it is not empty; copy to one that is\n$/.test(twice.stderr)], [1, true]);
});

testWith(server, "store copy says what was copied and how to go on, never a password", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  await run(["enqueue", "--quiet", "true"], { home });
  const address = newAddress(server).replace("queuectl@", "queuectl:secret@");
  const { code, stdout, stderr } = await run(["store", "copy", "--to", address], { home, program: PROGRAM });
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^Copied and compared, from local \(.*\) to postgres:\/\/queuectl@\/.*:\n {2}1 jobs\n/,
  );
  assert.match(
    stderr,
    /^Go on there with: queuectl store use 'postgres:\/\/queuectl@\/postgres\?host=[^&]+&schema=\w+'/,
  );
  assert.doesNotMatch(stdout + stderr, /secret/);
  const none = await run(["store", "copy"], { home });
  assert.deepEqual([none.code, none.stderr], [
    2,
    "Cannot copy without --to: give --to ADDRESS, or --to local\n",
  ]);
});
