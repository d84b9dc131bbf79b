/**
 * @module
 * What a supervisor brings to the store: nothing is lost when the store refuses, and what one attempt brings keeps
 * nobody else's from being stored. The store is made up.
 */
import assert from "node:assert/strict";
import { StoreBusy, StoreFull } from "../../src/domain/errors.ts";
import type { ClaimedJob, Exchange, Exchanged, OutputPiece } from "../../src/store/contract.ts";
import { Outbox, type Settling } from "../../src/worker/supervisor/outbox.ts";
import { settlementOf } from "../../src/worker/supervisor/settlement.ts";
import { settingsFrom } from "../../src/domain/settings.ts";
import { FakeClock } from "../helpers/fake_clock.ts";

/** A store that takes what `takes` lets through, and remembers it. */
function fakeStore(takes: (wanted: Exchange) => Partial<Exchanged> | void = () => {}) {
  const taken: Exchange[] = [];
  return {
    taken,
    exchange(wanted: Exchange): Promise<Exchanged> {
      const answer = { claimed: [], refused: [], waiting: false, nextDueAt: null, ...takes(wanted) };
      taken.push(wanted);
      return Promise.resolve(answer);
    },
  };
}

function outboxWith(store: ReturnType<typeof fakeStore>, said: string[] = []): Outbox {
  return new Outbox({
    id: "supervisor-aaaaaa",
    store,
    clock: new FakeClock(),
    mostSettlements: 50,
    say: (what, problem) => said.push(`${what}: ${(problem as Error).message}`),
  });
}

/** How an attempt of a job named like its token ended. */
function ended(token: string): Settling {
  const job = { id: token, token, attempts: 1, maxRetries: 0, worker: "worker-aaaaaa" } as ClaimedJob;
  const ending = { outcome: "completed", exitCode: 0, signal: null, error: null } as const;
  const settlement = settlementOf(job, { ...ending, startedAt: 1, finishedAt: 2 }, {
    settings: settingsFrom(new Map()),
    random: 0,
    now: 3,
  });
  return { job, settlement, witnessed: true, trimmed: false, spoke: false, barred: false };
}

function printed(size: number): OutputPiece[] {
  return [{ stream: "stdout", start: 0, bytes: new Uint8Array(size) }];
}

const NOTHING = { free: [], ahead: 0, queues: null };
const tokens = (wanted: Exchange) => wanted.settlements.map(({ token }) => token);

Deno.test("what has ended and what was printed go together, once", async () => {
  const store = fakeStore(() => ({ refused: ["b"] }));
  const outbox = outboxWith(store);
  outbox.print("a", printed(3));
  outbox.settle(ended("a"));
  outbox.settle(ended("b"));
  const { stored } = await outbox.exchange(NOTHING);
  assert.deepEqual(stored.map(({ job, refused }) => [job.id, refused]), [["a", false], [
    "b",
    true,
  ]]);
  assert.ok(outbox.isEmpty);
  await outbox.exchange(NOTHING);
  assert.deepEqual(store.taken.map((one) => [tokens(one), one.output.length]), [[["a", "b"], 1], [[], 0]]);
});

Deno.test("a store that cannot be used gets the same again, before what came meanwhile", async () => {
  let busy = true;
  const store = fakeStore(() => {
    if (!busy) return;
    outbox.settle(ended("b"));
    throw new StoreBusy("Cannot write: somebody else does");
  });
  const outbox = outboxWith(store);
  outbox.print("a", printed(3));
  outbox.say({ token: "a", note: "begins", checkpoint: null });
  outbox.settle(ended("a"));
  const { failure, stored, exchanged } = await outbox.exchange(NOTHING);
  assert.deepEqual([failure?.name, stored, exchanged], ["StoreBusy", [], undefined]);
  assert.ok(outbox.isSettling && outbox.hasOutput);
  outbox.say({ token: "a", note: "nearly done" });
  busy = false;
  await outbox.exchange(NOTHING);
  assert.deepEqual(store.taken.map((one) => [tokens(one), one.output.length]), [[["a", "b"], 1]]);
  assert.deepEqual(store.taken[0]!.said, [{ token: "a", note: "nearly done", checkpoint: null }]);
});

Deno.test("on a full disk the settlement that needs the least room goes alone, until there is room again", async () => {
  let room = 0;
  const store = fakeStore(({ settlements, output }) => {
    const size = output.flatMap(({ pieces }) => pieces).reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (size > room) throw new StoreFull("Cannot write: the disk is full");
    if (settlements.length > 0) room += 100; // its spool goes
  });
  const outbox = outboxWith(store);
  const sizes = { large: 150, small: 0, medium: 80 };
  for (const [token, size] of Object.entries(sizes)) {
    outbox.print(token, printed(size));
    outbox.settle(ended(token));
  }
  assert.equal((await outbox.exchange(NOTHING)).failure?.name, "StoreFull");
  for (let i = 0; i < 3; i++) assert.equal((await outbox.exchange(NOTHING)).failure, undefined);
  assert.deepEqual(store.taken.map(tokens), [["small"], ["medium"], ["large"]]);
  outbox.settle(ended("x"));
  outbox.settle(ended("y"));
  await outbox.exchange(NOTHING);
  assert.deepEqual(tokens(store.taken.at(-1)!), ["x", "y"], "there is room, so all go at once again");
});

Deno.test("one that cannot be stored is settled as dead, and all others as they are", async () => {
  const store = fakeStore(({ settlements }) => {
    if (settlements.some(({ token, state }) => token === "bad" && state !== "dead")) {
      throw new TypeError("no such number");
    }
  });
  const said: string[] = [];
  const outbox = outboxWith(store, said);
  for (const token of ["a", "bad", "b"]) outbox.settle(ended(token));
  outbox.print("running", printed(3));
  const { stored, exchanged } = await outbox.exchange({ free: ["worker-aaaaaa"], ahead: 0, queues: null });
  assert.equal(exchanged, undefined, "nothing is claimed by the way");
  assert.deepEqual(stored.map(({ settlement: { token, state } }) => [token, state]), [
    ["a", "completed"],
    ["bad", "dead"],
    ["b", "completed"],
  ]);
  assert.deepEqual(said, ["the end of bad: no such number"]);
  assert.ok(outbox.isEmpty);
  assert.equal(store.taken.flatMap(({ output }) => output).length, 1);
});

Deno.test("a store that fails on the way through them one by one gets the rest the next time", async () => {
  let calls = 0;
  const store = fakeStore(({ settlements }) => {
    calls += 1;
    if (settlements.length > 1) throw new TypeError("no such number");
    if (calls === 3) throw new StoreBusy("Cannot write: somebody else does");
  });
  const outbox = outboxWith(store);
  for (const token of ["a", "b", "c"]) outbox.settle(ended(token));
  const { stored, failure } = await outbox.exchange(NOTHING);
  assert.deepEqual([stored.map(({ job }) => job.id), failure?.name], [["a"], "StoreBusy"]);
  const rest = await outbox.exchange(NOTHING);
  assert.deepEqual(rest.stored.map(({ job }) => job.id).sort(), ["b", "c"]);
  assert.ok(outbox.isEmpty);
});

Deno.test("a defect that lies in nothing that is brought is thrown", async () => {
  const outbox = outboxWith(fakeStore(() => {
    throw new TypeError("a defect");
  }));
  await assert.rejects(outbox.exchange(NOTHING), /a defect/);
});

Deno.test("much output goes half a MiB at a time, and the end of an attempt after all that it printed", async () => {
  const store = fakeStore();
  const outbox = outboxWith(store);
  for (const token of ["a", "b", "c"]) {
    outbox.print(token, printed(400 * 1024));
    outbox.settle(ended(token));
  }
  while (!outbox.isEmpty) await outbox.exchange(NOTHING);
  assert.deepEqual(
    store.taken.map((one) => [tokens(one), one.output.map(({ token }) => token)]),
    [[["a", "b"], ["a", "b"]], [["c"], ["c"]]],
  );
});

Deno.test("however many attempts end together, they are settled fifty at a time, in their order", async () => {
  const store = fakeStore();
  const outbox = outboxWith(store);
  const all = Array.from({ length: 120 }, (_, n) => `attempt-${n}`);
  for (const token of all) outbox.settle(ended(token));
  while (!outbox.isEmpty) await outbox.exchange(NOTHING);
  assert.deepEqual(store.taken.map((one) => one.settlements.length), [50, 50, 20]);
  assert.deepEqual(store.taken.flatMap(tokens), all);
});
