/**
 * @module
 * Whoever settles the one running attempt of supervisor `s` and tells those that need its job. As a process, it does so in
 * the store of a home, and kills itself on the way: `HOME N` dies, as of `kill -9`, before its N-th statement that begins or
 * ends a transaction. One that comes to its end prints "over".
 */
import type { Store } from "../../src/store/contract.ts";
import { openDyingStore } from "./dying_store.ts";
import { death, settle } from "./jobs.ts";

/** What it looks up before it begins. */
export async function tokenToSettle(store: Store): Promise<string> {
  const [running] = await store.running("s");
  return running!.job.token;
}

/** What it may die in. */
export async function settleAndTell(store: Store, token: string): Promise<void> {
  await settle(store, "s", death(token));
  while (await store.recover());
}

if (import.meta.main) {
  const [dir, last] = Deno.args;
  const isStep = (sql: string) => sql === "BEGIN IMMEDIATE" || sql === "COMMIT";
  const { store, begin } = await openDyingStore({ dir: dir!, last: Number(last), isStep });
  const token = await tokenToSettle(store);
  begin();
  await settleAndTell(store, token);
  store.close();
  console.log("over");
}
