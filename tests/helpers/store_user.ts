/**
 * @module
 * A process that uses a store, for tests of many on one home:
 * `HOME enqueue N` stores N jobs one by one, `HOME bulk N` stores N at once, and
 * `HOME drain SUPERVISOR N` runs jobs until N of the store have completed. Whatever is thrown goes to stderr.
 */
import type { Settlement, Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { homeAt } from "../../src/system/home.ts";
import { exchangeOf, newJob, newSupervisor, settlement } from "./jobs.ts";

const [dir, verb, ...rest] = Deno.args;

try {
  const store = await openStore(homeAt(dir!));
  if (verb === "enqueue") await enqueue(store, Number(rest[0]));
  if (verb === "bulk") await store.enqueue(many(Number(rest[0])), { now: Date.now(), idFormat: "short" });
  if (verb === "drain") await drain(store, rest[0]!, Number(rest[1]));
  store.close();
} catch (error) {
  console.error(`${(error as Error).name}: ${(error as Error).message}`);
}

async function enqueue(store: Store, count: number): Promise<void> {
  for (const job of many(count)) await store.enqueue([job], { now: Date.now(), idFormat: "short" });
}

function* many(count: number) {
  for (let i = 0; i < count; i++) yield newJob();
}

async function drain(store: Store, supervisor: string, until: number): Promise<void> {
  await store.register(newSupervisor(supervisor, { leaseUntil: Date.now() + 3_600_000 }));
  let settlements: Settlement[] = [];
  while (true) {
    const now = Date.now();
    const free = ["w", "w", "w"];
    const { claimed, refused } = await store.exchange(exchangeOf(supervisor, { now, settlements, free }));
    if (refused.length > 0) throw new Error(`${refused.length} settlements were refused`);
    settlements = claimed.map(({ token }) => settlement(token, { finishedAt: now }));
    if (claimed.length > 0) continue;
    const [queue] = await store.queues();
    if (queue?.counts.completed === until) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await store.leave(supervisor);
}
