/**
 * @module
 * Calls to a store as data, so that another process can make them, with the answers they must get. Jobs are
 * named by their ids: only who makes the calls knows the tokens of what runs, and can look them up again.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type NewJob, WAITING } from "../../src/domain/job.ts";
import type { JobChanges, QueueSwitches, Settlement, Store } from "../../src/store/contract.ts";
import type { Home } from "../../src/system/home.ts";
import { changeAll } from "../../src/views/change_all.ts";
import { claim, exchangeOf, newSupervisor, prune, settlement } from "./jobs.ts";

/** One call. `ids`, `can`, `refused` and `count` are what must come of it; `now` is in ms since the epoch. */
export type Call =
  | { call: "enqueue"; jobs: NewJob[]; now: number; ids: string[] }
  | { call: "register" | "leave"; supervisor: string }
  | { call: "claim"; supervisor: string; take: number; now: number; ids: string[] }
  | { call: "print"; supervisor: string; id: string; now: number; start: number; size: number }
  | { call: "settle"; supervisor: string; id: string; now: number; how: Partial<Settlement> }
  | { call: "cancel" | "retry" | "delete"; id: string; now: number; can: boolean }
  | { call: "hold"; id: string; held: boolean; can: boolean }
  | { call: "edit"; id: string; changes: JobChanges; now: number; can: boolean }
  | { call: "setQueue"; queue: string; switches: Partial<QueueSwitches> }
  | { call: "clear"; queue: string; count: number }
  | { call: "retryDead"; now: number; count: number }
  | { call: "deleteDead"; count: number }
  | { call: "prune"; before: number; count: number };

/** The tokens of running attempts, by the ids of their jobs. */
export type Tokens = Map<string, string>;

/** Looks the tokens up behind the store's back, as it tells them only to who claims. */
export function tokensIn(home: Home): Tokens {
  const db = new DatabaseSync(home.database, { readOnly: true });
  const rows = db.prepare(
    `SELECT coalesce(j.name, 'j' || j.seq) AS id, a.token
     FROM attempts a JOIN jobs j ON j.seq = a.job WHERE a.finished_at IS NULL`,
  ).all() as { id: string; token: string }[];
  db.close();
  return new Map(rows.map(({ id, token }) => [id, token]));
}

/** Makes a call, and throws when it gets another answer than it must. Keeps `tokens` up to date. */
export async function make(store: Store, call: Call, tokens: Tokens): Promise<void> {
  switch (call.call) {
    case "enqueue":
      return assert.deepEqual(await store.enqueue(call.jobs, { now: call.now, idFormat: "short" }), call.ids);
    case "register":
      return await store.register(newSupervisor(call.supervisor));
    case "leave":
      return await store.leave(call.supervisor);
    case "claim": {
      const claimed = await claim(store, call.supervisor, { count: call.take, now: call.now });
      assert.deepEqual(claimed.map(({ id }) => id), call.ids, "claimed in order");
      for (const { id, token } of claimed) tokens.set(id, token);
      return;
    }
    case "print": {
      const token = tokens.get(call.id)!;
      const bytes = new Uint8Array(call.size).fill(call.start);
      const output = [{ token, pieces: [{ stream: "stdout" as const, start: call.start, bytes }] }];
      const { refused } = await store.exchange(exchangeOf(call.supervisor, { now: call.now, output }));
      return assert.deepEqual(refused, []);
    }
    case "settle": {
      const token = tokens.get(call.id)!;
      const said = settlement(token, call.how);
      const settlements = [said, said];
      const { refused } = await store.exchange(exchangeOf(call.supervisor, { now: call.now, settlements }));
      // the second of two equal settlements always comes too late, and one by somebody else is never taken
      return assert.deepEqual(refused, [token]);
    }
    case "cancel":
      return await allowed(call.can, store.cancel([call.id], call.now));
    case "retry":
      return await allowed(call.can, store.retry([call.id], { now: call.now }));
    case "delete":
      return await allowed(call.can, store.delete([call.id]));
    case "hold":
      return await allowed(call.can, store.hold([call.id], call.held));
    case "edit":
      return await allowed(call.can, store.edit(call.id, call.changes, call.now));
    case "setQueue":
      return await store.setQueue(call.queue, call.switches);
    case "clear":
      return assert.equal(await toAll(store, call), call.count, "cleared");
    case "retryDead":
      return assert.equal(await toAll(store, call), call.count, "retried");
    case "deleteDead":
      return assert.equal(await toAll(store, call), call.count, "deleted");
    case "prune":
      return assert.equal(await prune(store, call.before), call.count, "pruned");
  }
}

/**
 * Makes a call again that somebody who died had made, if it is one that goes in turns: some of it may have been done.
 * Returns whether it is.
 */
export async function finishTurns(store: Store, call: Call): Promise<boolean> {
  switch (call.call) {
    case "clear":
    case "retryDead":
    case "deleteDead":
      await toAll(store, call);
      return true;
    case "prune":
      await prune(store, call.before);
      return true;
    default:
      return false;
  }
}

/** What is done to all jobs of some kind. Returns to how many. */
async function toAll(
  store: Store,
  call: Extract<Call, { call: "clear" | "retryDead" | "deleteDead" }>,
): Promise<number> {
  const selected = call.call === "clear"
    ? { which: { queue: call.queue }, wish: { verb: "delete", only: WAITING } } as const
    : { which: { state: "dead" }, wish: { verb: call.call === "retryDead" ? "retry" : "delete" } } as const;
  return (await changeAll(store, selected, { now: call.call === "retryDead" ? call.now : 0 })).done;
}

async function allowed(can: boolean, done: Promise<unknown>): Promise<void> {
  if (can) await done;
  else await assert.rejects(done, { name: "Refused" });
}
