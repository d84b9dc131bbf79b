/**
 * @module
 * Copying everything from one store to another: nothing is missing, whatever breaks it off; nothing is overwritten.
 */
import assert from "node:assert/strict";
import type { Store } from "../../src/store/contract.ts";
import { type Copied, copyStore } from "../../src/store/copy.ts";
import { read } from "../../src/store/meant.ts";
import { openStore } from "../../src/store/open.ts";
import { COPIED, NOT_COPIED } from "../../src/store/rules/copied.ts";
import { systemClock } from "../../src/system/clock.ts";
import type { Home } from "../../src/system/home.ts";
import {
  death,
  enqueue,
  exchangeOf,
  failure,
  newJob,
  newSupervisor,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { newAddress, postgresServer, testWith } from "../helpers/postgres.ts";
import { tamper } from "../helpers/tamper.ts";
import { addSchedules } from "../helpers/schedules.ts";
import { tempDir } from "../helpers/temp.ts";

const server = await postgresServer();

/** A store by the home and what names it. */
interface Place {
  home: Home;
  said: string;
}

const meantBy = (said: string) => ({ ...read(said), by: "option" as const });

function open({ home, said }: Place): Promise<Store> {
  return openStore(home, { meant: meantBy(said) });
}

function copy(from: Place, to: Place, options: { anew?: boolean; breakAt?: number } = {}): Promise<Copied> {
  // a local store is that of the home
  const home = from.said === "local" ? from.home : to.home;
  let steps = 0;
  return copyStore({
    home,
    from: meantBy(from.said),
    to: meantBy(to.said),
    clock: systemClock,
    anew: options.anew ?? false,
    onProgress() {
      if (++steps === options.breakAt) throw new Error("broken off");
    },
  });
}

/**
 * Jobs in many states, with attempts, what those said, output, inputs, needs, switches, settings, and a request key.
 */
async function use(place: Place): Promise<void> {
  const store = await open(place);
  try {
    await enqueue(
      store,
      ...Array.from({ length: 30 }, (_, n) => ({
        command: `echo ${n}`,
        id: n % 10 === 0 ? `named-${n}` : null,
        queue: n % 7 === 0 ? "mail" : "default",
        label: n % 3 === 0 ? "nightly" : null,
        env: n % 5 === 0 ? { NAME: "wert 1 ü" } : null,
        priority: n % 4,
        ...(n === 3 ? { stdin: new Uint8Array([0, 1, 255]) } : {}),
      })),
      { held: true },
      { runAt: T0 + 86_400_000, state: "scheduled" } as never,
    );
    await store.changeSettings(new Map([["max_retries", "7"]]));
    const rate = { count: 60, perMs: 60_000, smooth: true };
    await store.setQueue("mail", {
      concurrency: 2,
      paused: true,
      takes: "api=2",
      perLabel: 3,
      rate,
      fair: true,
    });
    await store.setLimit("api", { atOnce: 5, rate });
    await store.enqueue([], { now: T0, idFormat: "short", request: { key: "k", fingerprint: "f" } });
    await store.register(newSupervisor("s"));
    const free = Array.from({ length: 12 }, () => "s-worker");
    const { claimed } = await store.exchange(exchangeOf("s", { free }));
    const bytes = new TextEncoder().encode("printed\n");
    await store.exchange(exchangeOf("s", {
      output: claimed.map(({ token }) => ({ token, pieces: [{ stream: "stdout", start: 0, bytes }] })),
      said: claimed.map(({ token }, n) => ({
        token,
        note: `note ${n}`,
        ...n % 3 === 0 && { result: bytes, progress: { percent: n, text: "half" } },
        ...n % 3 === 1 && { checkpoint: new Uint8Array([0, n, 255]) },
      })),
      settlements: claimed.map(({ token }, n) => [settlement, failure, death][n % 3]!(token)),
      now: T0 + 1000,
    }));
    await store.leave("s");
    const [one, two] = claimed.map(({ id }) => id);
    await enqueue(
      store,
      { after: [one!, "j31"], any: true },
      { after: ["j31"], afterEnded: [two!] },
      { afterFailed: [one!] },
      {},
    );
    const joining = { seal: true, maxFailures: 3 };
    await store.enqueue([newJob({ group: "g" }), newJob({ group: "h" })], {
      now: T0,
      idFormat: "short",
      joining,
    });
    await enqueue(store, { afterGroup: ["g"], afterGroupEnded: ["h"] });
    await store.cancel(["j38"], T0);
    await enqueue(store, {});
    await store.delete(["j40"]); // its number is not given again
    await addSchedules(store, T0, { name: "a" }, { name: "b", jitterMs: 9000, overlap: "queue" });
    const left = { from: T0, until: T0 + 60_000, count: null };
    const firing = { name: "a", revision: 1, runs: [], left, next: { slot: T0 + 120_000, at: T0 + 120_000 } };
    await store.fire([firing], { now: T0, idFormat: "short" });
  } finally {
    store.close();
  }
}

/** All that is told of a store. */
async function told(place: Place): Promise<unknown> {
  const store = await open(place);
  try {
    const { jobs } = await store.list({ limit: 1000 });
    const each = [];
    for (const job of jobs) {
      const attempts = await store.attempts(job.id);
      const output = [];
      const results = [];
      for (const { attempt } of attempts) {
        output.push((await store.output(job.id, attempt)).map(({ bytes }) => [...bytes]));
        results.push(await store.result(job.id, attempt));
      }
      const stdin = await store.stdin(job.id);
      each.push({ job, attempts, output, results, stdin, needs: await store.needs([job.id], 10) });
    }
    const figures = [];
    for (const span of ["minute", "hour", "total"] as const) {
      figures.push(await store.figures({ span }), await store.figures({ span, queue: null }));
    }
    return {
      each,
      figures,
      queues: await store.queues(),
      limits: (await store.limits(T0)).map(({ name, atOnce, rate }) => ({ name, atOnce, rate })),
      groups: await store.groups(),
      schedules: await store.schedules(),
      runs: await store.scheduleRuns(["a", "b"], { limit: 9 }),
      settings: [...await store.settings()],
      summary: (await store.summary(10)).counts,
      wrong: await store.recount(),
      labels: await store.labels("", 10),
    };
  } finally {
    store.close();
  }
}

async function nextId(place: Place): Promise<string[]> {
  const store = await open(place);
  try {
    return await enqueue(store, {});
  } finally {
    store.close();
  }
}

testWith(
  server,
  "everything is copied to a server, from there to another, and back into a home",
  async () => {
    using one = tempDir();
    using two = tempDir();
    const places: Place[] = [
      { home: one.home, said: "local" },
      { home: one.home, said: newAddress(server) },
      { home: two.home, said: newAddress(server) },
      { home: two.home, said: "local" },
    ];
    await use(places[0]!);
    const before = await told(places[0]!);
    const database = Deno.readFileSync(one.home.database);
    for (const [at, to] of places.slice(1).entries()) {
      const { resumed, tables } = await copy(places[at]!, to);
      assert.equal(resumed, false);
      assert.deepEqual(Object.fromEntries(tables.map(({ name, rows }) => [name, rows])), {
        jobs: 39,
        inputs: 1,
        attempts: 12,
        checkpoints: 4,
        said: 12,
        results: 4,
        output: 12,
        queues: 1,
        limits: 1,
        requests: 1,
        settings: 1,
        groups: 2,
        schedules: 2,
        schedule_runs: 1,
        needy: 4,
        needs: 7,
      });
      assert.deepEqual(await told(to), before, to.said);
    }
    assert.deepEqual(Deno.readFileSync(one.home.database), database, "the source is as it was");
    for (const place of places) {
      const store = await open(place);
      const request = { key: "k", fingerprint: "other" };
      await assert.rejects(store.enqueue([], { now: T0 + 1, idFormat: "short", request }), {
        name: "Refused",
      });
      store.close();
      assert.deepEqual(await nextId(place), ["j41"]);
    }
  },
);

for (const direction of ["to a server", "into a home"] as const) {
  testWith(
    server,
    `a copy ${direction} that is broken off anywhere is gone on with, and nobody uses half of it`,
    async () => {
      using one = tempDir();
      const source: Place = {
        home: one.home,
        said: direction === "to a server" ? "local" : newAddress(server),
      };
      await use(source);
      const before = await told(source);
      for (let breakAt = 1;; breakAt += 7) {
        using two = tempDir();
        const target: Place = direction === "to a server"
          ? { home: one.home, said: newAddress(server) }
          : { home: two.home, said: "local" };
        const broken = await copy(source, target, { breakAt }).then(
          () => undefined,
          (error: Error) => error.message,
        );
        if (broken === undefined) {
          assert.ok(breakAt > 15);
          break;
        }
        assert.equal(broken, "broken off");
        await assert.rejects(open(target), {
          name: "StoreUnusable",
          message: /: it is being copied to; where that was/,
        });
        assert.equal((await copy(source, target)).resumed, true);
        assert.deepEqual(await told(target), before);
      }
    },
  );
}

testWith(
  server,
  "nothing is copied over what is there, from where workers are, or from what changes meanwhile",
  async () => {
    using dir = tempDir();
    using other = tempDir();
    const source: Place = { home: dir.home, said: "local" };
    const target: Place = { home: dir.home, said: newAddress(server) };
    await use(source);
    await assert.rejects(copy(source, source), {
      name: "Refused",
      message: /^Cannot copy "local .*" to itself$/,
    });
    const used: Place = { home: dir.home, said: newAddress(server) };
    await nextId(used);
    await assert.rejects(copy(source, used), {
      name: "Refused",
      message: /: it is not empty; copy to one that is$/,
    });

    let store = await open(source);
    await store.register(newSupervisor("t"));
    await assert.rejects(copy(source, target), {
      message: /while worker t-worker is there: queuectl worker stop --wait first$/,
    });
    await store.exchange(exchangeOf("t", { free: ["t-worker"] }));
    await store.leave("t");
    await assert.rejects(copy(source, target), { message: /while a job runs: start a worker there/ });
    store.close();
    using third = tempDir();
    const calm: Place = { home: third.home, said: "local" };
    await use(calm);

    await assert.rejects(copy(calm, target, { breakAt: 6 }), { message: "broken off" });
    store = await open(calm);
    await store.edit("j31", { priority: 9 }, T0);
    store.close();
    await assert.rejects(copy(calm, target), {
      name: "Refused",
      message: /^Cannot finish the copy: jobs of "local .*" changed/,
    });
    const again = await copy(calm, target);
    assert.equal(again.resumed, false);
    assert.deepEqual(await told(target), await told(calm));

    const half: Place = { home: third.home, said: newAddress(server) };
    await assert.rejects(copy(calm, half, { breakAt: 3 }), { message: "broken off" });
    const another: Place = { home: other.home, said: "local" };
    await use(another);
    await assert.rejects(copy(another, half), {
      message: /: it holds a part of a copy of "local .*"; with --anew it is thrown away$/,
    });
    await copy(another, half, { anew: true });
    assert.deepEqual(await told(half), await told(another));
  },
);

testWith(
  server,
  "every table is copied or known to need none, and no column is left out by mistake",
  async () => {
    using dir = tempDir();
    const place: Place = { home: dir.home, said: newAddress(server) };
    await nextId(place);
    await nextId({ home: dir.home, said: "local" });
    const known = new Set([...NOT_COPIED, ...COPIED.map(({ name }) => name)]);
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(dir.home.database);
    const local = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all().map(({ name }) =>
      String(name)
    );
    db.close();
    const onServer = await tamper(
      place.said,
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'SCHEMA.'::regnamespace`
        .replace("SCHEMA.", /schema=(\w+)/.exec(place.said)![1]!),
    );
    const all = [...local, ...onServer.map(({ name }) => String(name))];
    assert.deepEqual(all.filter((name) => !known.has(name)), []);
    const [{ openSource: fromServer }, { openSource: fromHome }] = await Promise.all([
      import("../../src/store/postgres/copying.ts"),
      import("../../src/store/sqlite/copying.ts"),
    ]);
    const ends = [await fromServer(place.said), await fromHome(dir.home)];
    for (const table of COPIED) {
      const [one, two] = await Promise.all(ends.map(async (end) => (await end.columns(table)).sort()));
      assert.deepEqual(one, two, table.name);
    }
    for (const end of ends) end.close();
  },
);
