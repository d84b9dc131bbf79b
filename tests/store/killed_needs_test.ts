/**
 * @module
 * Whoever tells jobs how the one, or the group, ended that they need is killed at any moment: others go on, and all come to the same.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import type { Home } from "../../src/system/home.ts";
import { doneBeforeDeath } from "../helpers/dying_client.ts";
import { claimOne, exchangeOf, newJob, newSupervisor, T0 } from "../helpers/jobs.ts";
import { settleAndTell, tokenToSettle } from "../helpers/killed_teller.ts";
import { postgresServer, testWith } from "../helpers/postgres.ts";
import { openedOn } from "../helpers/postgres_store.ts";
import { tempDir } from "../helpers/temp.ts";

/** As many processes as are started at the same time. */
const AT_ONCE = 4;

/** What is to end: a job, or with that the group whose last open one it is. */
type Ending = "a job" | "a group";

/** A job that runs, those that are skipped should it fail, and for each of them one that is for that failure. */
async function prepare(store: Store, ending: Ending, dependents: number): Promise<void> {
  await store.register(newSupervisor("s"));
  const [first, needs] = ending === "a job" ? [{}, { after: [0] }] : [{ group: "g" }, { afterGroup: ["g"] }];
  const after = Array.from({ length: dependents }, () => needs);
  const forFailure = after.map((_, n) => ({ afterFailed: [n + 1] }));
  await store.enqueue([first, ...after, ...forFailure].map(newJob), {
    now: T0,
    idFormat: "short",
    joining: { seal: true },
  });
  await claimOne(store, "s");
}

/** Has a process tell them that dies at a step. Returns whether it came to its end. */
async function tellUpTo(home: Home, last: number): Promise<boolean> {
  const teller = fileURLToPath(new URL("../helpers/killed_teller.ts", import.meta.url));
  const flags = ["run", "--no-prompt", "--quiet", "--no-check", "--allow-all"];
  const { signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...flags, teller, home.dir, String(last)],
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  assert.equal(new TextDecoder().decode(stdout), signal === null ? "over\n" : "");
  return signal === null;
}

/** What is there once others have gone on. */
async function finish(
  store: Store,
  ending: Ending,
  dependents: number,
): Promise<"settled" | "not settled"> {
  while (await store.recover());
  const { more } = await store.exchange(exchangeOf("s", { now: T0 + 1000 })) as { more?: boolean };
  assert.ok(!more);
  assert.deepEqual(await store.recount(), []);
  const { counts } = await store.summary(0);
  const end = (await store.group("g"))?.end;
  assert.equal(end, ending === "a job" ? undefined : counts.processing === 1 ? "open" : "failed");
  if (counts.processing === 1) {
    assert.equal(counts.blocked, 2 * dependents);
    return "not settled";
  }
  assert.deepEqual([counts.dead, counts.skipped, counts.pending], [1, dependents, dependents]);
  return "settled";
}

/** A store of its own for each that is killed, and how to have it told up to a step. */
type Opened = { store: Store; tellUpTo(last: number): Promise<boolean> } & Disposable;

async function killAtAny(open: () => Promise<Opened>, ending: Ending, dependents: number): Promise<void> {
  const killAt = async (last: number) => {
    using opened = await open();
    await prepare(opened.store, ending, dependents);
    const over = await opened.tellUpTo(last);
    return { over, was: await finish(opened.store, ending, dependents) };
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

async function openHome(): Promise<Opened> {
  const dir = tempDir();
  const store = await openStore(dir.home);
  return {
    store,
    tellUpTo: (last) => tellUpTo(dir.home, last),
    [Symbol.dispose]() {
      store.close();
      dir[Symbol.dispose]();
    },
  };
}

const server = await postgresServer();

async function openServer(): Promise<Opened> {
  const dir = tempDir();
  const opened = await openedOn(server);
  const { store, address } = opened;
  return {
    store,
    tellUpTo: (last) => doneBeforeDeath({ address, home: dir.home, last }, tokenToSettle, settleAndTell),
    [Symbol.dispose]() {
      opened[Symbol.dispose]();
      dir[Symbol.dispose]();
    },
  };
}

for (const ending of ["a job", "a group"] as const) {
  const name = `whoever is killed while telling jobs how ${ending} ended, others go on`;
  Deno.test(name, () => killAtAny(openHome, ending, 80));
  testWith(server, `PostgreSQL: ${name}`, () => killAtAny(openServer, ending, 120));
}
