/**
 * @module
 * The routes of groups, each answer held against the API's document.
 */
import assert from "node:assert/strict";
import { testApplication } from "../helpers/application.ts";
import { claim, death, newSupervisor, settle, settlement } from "../helpers/jobs.ts";

Deno.test("a group is filled, listed, sealed, retried, cancelled and forgotten", async () => {
  using app = await testApplication();
  const { store } = app.test;
  const one = await app.send("POST", "/jobs?max_failures=5", { command: "true", group: "g" });
  assert.deepEqual([one.status, one.json.group], [201, "g"]);
  const many = await app.send("POST", "/bulk/enqueue", {
    jobs: [{ command: "true", group: "h" }, { command: "true", after_group: ["g", "h"] }],
  });
  assert.equal(many.status, 201);
  const groups = await app.send("GET", "/groups?limit=1");
  assert.deepEqual(
    groups.json.groups.map(({ name, sealed }: { name: string; sealed: boolean }) => [name, sealed]),
    [
      ["h", true],
    ],
  );
  const rest = await app.send("GET", `/groups?limit=1&cursor=${groups.json.cursor}`);
  assert.deepEqual([rest.json.groups[0].name, rest.json.groups[0].max_failures, rest.json.cursor], [
    "g",
    5,
    null,
  ]);
  const status = (await app.send("GET", "/status")).json;
  assert.deepEqual(
    status.groups.map(({ name, open, total }: Record<string, unknown>) => [name, open, total]),
    [["h", 1, 1], ["g", 1, 1]],
  );
  assert.equal(status.more_groups, 0);
  assert.equal((await app.send("GET", "/metrics")).json.open_groups, 2);
  const needs = (await app.send("GET", `/jobs/${many.json.ids[1]}`)).json.needs;
  assert.deepEqual([needs.count, needs.jobs, needs.groups.map(({ name }: { name: string }) => name).sort()], [
    2,
    [],
    ["g", "h"],
  ]);
  const sealed = await app.send("POST", "/groups/g/seal");
  assert.deepEqual([sealed.status, sealed.json.sealed, sealed.json.state], [200, true, "open"]);
  const refused = await app.send("POST", "/jobs", { command: "true", group: "g" });
  assert.equal(refused.status, 400);
  assert.equal((await app.send("POST", "/jobs?reopen=true", { command: "true", group: "g" })).status, 201);
  await store.register(newSupervisor("s"));
  const [first, second] = await claim(store, "s", { count: 2, now: Date.now() });
  await settle(store, "s", settlement(first!.token));
  await settle(store, "s", death(second!.token));
  assert.equal((await app.send("GET", "/jobs?group=g")).json.jobs.length, 2);
  const shown = (await app.send("GET", "/groups/h")).json;
  assert.deepEqual([shown.state, shown.dead, shown.needed_by], ["failed", 1, [many.json.ids[1]]]);
  assert.deepEqual((await app.send("POST", "/groups/h/retry")).json, { retried: 1, held: 0 });
  assert.deepEqual((await app.send("POST", "/groups/h/cancel")).json, { cancelled: 1, requested: 0 });
  assert.equal((await app.send("GET", "/groups/h")).json.state, "cancelled");
  assert.equal((await app.send("DELETE", "/groups/h")).status, 409);
  await app.send("POST", "/bulk/delete", { filter: { group: "h" } });
  assert.deepEqual((await app.send("DELETE", "/groups/h")).json, { deleted: "h" });
  assert.equal((await app.send("GET", "/groups/h")).status, 404);
});

Deno.test("of very many groups that have not ended, the newest are told, and how many more there are", async () => {
  using app = await testApplication();
  await app.send("POST", "/bulk/enqueue", {
    jobs: Array.from({ length: 25 }, (_, n) => ({ command: "true", group: `g${10 + n}` })),
  });
  const status = (await app.send("GET", "/status")).json;
  assert.deepEqual([status.groups.length, status.groups[0].name, status.more_groups], [20, "g34", 5]);
  await app.send("POST", "/groups/g34/cancel");
  const left = (await app.send("GET", "/groups?state=open&limit=2")).json;
  assert.deepEqual(left.groups.map(({ name }: { name: string }) => name), ["g33", "g32"]);
});

Deno.test("what makes no sense of groups is refused, and nothing is stored", async () => {
  using app = await testApplication();
  for (
    const [path, body, detail] of [
      [
        "/jobs?max_failures=2",
        { command: "x" },
        'Cannot use max_failures without a group: say which in "group"',
      ],
      [
        "/jobs?max_failures=0",
        { command: "x", group: "g" },
        "Cannot use max_failures 0: it takes a whole number from 1 to 1000000",
      ],
      ["/jobs", { command: "x", after_group: ["g"] }, 'Cannot make a job wait for group "g": no such group'],
      ["/groups/g/seal", undefined, 'Cannot seal group "g": no such group'],
    ] as const
  ) {
    const answer = await app.send("POST", path, body);
    assert.ok(answer.status === 400 || answer.status === 404, String(answer.status));
    assert.equal(answer.json.detail, detail);
  }
  assert.deepEqual(await app.test.store.groups(), []);
});
