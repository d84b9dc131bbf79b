/**
 * @module
 * Whoever tells jobs how the one ended that they need is killed at any moment: others go on, and all come to the same.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import type { Home } from "../../src/system/home.ts";
import { claimOne, enqueue, exchangeOf, newSupervisor, T0 } from "../helpers/jobs.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { tempDir } from "../helpers/temp.ts";

/** As many processes as are started at the same time. */
const AT_ONCE = 4;

/** A dead job, those that are skipped for it, and for each of them one that is for that failure. */
async function prepare(store: Store, dependents: number): Promise<void> {
  await store.register(newSupervisor("s"));
  const after = Array.from({ length: dependents }, () => ({ after: [0] }));
  const forFailure = after.map((_, n) => ({ afterFailed: [n + 1] }));
  await enqueue(store, {}, ...after, ...forFailure);
  await claimOne(store, "s");
}

/** Has a process tell them that dies at a step. Returns whether it came to its end. */
async function tellUpTo(home: Home, address: string, last: number): Promise<boolean> {
  const teller = fileURLToPath(new URL("../helpers/killed_teller.ts", import.meta.url));
  const flags = ["run", "--no-prompt", "--quiet", "--no-check", "--allow-all"];
  const { signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, teller, home.dir, address, String(last)],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.equal(new TextDecoder().decode(stdout), signal === null ? "over\n" : "");
  return signal === null;
}

/** What is there once others have gone on. */
async function finish(store: Store, dependents: number): Promise<"settled" | "not settled"> {
  while (await store.recover());
  const { more } = await store.exchange(exchangeOf("s", { now: T0 + 1000 })) as { more?: boolean };
  assert.ok(!more);
  assert.deepEqual(await store.recount(), []);
  const { counts } = await store.summary(0);
  if (counts.processing === 1) {
    assert.equal(counts.blocked, 2 * dependents);
    return "not settled";
  }
  assert.deepEqual([counts.dead, counts.skipped, counts.pending], [1, dependents, dependents]);
  return "settled";
}

async function killAtAny(
  open: (home: Home) => Promise<{ store: Store; address: string } & Disposable>,
  dependents: number,
): Promise<void> {
  const killAt = async (last: number) => {
    using dir = tempDir();
    using opened = await open(dir.home);
    await prepare(opened.store, dependents);
    const over = await tellUpTo(dir.home, opened.address, last);
    return { over, was: await finish(opened.store, dependents) };
  };
  const outcomes: Awaited<ReturnType<typeof killAt>>[] = [];
  while (!outcomes.some(({ over }) => over)) {
    const steps = Array.from({ length: AT_ONCE }, (_, n) => outcomes.length + 1 + n);
    outcomes.push(...await Promise.all(steps.map(killAt)));
  }
  const killed = outcomes.filter(({ over }) => !over);
  assert.ok(killed.some(({ was }) => was === "not settled"), "some were killed before it was settled");
  assert.ok(killed.filter(({ was }) => was === "settled").length > 0, "some between that and the end");
}

Deno.test("whenever a process is killed that tells jobs how one ended, others go on", async () => {
  await killAtAny(async (home) => {
    const store = await openStore(home);
    return { store, address: "", [Symbol.dispose]: () => store.close() };
  }, 200);
});

const server = await postgresServer();

testWith(
  server,
  "PostgreSQL: whenever a process is killed that tells jobs how one ended, others go on",
  () => killAtAny(() => openedOn(server), 200),
);
