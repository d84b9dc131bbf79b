/**
 * @module
 * `queuectl logs`, as real processes.
 */
import assert from "node:assert/strict";
import { MAIN, RUN_FLAGS, spawnQueuectl } from "../helpers/cli.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

Deno.test("logs prints both streams in the order in which they came, or one of them", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("…");
  const attempt = await worker.claim();
  await attempt.print("stdout", "one\n");
  await attempt.print("stderr", "two\n");
  await attempt.print("stdout", "three");
  await attempt.end();
  const logs = async (...args: string[]) =>
    (await queuectl(["logs", "j1", ...args], { home: test.home })).stdout;
  assert.equal(await logs(), "one\ntwo\nthree");
  assert.equal(await logs("--stdout"), "one\nthree");
  assert.equal(await logs("--stderr"), "two\n");
  assert.equal(await logs("--stdout", "--stderr"), "one\ntwo\nthree");
  assert.equal(await logs("--lines", "2"), "two\nthree");
  assert.equal(await logs("--lines", "0"), "");
  assert.equal(await logs("--lines", "99"), "one\ntwo\nthree");
  assert.equal(await logs("--attempt", "1", "--lines", "1"), "three");
});

Deno.test("logs gives bytes as they came, and says where some were dropped", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("…");
  const attempt = await worker.claim();
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  await attempt.print("stdout", bytes);
  await attempt.print("stdout", "end\n", 1000);
  await attempt.end();
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...RUN_FLAGS, MAIN, "--home", test.home, "logs", "j1"],
  }).output();
  assert.deepEqual(stdout.subarray(0, 256), bytes);
  const rest = new TextDecoder().decode(stdout.subarray(256));
  assert.equal(rest, "\n[queuectl: 744 bytes of stdout were not kept]\nend\n");
  const json = JSON.parse((await queuectl(["logs", "j1", "--json"], { home: test.home })).stdout);
  assert.deepEqual(json, {
    id: "j1",
    attempt: 1,
    stdout: [
      { start: 0, text: String.fromCharCode(...bytes.subarray(0, 128)) },
      { start: 128, base64: btoa(String.fromCharCode(...bytes.subarray(128))) },
      { start: 1000, text: "end\n" },
    ],
    stderr: [],
    seen: [
      { stream: "stdout", start: 0, at: null },
      { stream: "stdout", start: 1000, at: null },
    ],
  });
});

/** A time with its zone, before a line. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d) (.*)$/;

for (const zone of ["UTC", "Asia/Kathmandu"]) {
  Deno.test(`logs --timestamps says when each line was seen, in ${zone}; --json has the times, too`, async () => {
    using test = await testStore();
    const before = Date.now();
    const id = await test.enqueue(
      "printf 'one\\ntw'; until [ -e go ]; do sleep 0.1; done; echo o; echo no >&2; printf end",
    );
    await using worker = await startWorker(test.home, ["--burst"]);
    const follower = spawnQueuectl(["logs", id, "--follow", "--timestamps"], {
      home: test.home,
      env: { TZ: zone },
    });
    await until("the first line shows", async () => (await test.output(id)).startsWith("one\ntw"));
    const between = Date.now();
    Deno.writeTextFileSync(test.dir.file("go"), "");
    await worker.ended;
    const logs = async (...args: string[]) =>
      (await queuectl(["logs", id, ...args], { home: test.home, env: { TZ: zone } })).stdout;
    const printed = await logs("--timestamps");
    const lines = printed.trimEnd().split("\n").map((line) => STAMP.exec(line)!.slice(1) as [string, string]);
    assert.deepEqual(lines.map(([, text]) => text).toSorted(), ["end", "no", "one", "two"]);
    const times = new Map(lines.map(([time, text]) => [text, Date.parse(time)]));
    assert.ok(times.get("one")! >= before && times.get("one")! <= between);
    for (const text of ["two", "no", "end"]) assert.ok(times.get(text)! >= between, text);
    if (zone !== "UTC") assert.ok(lines.every(([time]) => time.endsWith("+05:45")));
    const { stdout } = await follower.output();
    assert.equal(new TextDecoder().decode(stdout), printed);
    assert.equal(await logs("--timestamps", "--lines", "1"), `${printed.trimEnd().split("\n").at(-1)}\n`);
    const { seen } = JSON.parse(await logs("--json"));
    assert.deepEqual(seen[0], { stream: "stdout", start: 0, at: new Date(times.get("one")!).toISOString() });
  });
}

Deno.test("of two streams that were written to at the same time, the one that was written to last comes last", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo warning >&2; sleep 0.03; echo done");
  const other = await test.enqueue("echo working; sleep 0.03; echo failed >&2; exit 1");
  await using worker = await startWorker(test.home, ["--burst"]);
  await worker.ended;
  assert.equal(await test.output(id), "warning\ndone\n");
  assert.equal(await test.output(other), "working\nfailed\n");
});

Deno.test("logs --timestamps of what an earlier version stored has no times", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("…");
  const attempt = await worker.claim();
  await attempt.print("stdout", "one\n");
  await attempt.end();
  assert.match((await queuectl(["logs", "j1", "--timestamps"], { home: test.home })).stdout, /^- {29}one\n$/);
});

Deno.test("logs of what has not run is refused", async () => {
  using test = await testStore();
  await test.enqueue("true");
  const none = await queuectl(["logs", "j1"], { home: test.home });
  assert.deepEqual([none.code, none.stderr], [1, 'Cannot show logs of job "j1": it has not run yet\n']);
  await (await (await handWorker(test.store)).claim()).end();
  const second = await queuectl(["logs", "j1", "--attempt", "2"], { home: test.home });
  assert.deepEqual([second.code, second.stderr], [
    1,
    'Cannot show logs of attempt 2 of job "j1": its latest attempt is 1\n',
  ]);
  assert.equal((await queuectl(["logs", "j1"], { home: test.home })).stdout, "");
});

Deno.test("logs --follow prints what comes, goes on with the next attempt, and ends with the job", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("…");
  const child = spawnQueuectl(["logs", "j1", "--follow"], { home: test.home });
  let printed = "";
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text;
  })();
  const errors = new Response(child.stderr).text();
  const shows = (text: string) => until(`logs printed ${JSON.stringify(text)}`, () => printed === text);

  const first = await worker.claim();
  await first.print("stdout", "a");
  await shows("a");
  await first.print("stderr", "b\n");
  await shows("ab\n");
  await first.end({
    outcome: "failed",
    exitCode: 1,
    error: "exit code 1",
    state: "failed",
    runAt: Date.now(),
  });

  const second = await until("the retry is claimed", async () => {
    try {
      return await worker.claim();
    } catch {
      return undefined;
    }
  });
  await second.print("stdout", "c\n");
  await second.end();
  const { code } = await child.status;
  await reading;
  assert.deepEqual([code, printed, await errors], [0, "ab\nc\n", "Attempt 2 of job j1\n"]);
});
