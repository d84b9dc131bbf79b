/**
 * @module
 * Whoever fires what is due at a time. As a process, it does so in the store of a home, and kills itself on the way:
 * `HOME NOW N` dies, as of `kill -9`, before its N-th statement that writes. One that comes to its end prints "over".
 */
import { settingsFrom } from "../../src/domain/settings.ts";
import type { Firing, Store } from "../../src/store/contract.ts";
import { firingsOf } from "../../src/worker/supervisor/firings.ts";
import { openDyingStore } from "./dying_store.ts";

/** What it looks up before it begins. */
export async function firingsAt(store: Store, now: number): Promise<readonly Firing[]> {
  return firingsOf(await store.dueSchedules(now, 50), settingsFrom(new Map())).firings;
}

/** What it may die in. */
export async function fireAt(store: Store, firings: readonly Firing[], now: number): Promise<void> {
  await store.fire(firings, { now, idFormat: "short" });
}

if (import.meta.main) {
  const [dir, at, last] = Deno.args;
  const now = Number(at);
  const { store, begin } = await openDyingStore({ dir: dir!, last: Number(last), isStep: () => true });
  const firings = await firingsAt(store, now);
  begin();
  await fireAt(store, firings, now);
  store.close();
  console.log("over");
}
