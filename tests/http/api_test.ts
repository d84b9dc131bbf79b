/**
 * @module
 * The HTTP API on a real server with real workers. The client holds every answer against the API's own document.
 */
import assert from "node:assert/strict";
import { prometheusText, whatToExpose } from "../../src/views/prometheus.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { ApiClient, startDashboard, TOKEN } from "../helpers/dashboard.ts";
import { handWorker } from "../helpers/hand_worker.ts";
import { enqueue } from "../helpers/jobs.ts";
import { until } from "../helpers/until.ts";
import { startWorker, testStore } from "../helpers/worker.ts";

/** A home with a server and a client. */
async function served(args: readonly string[] = []) {
  const test = await testStore();
  const server = await startDashboard(test.home, args);
  const api = await ApiClient.of(server);
  return {
    test,
    server,
    api,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      test[Symbol.dispose]();
    },
  };
}

Deno.test("what a job reads is said as text or in base64, shown by its size, and given back as it is", async () => {
  await using place = await served();
  const { api, server } = place;
  const made = await api.send("POST", "/jobs", { body: { command: "cat", stdin: "é" } });
  assert.deepEqual([made.status, made.json.stdin_size], [201, 2]);
  await api.send("POST", "/bulk/enqueue", {
    body: { jobs: [{ command: "cat", stdin_base64: "AP8=" }, { command: "true" }] },
  });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const raw = await fetch(`${server.url}api/v1/jobs/j2/stdin`, { headers });
  assert.deepEqual(new Uint8Array(await raw.arrayBuffer()), new Uint8Array([0, 255]));
  assert.equal(raw.headers.get("content-disposition"), "attachment");
  const none = await api.send("GET", "/jobs/j3/stdin");
  assert.deepEqual([none.status, none.json.detail], [404, 'Cannot show the stdin of job "j3": it has none']);
  const fixed = await api.send("PATCH", "/jobs/j1", { body: { stdin: "x" } });
  assert.equal(fixed.status, 400);
});

Deno.test("a job is enqueued, looked at, changed, held, cancelled, run again and removed", async () => {
  await using place = await served();
  const { api } = place;
  const made = await api.send("POST", "/jobs", {
    body: { command: "echo hi", priority: 3, env: { A: "b" } },
  });
  assert.deepEqual([made.status, made.json.id, made.json.state, made.json.priority], [
    201,
    "j1",
    "pending",
    3,
  ]);
  const seen = await api.send("GET", "/jobs/j1");
  assert.deepEqual([seen.json.waits_because, seen.json.history], [["no worker is running"], []]);
  const changed = await api.send("PATCH", "/jobs/j1", { body: { command: "echo ho", delay: "1h" } });
  assert.deepEqual([changed.json.command, changed.json.state], ["echo ho", "scheduled"]);
  for (
    const [action, state, held] of [["hold", "scheduled", true], ["release", "scheduled", false]] as const
  ) {
    assert.deepEqual((await api.send("POST", `/jobs/j1/${action}`)).json, { done: 1, passed_over: 0 });
    const { json } = await api.send("GET", "/jobs/j1");
    assert.deepEqual([json.state, json.held], [state, held]);
  }
  await api.send("POST", "/jobs/j1/cancel");
  assert.equal((await api.send("GET", "/jobs/j1")).json.state, "cancelled");
  await api.send("POST", "/jobs/j1/retry");
  assert.equal((await api.send("GET", "/jobs/j1")).json.state, "pending");
  assert.deepEqual((await api.send("DELETE", "/jobs/j1")).json, { deleted: 1 });
  const gone = await api.send("GET", "/jobs/j1");
  assert.deepEqual([gone.status, gone.json.detail], [404, 'Cannot show job "j1": no such job']);
});

Deno.test("what is asked for in bytes that are not UTF-8 is refused, not taken for something else", async () => {
  await using place = await served();
  const { api } = place;
  const refused = await api.send("GET", "/jobs?search=a%FFb");
  assert.deepEqual([refused.status, refused.json.detail], [
    400,
    'Cannot use search "a\ufffdb": it is not UTF-8',
  ]);
  assert.equal((await api.send("GET", "/jobs?search=%EF%BF%BD")).status, 200);
});

Deno.test("a key whose job is gone says so", async () => {
  await using place = await served();
  const { api } = place;
  const asked = { body: { command: "true" }, headers: { "idempotency-key": "once" } };
  assert.equal((await api.send("POST", "/jobs", asked)).json.id, "j1");
  await api.send("DELETE", "/jobs/j1");
  const again = await api.send("POST", "/jobs", asked);
  assert.deepEqual([again.status, again.json.detail], [
    410,
    'Cannot show job "j1": it was enqueued with the key "once", and is gone since',
  ]);
});

Deno.test("a held job that is to run again stays held, and the answer says so", async () => {
  await using place = await served();
  const { api, test } = place;
  const worker = await handWorker(test.store);
  await test.enqueue("false");
  await test.enqueue("false");
  for (let i = 0; i < 2; i++) {
    await (await worker.claim()).end({ outcome: "failed", state: "failed", runAt: Date.now() + 3_600_000 });
  }
  await api.send("POST", "/jobs/j1/hold");
  const printed = await queuectl(["retry", "j1"], { home: test.home });
  assert.equal(printed.stdout, "Queued 1 job again; held until released: j1\n");
  await api.send("POST", "/jobs/j2/hold");
  assert.deepEqual((await api.send("POST", "/jobs/j2/retry")).json, { done: 1, passed_over: 0, held: 1 });
});

Deno.test("many jobs are enqueued, or, when one is wrong, none", async () => {
  await using place = await served();
  const { api } = place;
  const wrong = await api.send("POST", "/bulk/enqueue", {
    body: { jobs: [{ command: "a" }, { comand: "b" }] },
  });
  assert.equal(wrong.status, 400);
  assert.equal(wrong.json.detail, 'In job 2 of 2: unknown field "comand", did you mean "command"?');
  assert.equal((await api.send("GET", "/bulk/count")).json.count, 0);
  const jobs = Array.from(
    { length: 500 },
    (_, n) => ({ command: `echo ${n}`, queue: n % 2 ? "odd" : "even" }),
  );
  const { json } = await api.send("POST", "/bulk/enqueue", { body: { jobs } });
  assert.equal(json.ids.length, 500);
  assert.deepEqual((await api.send("GET", "/bulk/count?queue=odd")).json, { count: 250, passed_over: 0 });
});

Deno.test("a request that is sent twice with the same key enqueues once", async () => {
  await using place = await served();
  const { api } = place;
  const headers = { "idempotency-key": "order-17" };
  const send = (body: unknown) => api.send("POST", "/jobs", { body, headers });
  const answers = await Promise.all(Array.from({ length: 5 }, () => send({ command: "true" })));
  assert.deepEqual(answers.map(({ status, json }) => [status, json.id]), Array(5).fill([201, "j1"]));
  const other = await send({ command: "false" });
  assert.deepEqual(
    [other.status, other.json.detail],
    [409, 'Cannot enqueue with the key "order-17": it was used for something else'],
  );
  assert.equal((await api.send("GET", "/bulk/count")).json.count, 1);
  const wrong = await api.send("POST", "/jobs", {
    body: { command: "x" },
    headers: { "idempotency-key": "a b" },
  });
  assert.equal(wrong.status, 400);
});

Deno.test("pages of jobs follow each other without a gap, filtered and sorted", async () => {
  await using place = await served();
  const { api } = place;
  const jobs = Array.from(
    { length: 25 },
    (_, n) => ({ command: `echo ${n}`, priority: n % 3, label: n < 5 ? "few" : "many" }),
  );
  await api.send("POST", "/bulk/enqueue", { body: { jobs } });
  for (const sort of ["newest", "oldest", "priority"]) {
    const ids: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = `sort=${sort}&limit=7${cursor && `&cursor=${cursor}`}`;
      const { json } = await api.send("GET", `/jobs?${query}`);
      ids.push(...json.jobs.map((job: { id: string }) => job.id));
      cursor = json.cursor;
    }
    assert.equal(new Set(ids).size, 25, sort);
  }
  assert.equal((await api.send("GET", "/jobs?label=few")).json.jobs.length, 5);
  assert.equal((await api.send("GET", "/jobs?search=echo%202")).json.jobs.length, 6);
  const [first] = (await api.send("GET", "/jobs?sort=oldest&limit=1")).json.jobs;
  assert.equal((await api.send("GET", `/jobs?until=${first.created_at}`)).json.jobs.length, 0);
  assert.equal((await api.send("GET", `/jobs?since=${first.created_at}`)).json.jobs.length, 25);
});

Deno.test("bulk actions by ids are all or nothing, by filter pass over what does not allow them", async () => {
  await using place = await served();
  const { api, test } = place;
  const jobs = Array.from({ length: 1200 }, () => ({ command: "true", queue: "many" }));
  const { json: { ids } } = await api.send("POST", "/bulk/enqueue", { body: { jobs } });
  await api.send("POST", `/jobs/${ids[0]}/cancel`);
  const refused = await api.send("POST", "/bulk/hold", { body: { ids: [ids[1], ids[0]] } });
  assert.deepEqual([refused.status, refused.json.detail], [
    409,
    `Cannot hold job "${ids[0]}": it is cancelled`,
  ]);
  assert.equal((await test.store.get(ids[1]))!.held, false);
  const held = await api.send("POST", "/bulk/hold", { body: { filter: { queue: "many" } } });
  assert.deepEqual(held.json, { done: 1199, passed_over: 1 });
  const deleted = await api.send("POST", "/bulk/delete", {
    body: { filter: { queue: "many", state: "pending" } },
  });
  assert.deepEqual(deleted.json, { done: 1199, passed_over: 0 });
  for (const body of [{}, { ids: ["j1"], filter: {} }, { ids: [] }, { filter: { states: "x" } }]) {
    assert.equal((await api.send("POST", "/bulk/delete", { body })).status, 400, JSON.stringify(body));
  }
});

Deno.test("what jobs print can be had as bytes and while they print", async () => {
  await using place = await served();
  const { api, test, server } = place;
  await using _worker = await startWorker(test.home);
  const go = test.dir.file("go");
  const id = await test.enqueue(
    `printf 'a\\377b'; echo oops >&2; until [ -e '${go}' ]; do sleep 0.1; done; echo end`,
  );
  await until("there is output", async () => (await api.send("GET", `/jobs/${id}/output`)).status === 200);
  const response = await fetch(`${server.url}api/v1/jobs/${id}/output/events`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  let said = "";
  const text = new TextDecoder();
  const reader = response.body!.getReader();
  const readUntil = async (what: string) => {
    while (!said.includes(what)) {
      const { done, value } = await reader.read();
      if (done) break;
      said += text.decode(value, { stream: true });
    }
  };
  await readUntil(btoa("oops\n"));
  Deno.writeTextFileSync(go, "");
  await readUntil("event: end");
  await reader.cancel();
  assert.match(
    said,
    new RegExp(`data: \\{"stream":"stdout","start":0,"base64":"${btoa("a\xffb")}","at":"20`),
  );
  assert.match(said, /event: end\ndata: \{"state":"completed"\}/);
  const raw = await fetch(`${server.url}api/v1/jobs/${id}/output?stream=stdout`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  assert.deepEqual([...new Uint8Array(await raw.arrayBuffer())], [
    97,
    255,
    98,
    ...new TextEncoder().encode("end\n"),
  ]);
  assert.equal(raw.headers.get("content-disposition"), "attachment");
  const stamped = await fetch(`${server.url}api/v1/jobs/${id}/output?stream=stderr&timestamps=true`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  assert.match(await stamped.text(), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z oops\n$/);
  assert.equal((await api.send("GET", `/jobs/${id}/output?attempt=2`)).status, 404);
});

Deno.test("queues are paused, limited, resumed and cleared", async () => {
  await using place = await served();
  const { api } = place;
  const made = await api.send("PATCH", "/queues/mail", { body: { paused: true, concurrency: 2 } });
  assert.deepEqual([made.json.paused, made.json.concurrency], [true, 2]);
  await api.send("POST", "/jobs", { body: { command: "true", queue: "mail" } });
  assert.deepEqual((await api.send("GET", "/jobs/j1")).json.waits_because[0], 'queue "mail" is paused');
  const changed = await api.send("PATCH", "/queues/mail", { body: { paused: false, concurrency: null } });
  assert.deepEqual([changed.json.paused, changed.json.concurrency], [false, null]);
  assert.deepEqual((await api.send("POST", "/queues/mail/clear")).json, { deleted: 1 });
  assert.equal((await api.send("GET", "/queues/nothing")).status, 404);
  assert.equal((await api.send("PATCH", "/queues/mail", { body: { concurrency: 0 } })).status, 400);
  await api.send("POST", "/jobs", { body: { command: "true", queue: "mail" } });
  const { json: { queues: [queue, ...others] } } = await api.send("GET", "/queues");
  assert.deepEqual(others, []);
  assert.equal(queue.oldest_pending_at, (await api.send("GET", "/jobs/j2")).json.created_at);
});

Deno.test("queues come by pages, and are deleted once they have no jobs", async () => {
  await using place = await served();
  const { api } = place;
  for (const queue of ["a", "b", "c"]) await api.send("POST", "/jobs", { body: { command: "true", queue } });
  const first = (await api.send("GET", "/queues?limit=2")).json;
  assert.deepEqual([first.queues.map((one: { name: string }) => one.name), first.cursor, first.of], [
    ["a", "b"],
    "b",
    3,
  ]);
  const second = (await api.send("GET", "/queues?limit=2&cursor=b")).json;
  assert.deepEqual([second.queues.map((one: { name: string }) => one.name), second.cursor], [["c"], null]);
  const work = (await api.send("GET", "/queues?limit=1&order=work")).json;
  assert.deepEqual([work.queues.map((one: { name: string }) => one.name), work.cursor, work.of], [
    ["a"],
    null,
    3,
  ]);
  const refused = await api.send("DELETE", "/queues/a");
  assert.deepEqual([refused.status, refused.json.detail], [
    409,
    'Cannot delete queue "a": it has 1 job; delete them first',
  ]);
  await api.send("DELETE", "/jobs/j1");
  assert.deepEqual((await api.send("DELETE", "/queues/a")).json, { deleted: "a" });
  assert.equal((await api.send("DELETE", "/queues/a")).status, 404);
  assert.equal((await api.send("GET", "/queues/a")).status, 404);
});

Deno.test("of very many queues, only some are told of at a glance, and the rest is counted", async () => {
  await using place = await served();
  const { api, test } = place;
  await enqueue(test.store, ...Array.from({ length: 300 }, (_, n) => ({ queue: `q${n}`, held: n !== 299 })));
  await enqueue(test.store, { queue: "q298" }, { queue: "q298" });
  const status = (await api.send("GET", "/status")).json;
  assert.deepEqual([status.counts.pending, status.queues.length, status.more_queues], [302, 50, 250]);
  assert.ok(
    ["q298", "q299"].every((name) => status.queues.some((one: { name: string }) => one.name === name)),
  );
  const metrics = (await api.send("GET", "/metrics")).json;
  assert.deepEqual([metrics.all_time.enqueued, metrics.queues.length, metrics.more_queues], [302, 50, 250]);
  const text = prometheusText(await whatToExpose(test.store, Date.now()));
  const of = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, queue, n]) => [queue, Number(n)] as const);
  const enqueued = of(/^queuectl_jobs_enqueued_total\{queue="(.*)"\} (\d+)$/gm);
  assert.equal(enqueued.length, 51);
  assert.equal(new Map(enqueued).get("q298"), 3);
  assert.equal(new Map(enqueued).get("(others)"), 302 - 3 - 49);
  const pending = of(/^queuectl_jobs\{queue="(.*)",state="pending"\} (\d+)$/gm);
  assert.equal(pending.reduce((sum, [, n]) => sum + n, 0), 302);
  assert.ok(text.length < 300_000, `${text.length} characters`);
});

Deno.test("dead jobs are grouped by what went wrong, and run again or removed", async () => {
  await using place = await served();
  const { api, test } = place;
  for (const size of [31, 32]) await test.enqueue(`echo "disk ${size} is full" >&2; exit 1`);
  await test.enqueue("exit 4");
  await using _worker = await startWorker(test.home);
  await until("they are dead", async () => (await api.send("GET", "/status")).json.counts.dead === 3);
  const { json } = await api.send("GET", "/dlq/groups");
  assert.deepEqual(
    json.groups.map((group: Record<string, unknown>) => [group.queue, group.died_of, group.count]),
    [["default", "disk N is full", 2], ["default", "exit code 4", 1]],
  );
  const filter = { state: "dead", queue: "default", died_of: "disk N is full" };
  assert.deepEqual((await api.send("POST", "/bulk/retry", { body: { filter } })).json, {
    done: 2,
    passed_over: 0,
  });
  await until("both are dead again", async () => (await api.send("GET", "/status")).json.counts.dead === 3);
  assert.equal((await api.send("GET", "/dlq/groups?queue=other")).json.total, 0);
  assert.equal((await api.send("GET", "/dlq/groups?queue=other&queue=default")).json.total, 3);
  assert.deepEqual((await api.send("POST", "/dlq/retry")).json, { retried: 3 });
  await until("they are dead again", async () => (await api.send("GET", "/status")).json.counts.dead === 3);
  assert.deepEqual((await api.send("POST", "/dlq/clear")).json, { deleted: 3 });
});

Deno.test("workers are listed with what they run, and stopped through the store", async () => {
  await using place = await served();
  const { api, test } = place;
  await using worker = await startWorker(test.home);
  const id = await test.enqueue("sleep 600");
  await test.reaches(id, "processing");
  const { json: { workers: [one] } } = await api.send("GET", "/workers");
  assert.deepEqual([one.state, one.running[0].id, one.pid], ["working", id, worker.pid]);
  assert.equal((await api.send("POST", "/workers/stop", { body: { id: "worker-nobody" } })).status, 404);
  const wrong = await api.send("POST", "/workers/stop", { body: { leave: true, timeout: 1 } });
  assert.equal(wrong.json.detail, "Cannot use leave with timeout: jobs that are left are not ended");
  assert.deepEqual((await api.send("POST", "/workers/stop", { body: { timeout: 0 } })).json, {
    stopping: [one.id],
  });
  assert.equal(await worker.ended, 0);
  assert.equal((await api.send("GET", `/jobs/${id}`)).json.state, "pending");
});

Deno.test("the log of a background worker is read, and nothing else", async () => {
  await using place = await served();
  const { api, test } = place;
  const { stdout } = await queuectl(["worker", "start", "--detach", "--json"], { home: test.home });
  const { workers: [worker] } = JSON.parse(stdout);
  const { text } = await until("it has written a line", async () => {
    const answer = await api.send("GET", `/workers/${worker}/log?lines=1`);
    return answer.status === 200 && answer.text !== "" ? answer : undefined;
  });
  assert.match(text, /started\n$/);
  await queuectl(["worker", "stop", "--wait"], { home: test.home });
  for (const id of ["worker-abc234", "..", "supervisors", "..%2f..%2fqueue.db"]) {
    const { status } = await api.send("GET", `/workers/${encodeURIComponent(id)}/log`);
    assert.equal(status, 404, id);
  }
});

Deno.test("settings are read and changed, all or none", async () => {
  await using place = await served();
  const { api } = place;
  const changed = await api.send("PATCH", "/settings", { body: { max_retries: 7, timeout: "90s" } });
  const valueOf = (key: string) =>
    changed.json.settings.find((one: { key: string }) => one.key === key).value;
  assert.deepEqual([valueOf("max_retries"), valueOf("timeout")], [7, 90]);
  const wrong = await api.send("PATCH", "/settings", { body: { max_retries: 1, backoff_base: -1 } });
  assert.equal(wrong.status, 400);
  const { json } = await api.send("GET", "/settings");
  assert.equal(json.settings.find((one: { key: string }) => one.key === "max_retries").value, 7);
  const reset = await api.send("PATCH", "/settings", { body: { max_retries: null } });
  assert.equal(reset.json.settings.find((one: { key: string }) => one.key === "max_retries").set, false);
});

Deno.test("figures: totals, courses over time, and Prometheus' format", async () => {
  await using place = await served();
  const { api, test, server } = place;
  await using _worker = await startWorker(test.home);
  await test.reaches(await test.enqueue("true"), "completed");
  assert.equal((await api.send("GET", "/metrics")).json.all_time.completed, 1);
  for (const [range, points] of [["hour", 60], ["day", 24], ["week", 168]] as const) {
    const { json } = await api.send("GET", `/metrics/series?range=${range}`);
    assert.equal(json.points.length, points);
    const sum = json.points.reduce((sum: number, point: { completed: number }) => sum + point.completed, 0);
    assert.equal(sum, 1, range);
  }
  const response = await fetch(`${server.url}metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  assert.match(await response.text(), /^queuectl_jobs\{queue="default",state="completed"\} 1$/m);
  const { json: store } = await api.send("GET", "/store");
  assert.match(store.engine, /^SQLite 3/);
  assert.equal(store.free, null, "without the permission for it, nobody knows");
  for (const path of ["healthz", "readyz"]) {
    assert.equal(await (await fetch(server.url + path)).text(), "ok\n");
  }
});

Deno.test("changes are told as they happen, and a client that comes again misses none", async () => {
  await using place = await served();
  const { server, test } = place;
  const listen = async (headers: Record<string, string>) => {
    const response = await fetch(`${server.url}api/v1/events`, {
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    });
    return response.body!.pipeThrough(new TextDecoderStream()).getReader();
  };
  const first = await listen({});
  let said = "";
  const hear = async (reader: ReadableStreamDefaultReader<string>, what: RegExp) => {
    while (!what.test(said)) {
      const { done, value } = await reader.read();
      assert.ok(!done, said);
      said += value;
    }
  };
  await hear(first, /event: status\ndata: \{"counts":\{[^}]*"pending":0/);
  await test.enqueue("true");
  await hear(first, /event: status\ndata: \{"counts":\{[^}]*"pending":1/);
  const id = /.*id: (\d+)/s.exec(said)![1]!;
  await first.cancel();
  await test.enqueue("true");
  said = "";
  const second = await listen({ "last-event-id": id });
  await hear(second, /"pending":2/);
  await second.cancel();
});

Deno.test("a server that shall stop ends its streams, also of what still prints", async () => {
  await using place = await served();
  const { api, test, server } = place;
  await using _worker = await startWorker(test.home);
  const id = await test.enqueue("echo begun; sleep 600");
  await until("there is output", async () => (await api.send("GET", `/jobs/${id}/output`)).status === 200);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const readers = await Promise.all(
    ["events", `jobs/${id}/output/events`].map(async (path) => {
      const response = await fetch(`${server.url}api/v1/${path}`, { headers });
      const reader = response.body!.getReader();
      await reader.read();
      return reader;
    }),
  );
  using unfinished = await Deno.connect({ port: Number(new URL(server.url).port) });
  await unfinished.write(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
  let stopped = false;
  server.ended.then(() => stopped = true);
  server.signal("SIGTERM");
  await until("the server has stopped", () => stopped, 30_000);
  for (const reader of readers) while (!(await reader.read()).done);
});
