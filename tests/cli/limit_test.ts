/**
 * @module
 * Limits, things of hosts and slots on the command line.
 */
import assert from "node:assert/strict";
import { queuectl } from "../helpers/cli_within.ts";
import { tempDir } from "../helpers/temp.ts";

Deno.test("a limit is set, listed, shown, changed and removed", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const run = (...words: string[]) => queuectl(words, { home });
  assert.equal((await run("limit", "list")).stdout, "No limits: set one with queuectl limit set\n");
  const set = await run("limit", "set", "api", "--at-once", "5", "--rate", "60/1m", "--smooth");
  assert.equal(set.stdout, 'Limit "api": 5 at once, 60/1m, evenly\n');
  await run("enqueue", "--needs", "api=2", "true");
  assert.match((await run("limit", "list")).stdout, /^api +5 at once, 60\/1m, evenly +0 of 5 +0 of 60 +1$/m);
  assert.deepEqual(JSON.parse((await run("limit", "show", "api", "--json")).stdout), {
    ...{
      name: "api",
      at_once: 5,
      rate: "60/1m",
      smooth: true,
      used: 0,
      started: 0,
      free_at: null,
      waiting: 1,
    },
  });
  assert.equal((await run("limit", "set", "api", "--rate", "none")).stdout, 'Limit "api": 5 at once\n');
  const removed = await run("limit", "remove", "api");
  assert.equal(removed.stdout, 'Removed limit "api"\n');
  assert.match(removed.stderr, /1 pending job needs "api"/);
  const gone = await run("limit", "show", "api");
  assert.deepEqual([gone.code, gone.stderr], [1, 'Cannot show limit "api": there is none of that name\n']);
});

Deno.test("what makes no sense of limits is refused with a sentence, and changes nothing", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  await queuectl(["limit", "set", "api", "--at-once", "2", "--rate", "3/1m"], { home });
  const refusals: [string[], RegExp][] = [
    [["limit", "set", "api"], /^Cannot set limit "api": give --at-once N, or --rate N\/TIME$/m],
    [["limit", "set", "api", "--rate", "0/1m"], /^Cannot use --rate "0\/1m": nothing would ever start/],
    [["limit", "set", "api", "--rate", "5/moon"], /^Cannot use --rate "5\/moon": "moon" is no time/],
    [["limit", "set", "api", "--at-once", "-1"], /at-once/],
    [["limit", "set", "api", "--smooth"], /^Cannot use --smooth without --rate/],
    [["limit", "set", "n".repeat(65), "--at-once", "1"], /^Cannot use "n+" as the name of a limit/],
    [
      ["enqueue", "--needs", "api=3", "true"],
      /^Cannot let a job need 3 of "api": its limit lets 2 in at once$/m,
    ],
    [["enqueue", "--needs", "api=0", "true"], /^Cannot use needs \["api=0"\]/],
    [["enqueue", "--slots", "0", "true"], /^Cannot use slots 0/],
    [["queue", "set", "q", "--per-label", "0"], /^Cannot use --per-label "0"/],
    [["queue", "set", "q", "--needs", "a b"], /^Cannot use --needs "a b"/],
    [["worker", "start", "--has", "home"], /^Cannot use --has "home": jobs would find it in QUEUECTL_HOME/],
  ];
  for (const [words, message] of refusals) {
    const { code, stderr } = await queuectl(words, { home });
    assert.equal(code, 2, words.join(" "));
    assert.match(stderr, message);
  }
  assert.equal((await queuectl(["list"], { home })).stdout.includes("true"), false);
});

Deno.test("show says what a job waits for, and enqueue what nobody has", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const run = (...words: string[]) => queuectl(words, { home });
  const { stderr } = await run("enqueue", "--needs", "gpu", "true");
  assert.match(stderr, /No worker has "gpu", and there is no limit of that name: queuectl limit set gpu/);
  assert.match(
    (await run("show", "j1")).stdout,
    /^Waits +no worker has "gpu", and there is no limit of that name$/m,
  );
  assert.match((await run("show", "j1")).stdout, /^Takes +gpu=1$/m);
  await run("limit", "set", "gpu", "--at-once", "0");
  assert.match((await run("show", "j1")).stdout, /^Waits +limit "gpu" has 0 of 0 in use$/m);
});

Deno.test("queue set says what its jobs need, their rate, and who takes turns", async () => {
  using dir = tempDir();
  const home = dir.home.dir;
  const rules = [
    "--needs",
    "api=2",
    "--per-label",
    "1",
    "--rate",
    "60/1m",
    "--fair",
    "label",
    "--aging",
    "10m",
  ];
  const { stdout } = await queuectl(["queue", "set", "q", ...rules], { home });
  assert.equal(
    stdout,
    'Queue "q": each job needs api=2\nQueue "q" runs at most 1 of one label at a time\n' +
      'Queue "q" lets 60/1m begin\nQueue "q": labels take turns\n' +
      'Queue "q": 10m of waiting count as much as a step of priority\n',
  );
  const json = JSON.parse((await queuectl(["queue", "list", "--json"], { home })).stdout).queues[0];
  const { needs, per_label, rate, smooth, fair, aging } = json;
  assert.deepEqual({ needs, per_label, rate, smooth, fair, aging }, {
    ...{ needs: { api: 2 }, per_label: 1, rate: "60/1m", smooth: false, fair: "label", aging: 600 },
  });
  const urgent = await queuectl(["enqueue", "--queue", "q", "true"], { home });
  assert.equal(urgent.code, 0);
  await queuectl(["enqueue", "--queue", "q", "--priority", "5", "true"], { home });
  assert.match(
    (await queuectl(["show", "j2"], { home })).stdout,
    /10m of waiting count as much as a step of priority in its queue/,
  );
  const bad = await queuectl(["queue", "set", "q", "--aging", "0"], { home });
  assert.deepEqual([bad.code, bad.stderr], [
    2,
    'Cannot use --aging "0": it takes a duration up to 3650d, such as 10m, or none\n',
  ]);
  const off = [
    "--needs",
    "none",
    "--per-label",
    "none",
    "--rate",
    "none",
    "--fair",
    "none",
    "--aging",
    "none",
  ];
  assert.equal((await queuectl(["queue", "set", "q", ...off], { home })).code, 0);
});
