/**
 * @module
 * A home that has been used: jobs in all states, attempts, output, queues, settings, a worker. Made once, and copied
 * for whoever wants to damage it.
 */
import { openStore } from "../../src/store/open.ts";
import type { Home } from "../../src/system/home.ts";
import { death, enqueue, exchangeOf, failure, newSupervisor, settlement, T0 } from "./jobs.ts";
import { tempDir } from "./temp.ts";

/** How many jobs there are; the first 600 have run. */
export const JOBS = 3000;
/** How many have run. */
export const RAN = 600;

let made: Uint8Array | undefined;

/** Makes the home `home` a used one. Its database is one file, without a log. */
export async function makeUsedHome(home: Home): Promise<void> {
  made ??= await make();
  Deno.mkdirSync(home.dir, { mode: 0o700 });
  Deno.writeFileSync(home.database, made, { mode: 0o600 });
  Deno.writeFileSync(home.doorbell, new Uint8Array(), { mode: 0o600 });
}

async function make(): Promise<Uint8Array> {
  using dir = tempDir();
  const store = await openStore(dir.home);
  const jobs = Array.from({ length: JOBS }, (_, n) => ({
    command: `echo ${n} ${"x".repeat(n % 300)}`,
    id: n % 10 === 0 ? `named-${n}` : null,
    queue: n % 7 === 0 ? "mail" : "default",
  }));
  await enqueue(store, ...jobs);
  await store.changeSettings(new Map([["max_retries", "7"]]));
  await store.setQueue("mail", { concurrency: 1000 });
  await store.enqueue([], { now: T0, idFormat: "short", request: { key: "k", fingerprint: "f" } });
  await store.register(newSupervisor("s"));
  const free = Array.from({ length: RAN }, () => "s-worker");
  const { claimed } = await store.exchange(exchangeOf("s", { free }));
  const bytes = new TextEncoder().encode("printed\n".repeat(30));
  await store.exchange(exchangeOf("s", {
    output: claimed.map(({ token }) => ({ token, pieces: [{ stream: "stdout", start: 0, bytes }] })),
    settlements: claimed.slice(5).map(({ token }, n) => [settlement, failure, death][n % 3]!(token)),
    now: T0 + 1000,
  }));
  store.close();
  return Deno.readFileSync(dir.home.database);
}
