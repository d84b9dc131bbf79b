/**
 * @module
 * The line on stderr that says that a job will not start by itself, and `--quiet`.
 */
import assert from "node:assert/strict";
import { spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { newSupervisor } from "../helpers/jobs.ts";
import { readUntil } from "../helpers/printed.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

const NO_WORKER = "No worker is running: start one with queuectl worker start";
const PAUSED = 'queue "images" is paused: resume it with queuectl queue resume images';

/** What it says on stderr, having done what it was asked. */
async function hintOf({ home }: TestStore, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await queuectl(args, { home });
  assert.deepEqual([code, /^j\d+\n/.test(stdout)], [0, true], stderr);
  return stderr;
}

Deno.test("enqueue says in one line that no worker is running, and the id alone goes to stdout", async () => {
  using test = await testStore();
  const { code, stdout, stderr } = await queuectl(["enqueue", "true"], { home: test.home });
  assert.deepEqual([code, stdout, stderr], [0, "j1\n", `${NO_WORKER}\n`]);
});

Deno.test("enqueue says nothing where a worker takes the job, and what is in the way where none does", async () => {
  using test = await testStore();
  await handWorker(test.store, ["default", "images"]);
  assert.equal(await hintOf(test, "enqueue", "true"), "");
  assert.equal(
    await hintOf(test, "enqueue", "--queue", "mail", "true"),
    'No running worker serves queue "mail": start one with queuectl worker start --queue mail\n',
  );
  await test.store.setQueue("images", { paused: true });
  const paused = `${PAUSED.replace("queue", "Queue")}\n`;
  assert.equal(await hintOf(test, "enqueue", "--queue", "images", "true"), paused);
  await test.store.setQueue("images", { paused: false });
  assert.equal(await hintOf(test, "enqueue", "--queue", "images", "true"), "");
});

Deno.test("a worker that was told to stop, that is silent or that has left takes no jobs", async () => {
  using test = await testStore();
  await handWorker(test.store);
  await test.store.requestStop({ endAt: null, leave: false });
  assert.match(await hintOf(test, "enqueue", "true"), /^Every worker is stopping: start one with/);
  await test.store.leave("hand");
  assert.equal(await hintOf(test, "enqueue", "true"), `${NO_WORKER}\n`);
  // that died a moment ago, and whose lease would last on: its lock is there, and nobody holds it
  await test.store.register(newSupervisor("dead", { leaseUntil: Date.now() + 10_000 }));
  Deno.mkdirSync(`${test.home}/spool`, { recursive: true });
  Deno.writeTextFileSync(`${test.home}/spool/dead.alive`, "");
  assert.equal(await hintOf(test, "enqueue", "true"), `${NO_WORKER}\n`);
});

Deno.test("the advice holds for the home that was named", async () => {
  using test = await testStore();
  const home = test.dir.file("it's here");
  const { stderr } = await queuectl(["enqueue", "true", "--home", home], { home: test.home });
  assert.equal(stderr, `${NO_WORKER} --home '${home.replace("'", "'\\''")}'\n`);
});

Deno.test("a file of jobs is told of once, with all that is in the way", async () => {
  using test = await testStore();
  await test.store.setQueue("images", { paused: true });
  const stdin =
    '{"command":"true"}\n{"command":"true","queue":"images"}\n{"command":"true","queue":"images"}\n';
  const { code, stdout, stderr } = await queuectl(["enqueue", "--file", "-"], { home: test.home, stdin });
  assert.deepEqual([code, stdout, stderr], [0, "j1\nj2\nj3\n", `${NO_WORKER}; ${PAUSED}\n`]);
});

Deno.test("--json and --quiet say nothing besides the result, wherever they stand, and errors are said", async () => {
  using test = await testStore();
  const said = [
    await queuectl(["enqueue", "true", "--json"], { home: test.home }),
    await queuectl(["enqueue", "true", "--quiet"], { home: test.home }),
    await queuectl(["--quiet", "enqueue", "--file", "-"], { home: test.home, stdin: "true\n" }),
    await queuectl(["list", "--limit", "1", "--quiet"], { home: test.home }),
  ];
  for (const { code, stderr } of said) assert.deepEqual([code, stderr], [0, ""]);
  const waited = await queuectl(["wait", "j1", "--timeout", "0.05", "--quiet"], { home: test.home });
  assert.deepEqual([waited.code, waited.stderr], [
    1,
    "Cannot wait any longer: 1 job not ended after 50ms\n",
  ]);
});

Deno.test("a job that is enqueued to be held has nothing to be told", async () => {
  using test = await testStore();
  assert.equal(await hintOf(test, "enqueue", "--hold", "true"), "");
});

Deno.test("wait says what it waits for in vain", async () => {
  using test = await testStore();
  await test.enqueue("true", { queue: "images", held: true });
  await test.store.setQueue("images", { paused: true });
  const wait = async (...args: string[]) =>
    (await queuectl(["wait", "--timeout", "0.05", ...args], { home: test.home })).stderr.split("\n")[0];
  const held = 'job "j1" is held: release it with queuectl release j1';
  assert.equal(await wait("j1"), `${NO_WORKER}; ${PAUSED}; ${held}`);
  assert.equal(await wait("--all"), `${NO_WORKER}; ${PAUSED}`);
  await handWorker(test.store);
  await test.store.setQueue("images", { paused: false });
  assert.equal(await wait("j1"), held.replace("job", "Job"));
  assert.match((await wait("--queue", "images"))!, /^Cannot wait any longer/);
});

Deno.test("logs --follow says why nothing comes", async () => {
  using test = await testStore();
  await test.enqueue("true");
  const child = spawnQueuectl(["logs", "j1", "--follow"], { home: test.home });
  const { printed, ended } = await readUntil(child, { what: "it says why", pattern: /start one.*\n/ });
  assert.equal(printed(), `${NO_WORKER}\n`);
  await test.store.cancel(["j1"], Date.now());
  assert.equal(await ended, 0);
});

Deno.test("whoever enqueues a held job and waits for it is told that it is held", async () => {
  using test = await testStore();
  await handWorker(test.store);
  const child = spawnQueuectl(["enqueue", "--hold", "--wait", "true"], { home: test.home });
  const { printed, ended } = await readUntil(child, { what: "it says why", pattern: /held.*\n/ });
  assert.equal(printed(), 'j1\nJob "j1" is held: release it with queuectl release j1\n');
  await test.store.cancel(["j1"], Date.now());
  assert.equal(await ended, 1);
});

Deno.test("who waits is told once, too, when the last worker leaves and when a queue is paused meanwhile", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("true");
  await test.enqueue("true", { queue: "images" });
  await test.enqueue("true", { queue: "images" });
  await worker.claim();
  const children = [["wait", "j2", "j3"], ["wait", "--all"], ["logs", "j2", "--follow"]]
    .map((args) => spawnQueuectl(args, { home: test.home }));
  const asJson = spawnQueuectl(["wait", "j2", "--json"], { home: test.home });
  await test.store.setQueue("images", { paused: true });
  const waiting = await Promise.all(
    children.map((child) => readUntil(child, { what: "it is paused", pattern: /paused.*\n/i })),
  );
  await test.store.leave("hand");
  for (const { printed } of waiting) {
    await until("no worker is there", () => printed().includes(NO_WORKER));
  }
  await test.store.cancel(["j2", "j3"], Date.now());
  assert.equal((await asJson.output()).stderr.length, 0);
  const [some, whole, logs] = waiting;
  await Promise.all([some!.ended, logs!.ended]);
  children[1]!.kill();
  await whole!.ended;
  for (const { printed } of waiting) assert.equal(printed().split(NO_WORKER).length, 2, printed());
});
