/**
 * @module
 * Jobs for each of many, and what comes after, over HTTP; each answer held against the API's document.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";

Deno.test("a job for each item is enqueued, as a group, and one that comes after all of them", async () => {
  using app = await testApplication();
  const { store } = app.test;
  const { status, json } = await app.send("POST", "/bulk/each", {
    job: {
      command: "lame {} {.}.mp3",
      queue: "audio",
      env: { A: "1" },
      then: "zip all",
      then_failed: "mail me",
    },
    each: ["a b.wav", "it's.wav"],
    max_failures: 1,
  });
  assert.equal(status, 201);
  const jobs = await Promise.all([...json.ids, ...json.then].map((id: string) => store.get(id)));
  assert.deepEqual(jobs.map((job) => [job!.command, job!.state, job!.queue, job!.group]), [
    ["lame 'a b.wav' 'a b'.mp3", "pending", "audio", json.group],
    ["lame 'it'\\''s.wav' 'it'\\''s'.mp3", "pending", "audio", json.group],
    ["zip all", "blocked", "audio", null],
    ["mail me", "blocked", "audio", null],
  ]);
  assert.deepEqual(jobs[1]!.env, {
    A: "1",
    QUEUECTL_INDEX: "2",
    QUEUECTL_COUNT: "2",
    QUEUECTL_ITEM: "it's.wav",
  });
  const group = (await app.send("GET", `/groups/${json.group}`)).json;
  assert.deepEqual([group.sealed, group.total, group.max_failures, group.needed_by], [true, 2, 1, json.then]);
});

Deno.test("an array comes after each job of another, number by number", async () => {
  using app = await testApplication();
  const first = (await app.send("POST", "/bulk/each", {
    job: { command: "./part", group: "parts" },
    array: "10-30:10",
  })).json;
  assert.deepEqual([first.ids.length, first.group, first.then], [3, "parts", []]);
  const second = await app.send("POST", "/bulk/each", {
    job: { command: "find {} -name %", after: [first.ids[0]] },
    array: "1-3",
    mark: "%",
    after_each: "parts",
  });
  assert.equal(second.status, 400, "twice the same need");
  const third = (await app.send("POST", "/bulk/each", {
    job: { command: "find {} -name %" },
    array: "1-3",
    mark: "%",
    after_each: "parts",
  })).json;
  const { json } = await app.send("GET", `/jobs/${third.ids[2]}`);
  assert.equal(json.command, "find {} -name 3");
  assert.deepEqual(json.needs.jobs.map(({ id }: { id: string }) => id), [first.ids[2]]);
});

Deno.test("a request that is sent again with its key makes no second group", async () => {
  using app = await testApplication();
  const send = (key: string, job: object) =>
    app.send("POST", "/bulk/each", { job: { command: "echo", then: "true", ...job }, each: ["a", "b"] }, {
      "Idempotency-Key": key,
    });
  const [one, other] = [await send("once", {}), await send("once", {})];
  assert.deepEqual(other.json, one.json);
  const [named, again] = [await send("named", { group: "g" }), await send("named", { group: "g" })];
  assert.deepEqual([again.status, again.json], [201, named.json]);
  assert.equal((await app.test.store.groups()).length, 2);
});

Deno.test("a job is enqueued with what comes after it", async () => {
  using app = await testApplication();
  const { status, json } = await app.send("POST", "/jobs", {
    id: "build",
    command: "make",
    label: "nightly",
    then: "make install",
    then_ended: "report",
  });
  assert.deepEqual([status, json.id, json.then.length], [201, "build", 2]);
  const needs = (await app.send("GET", `/jobs/build/needs`)).json;
  assert.deepEqual(needs.jobs.map(({ id }: { id: string }) => id), ["build", ...json.then]);
  assert.deepEqual((await app.send("GET", `/jobs/${json.then[1]}`)).json.label, "nightly");
  assert.equal("then" in (await app.send("POST", "/jobs", { command: "true" })).json, false);
});

Deno.test("jobs of one request need each other by their names, in any order", async () => {
  using app = await testApplication();
  const { json: { ids } } = await app.send("POST", "/bulk/enqueue", {
    jobs: [{ name: "b", command: "b", after: ["a"] }, { name: "a", command: "a" }],
  });
  const { json } = await app.send("GET", `/jobs/${ids[0]}`);
  assert.deepEqual([json.state, json.needs.jobs.map(({ id }: { id: string }) => id)], ["blocked", [ids[1]]]);
});

Deno.test("what jobs need and who needs them is told as a graph, the nearest first", async () => {
  using app = await testApplication();
  const { json: { ids: [a, b, c, d] } } = await app.send("POST", "/bulk/enqueue", {
    jobs: [
      { name: "a", command: "a" },
      { name: "b", command: "b", after: "a" },
      { name: "c", command: "c", after_ended: "b" },
      { name: "d", command: "d", after: ["b"] },
    ],
  });
  const graph = (await app.send("GET", `/jobs/${b}/needs`)).json;
  assert.deepEqual(graph.jobs.map(({ id }: { id: string }) => id).sort(), [a, b, c, d].sort());
  assert.equal(graph.jobs[0].id, b);
  const small = (await app.send("GET", `/jobs/${b}/needs?limit=2`)).json;
  assert.equal(small.jobs.length, 2);
  assert.equal((await app.send("GET", "/jobs/nobody/needs")).status, 404);
  assert.equal((await app.send("GET", `/jobs/${b}/needs?limit=0`)).status, 400);
});

Deno.test("what makes no sense is refused in one sentence, and nothing is stored", async () => {
  using app = await testApplication();
  const each = (body: object) => ["/bulk/each", body] as const;
  const many = (...jobs: object[]) => ["/bulk/enqueue", { jobs }] as const;
  for (
    const [[path, body], detail] of [
      [each({ job: { command: "x" } }), 'Cannot tell what to make jobs for: give either "each" or "array"'],
      [
        each({ job: { command: "x" }, each: ["a"], array: "1-2" }),
        'Cannot tell what to make jobs for: give either "each" or "array"',
      ],
      [each({ job: {}, each: ["a"] }), 'Missing command: say in "job" what to run for each item'],
      [
        each({ job: { command: "x", id: "a" }, each: ["a"] }),
        "Cannot use an id here: each job needs one of its own",
      ],
      [
        each({ job: { command: "x" }, array: "3-1" }),
        'Cannot use array "3-1": it takes FIRST-LAST, or FIRST-LAST:STEP, such as 1-100 or 0-90:10',
      ],
      [
        each({ job: { command: "x" }, array: "1-100001" }),
        'Cannot use array "1-100001": it takes at most 100000 jobs',
      ],
      [
        each({ job: { command: "echo '{}'" }, each: ["a"] }),
        "Cannot use {} within quotes or after a backslash: what it stands for is quoted already",
      ],
      [
        each({ job: { command: "echo '%'" }, each: ["a"], mark: "%" }),
        "Cannot use % within quotes or after a backslash: what it stands for is quoted already",
      ],
      [
        each({ job: { command: "x" }, array: "1-2", after_each: "nobody" }),
        'Cannot make jobs wait for each of group "nobody": no such group',
      ],
      [
        each({ job: { command: "x", then: 5 }, each: ["a"] }),
        "Cannot use then 5: it takes the command of another job",
      ],
      [["/jobs", { command: "x", then: " " }], undefined],
      [each({ job: { command: "x", colour: 1 }, each: ["a"] }), 'Unknown field "colour"'],
      [
        many({ name: "a", command: "x" }, { name: "a", command: "y" }),
        'In job 2 of 2: cannot use name "a" twice',
      ],
      [
        many({ command: "x" }, { command: "x", after: "nobody" }),
        'In job 2 of 2: cannot make a job wait for "nobody": no such job',
      ],
      [
        many({ name: "a", command: "x", after: "b" }, { name: "b", command: "y", after: "a" }),
        "Cannot make jobs wait for each other: job 1 needs job 2 needs job 1",
      ],
    ] as const
  ) {
    const answer = await app.send("POST", path, body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    if (detail !== undefined) assert.equal(answer.json.detail, detail);
  }
  assert.deepEqual([await app.test.store.groups(), (await app.test.store.list({ limit: 9 })).jobs], [[], []]);
});
