/**
 * @module
 * Ids, requests, leases, queues at a glance, what is kept for how long, and what an exchange comes to.
 */
import assert from "node:assert/strict";
import { Refused } from "../../../src/domain/errors.ts";
import { ID_PATTERN } from "../../../src/domain/fields.ts";
import type { WorkerInfo } from "../../../src/store/contract.ts";
import { idOf, readyAt, seqOf, waitingState } from "../../../src/store/rules/jobs.ts";
import { divide, idsGivenBefore, nameOf, rememberedSince } from "../../../src/store/rules/new_jobs.ts";
import { answerTo } from "../../../src/store/rules/exchanging.ts";
import { mayBeGone, withPresence } from "../../../src/store/rules/leases.ts";
import { queueInfo, worthShowing } from "../../../src/store/rules/queue_infos.ts";
import { Forgetting, oldFigures } from "../../../src/store/rules/retention.ts";
import { exchangeOf, newJob } from "../../helpers/jobs.ts";

Deno.test("an id leads to a number or a name, never to both", () => {
  for (const seq of [1, 42, 999_999_999_999_999]) assert.equal(seqOf(idOf({ seq, name: null })), seq);
  for (const name of ["j", "j0", "j01", "J1", "j1x", "x", `j${"9".repeat(16)}`]) {
    assert.equal(seqOf(name), undefined);
    assert.equal(idOf({ seq: 1, name }), name);
  }
  assert.doesNotMatch("j42", ID_PATTERN);
});

Deno.test("a job that brings no id gets its number, or chance gives it a name", () => {
  assert.equal(nameOf({ id: "mine" }, { idFormat: "uuid" }), "mine");
  assert.equal(nameOf({ id: null }, { idFormat: "short" }), null);
  assert.match(nameOf({ id: null }, { idFormat: "uuid" })!, /^[\da-f-]{36}$/);
});

Deno.test("a request gets what it got before, for a day, and its key is for no other", () => {
  const request = { key: "k", fingerprint: "f" };
  assert.equal(idsGivenBefore(request, undefined), undefined);
  assert.deepEqual(idsGivenBefore(request, { fingerprint: "f", ids: ["a"] }), ["a"]);
  assert.throws(() => idsGivenBefore(request, { fingerprint: "g", ids: [] }), {
    constructor: Refused,
    message: 'Cannot enqueue with the key "k": it was used for something else',
  });
  assert.equal(rememberedSince({ now: 86_400_001 }), 1);
});

Deno.test("a job with a time in the future is scheduled, and could be claimed from its time on", () => {
  assert.deepEqual([null, 99, 100, 101].map((runAt) => waitingState(runAt, 100)), [
    "pending",
    "pending",
    "pending",
    "scheduled",
  ]);
  assert.deepEqual([null, 99, 101].map((runAt) => readyAt({ createdAt: 100, runAt })), [100, 100, 101]);
});

Deno.test("the lease of a worker ends with its supervisor, unless that has left or is not known to be gone", () => {
  const workers = [["w1", "s1", 900], ["w2", "s2", 900], ["w3", "s3", 0]].map((
    [id, supervisor, leaseUntil],
  ) => ({ id, supervisor, leaseUntil }) as WorkerInfo);
  assert.deepEqual([...mayBeGone(workers)], ["s1", "s2"]);
  const told = withPresence(workers, new Map([["s1", false], ["s2", true]]));
  assert.deepEqual(told.map(({ leaseUntil, present }) => [leaseUntil, present]), [
    [1, false],
    [900, true],
    [0, undefined],
  ]);
  assert.deepEqual(withPresence(workers, new Map()), workers);
});

const NOTHING_SET = {
  ...{ paused: null, concurrency: null, retentionMs: null, retentionDeadMs: null },
  ...{ fair: null, agingMs: null, takes: null, rate: null, perLabel: null },
};

Deno.test("a queue of which nothing was set runs without a limit, and states without jobs have none", () => {
  const { paused, concurrency, counts } = queueInfo("q", undefined, [{ state: "dead", n: 3 }]);
  assert.deepEqual([paused, concurrency, counts.dead, counts.pending], [false, null, 3, 0]);
  assert.equal(queueInfo("q", { ...NOTHING_SET, concurrency: 2 }, []).concurrency, 2);
});

Deno.test("of many queues those that are most worth showing are shown, each once and by name", () => {
  assert.deepEqual(worthShowing(3, ["z", "m", "z", "a", "b"]), ["a", "m", "z"]);
  assert.deepEqual(worthShowing(0, ["a"]), []);
});

Deno.test("it is looked for what is old once a minute, at once while there is more, and when the clock was set back", () => {
  const forgetting = new Forgetting();
  assert.ok(forgetting.isDue(1_000_000));
  forgetting.looked(1_000_000, false);
  assert.deepEqual([1_000_000, 1_059_999, 1_060_000, 999_999].map((now) => forgetting.isDue(now)), [
    false,
    false,
    true,
    true,
  ]);
  forgetting.looked(1_060_000, true);
  assert.ok(forgetting.isDue(1_060_001));
});

Deno.test("figures of single queues go long before those of all queues", () => {
  for (const { overallBefore, ofQueuesBefore } of oldFigures(0)) assert.ok(overallBefore < ofQueuesBefore);
});

const done = { claimed: [], more: false, refused: [], woken: 0, dueAt: null, anyWaits: false };
const output = [{ token: "a", pieces: [] }, { token: "b", pieces: [] }];

Deno.test("an exchange of which everything was refused has changed nothing", () => {
  const wanted = exchangeOf("s", { output });
  const { exchanged, changed } = answerTo(wanted, { ...done, refused: ["a", "b"] });
  assert.deepEqual([exchanged.refused, changed], [["a", "b"], false]);
  assert.equal(answerTo(wanted, { ...done, refused: ["a"] }).changed, true);
});

Deno.test("who may find more comes again at once, else when the next job is due", () => {
  const wanted = exchangeOf("s", { now: 100 });
  assert.equal(answerTo(wanted, { ...done, dueAt: 900 }).exchanged.nextDueAt, 900);
  assert.equal(answerTo(wanted, { ...done, dueAt: 900, more: true }).exchanged.nextDueAt, 100);
  assert.equal(answerTo(wanted, { ...done, more: true }).exchanged.nextDueAt, 100);
  assert.equal(answerTo(wanted, done).exchanged.nextDueAt, null);
});

Deno.test("of few jobs all are taken at once, of very many only what it takes to know", () => {
  let taken = 0;
  function* jobs(count: number, command = "true") {
    for (let n = 0; n < count; n++) {
      taken += 1;
      yield newJob({ command });
    }
  }
  const few = divide(jobs(1000));
  assert.deepEqual([few.many, [...few.jobs].length], [false, 1000]);
  taken = 0;
  const many = divide(jobs(5000));
  assert.deepEqual([many.many, taken], [true, 1001]);
  assert.deepEqual([[...many.jobs].length, taken], [5000, 5000]);
  assert.equal(divide(jobs(3, "x".repeat(1024 * 1024))).many, true);
});
