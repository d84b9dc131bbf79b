/**
 * @module
 * What salvage makes of rows that could be read and do not go together, or mean nothing.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "../../src/store/contract.ts";
import { openStore } from "../../src/store/open.ts";
import { salvage, type Salvaged } from "../../src/store/sqlite/salvage/salvage.ts";
import { homeAt } from "../../src/system/home.ts";
import {
  claim,
  claimOne,
  death,
  enqueue,
  exchangeOf,
  failure,
  newSupervisor,
  settlement,
  T0,
} from "../helpers/jobs.ts";
import { addSchedules } from "../helpers/schedules.ts";
import { tempDir } from "../helpers/temp.ts";

/** Makes a store, spoils its rows with SQL that minds no rules, salvages it, and looks at what was saved. */
async function salvaged(
  make: (store: Store) => Promise<unknown>,
  sql: string,
  look: (store: Store, salvaged: Salvaged) => Promise<void>,
): Promise<void> {
  using dir = tempDir();
  const store = await openStore(dir.home);
  await make(store);
  store.close();
  const db = new DatabaseSync(dir.home.database, { enableForeignKeyConstraints: false });
  db.exec(`PRAGMA ignore_check_constraints=ON; ${sql}`);
  db.close();
  const saved = homeAt(dir.file("saved"));
  Deno.mkdirSync(saved.dir);
  const result = await salvage(dir.home, saved.database);
  const after = await openStore(saved);
  try {
    assert.deepEqual([...(await after.care.check!())!, ...await after.recount()], []);
    await look(after, result);
  } finally {
    after.close();
  }
}

/** Registers two supervisors, and lets each run one job. */
async function twoRunning(store: Store): Promise<void> {
  for (const id of ["lost", "kept"]) await store.register(newSupervisor(id));
  await enqueue(store, {}, {});
  for (const id of ["lost", "kept"]) await claim(store, id);
}

Deno.test("attempts of supervisors that could not be saved have ended, and their jobs run again", async () => {
  await salvaged(twoRunning, "DELETE FROM supervisors WHERE id = 'lost'", async (store) => {
    assert.deepEqual(await store.states(["j1", "j2"]), ["pending", "processing"]);
    const [attempt] = await store.attempts("j1");
    assert.deepEqual(
      [attempt!.outcome, attempt!.error, attempt!.finishedAt],
      ["lost", "lost: its supervisor was not salvaged", T0],
    );
    assert.deepEqual((await store.running("kept")).map(({ job }) => job.id), ["j2"]);
    await store.register(newSupervisor("next"));
    assert.deepEqual((await claim(store, "next", { count: 9 })).map(({ id }) => id), ["j1"]);
  });
});

Deno.test("a job whose running attempt could not be saved runs again, and an attempt whose job does not run has ended", async () => {
  const sql =
    "DELETE FROM attempts WHERE job = 1; UPDATE jobs SET state = 'dead', finished_at = 5 WHERE seq = 2";
  await salvaged(twoRunning, sql, async (store) => {
    assert.deepEqual(await store.states(["j1", "j2"]), ["pending", "dead"]);
    assert.deepEqual(await store.attempts("j1"), []);
    assert.equal((await store.attempts("j2"))[0]!.outcome, "lost");
    assert.deepEqual([...await store.running("lost"), ...await store.running("kept")], []);
    assert.deepEqual(await store.retry(["j2"], { now: T0, only: "dead" }), []);
  });
});

Deno.test("groups are counted again where jobs of theirs or counters were lost, and made where they were", async () => {
  const make = async (store: Store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, { group: "a" }, { group: "a" }, { group: "b" }, { group: "b" }, {
      id: "after",
      afterGroup: ["a"],
    });
    await store.exchange(exchangeOf("s", { settlements: [settlement((await claimOne(store, "s")).token)] }));
  };
  const sql = "UPDATE groups SET open = 7 WHERE name = 'a'; DELETE FROM groups WHERE name = 'b'";
  await salvaged(make, sql, async (store) => {
    const open = [];
    for (const name of ["a", "b"]) open.push((await store.group(name))!.open);
    assert.deepEqual(open, [1, 2]);
    assert.equal((await store.get("after"))!.state, "blocked");
  });
  const spoiled = "UPDATE groups SET completed = 0 WHERE name = 'a'";
  await salvaged(make, spoiled, async (store) => {
    const { open, ended } = (await store.group("a"))!;
    assert.deepEqual([open, ended.completed], [1, 1]);
  });
});

/** What is there only while very many jobs are being enqueued, or where jobs need others or join groups. */
type Staging = "groups" | "batches" | "staged" | "staged_names" | "staged_keys" | "needy" | "needs" | "ended";

/** Rows that mean nothing: each statement spoils one. */
const SPOILED: Record<Exclude<keyof Salvaged, Staging | "supervisors" | "settings">, string[]> = {
  jobs: [
    "queue = 'no\nname' WHERE seq = 4",
    "queue = '' WHERE seq = 5",
    "name = 'not an id' WHERE seq = 6",
    "env = '{\"A\":' WHERE seq = 7",
    "created_at = -1 WHERE seq = 8",
    "state = 'procesing' WHERE seq = 9",
    "held = 7 WHERE seq = 10",
  ],
  attempts: ["started_at = -5 WHERE job = 2", "outcome = 'fine' WHERE job = 3"],
  inputs: ["job = -1 WHERE job = 2"],
  checkpoints: ["job = -1 WHERE job = 2"],
  said: ["attempt = -1 WHERE job = 1"],
  results: ["attempt = -1 WHERE job = 1"],
  output: ["start = -1 WHERE start = 1", "stream = 'stdin' WHERE start = 2"],
  queues: ["name = 'a b' WHERE name = 'mail'"],
  limits: ["name = 'a b' WHERE name = 'api'"],
  schedules: ["job = '{' WHERE name = 'b'", "since = -1 WHERE name = 'c'"],
  schedule_runs: ["slot = -1 WHERE nth = 1"],
  workers: ["queues = '[\"mail\"' WHERE id = 'wrong'"],
  requests: ["ids = 'j1' WHERE key = 'wrong'", "made_at = -1 WHERE key = 'early'"],
  overall_figures: ["wait_ms = '{' WHERE span = 'minute'"],
  figures: ["wait_ms = '{' WHERE span = 'minute' AND queue = 'default'", "queue = '?' WHERE span = 'hour'"],
};

Deno.test("rows that mean nothing are left out, each for itself, and counted as lost", async () => {
  const make = async (store: Store) => {
    const workers = ["s-worker", "wrong"].map((id) => ({ id, slots: 1, queues: null }));
    await store.register(newSupervisor("s", { workers }));
    const stdin = new TextEncoder().encode("to be read");
    await enqueue(store, ...Array.from({ length: 11 }, (_, n) => n < 2 ? { stdin } : {}));
    for (const queue of ["mail", "fine"]) await store.setQueue(queue, { paused: true });
    for (const limit of ["api", "disk"]) await store.setLimit(limit, { atOnce: 2 });
    await addSchedules(store, T0, { name: "a" }, { name: "b" }, { name: "c" });
    const left = { from: T0, until: T0, count: 1 };
    for (const revision of [1, 2]) {
      await store.fire([{ name: "a", revision, runs: [], left, next: null }], { now: T0, idFormat: "short" });
    }
    for (const key of ["right", "wrong", "early"]) {
      await store.enqueue([], { now: T0, idFormat: "short", request: { key, fingerprint: "f" } });
    }
    const claimed = await claim(store, "s", { count: 3 });
    const bytes = new TextEncoder().encode("x");
    const pieces = [0, 1, 2].map((start) => ({ stream: "stdout" as const, start, bytes }));
    await store.exchange(exchangeOf("s", {
      output: [{ token: claimed[0]!.token, pieces }],
      said: [{
        token: claimed[0]!.token,
        progress: { percent: 1, text: null },
        result: bytes,
        checkpoint: bytes,
      }, { token: claimed[1]!.token, checkpoint: bytes }],
      settlements: claimed.map(({ token }) => settlement(token)),
    }));
  };
  let whole: Salvaged | undefined;
  await salvaged(make, "", (_, tables) => Promise.resolve(void (whole = tables)));
  const spoil = Object.entries(SPOILED).flatMap(([table, wrong]) =>
    wrong.map((one) => `UPDATE ${table} SET ${one};`)
  );
  await salvaged(make, spoil.join("\n"), async (store, tables) => {
    for (const [table, wrong] of Object.entries(SPOILED) as [keyof Salvaged, string[]][]) {
      const { saved } = whole![table];
      const left = { saved: saved - wrong.length, lost: wrong.length };
      assert.deepEqual(tables[table], left, table);
    }
    const ids = Array.from({ length: 11 }, (_, n) => `j${n + 1}`);
    const states = await store.states(ids);
    assert.deepEqual(states.filter((state) => state !== undefined), [
      ...Array(3).fill("completed"),
      "pending",
    ]);
    assert.equal(states[10], "pending");
    assert.deepEqual((await store.output("j1", 1)).map(({ start }) => start), [0]);
    assert.deepEqual((await store.workers()).map(({ id }) => id), ["s-worker"]);
  });
});

Deno.test("counts are counted anew, and totals that are less than what is there, too", async () => {
  const make = async (store: Store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {}, { queue: "mail" }, { queue: "mail", held: true });
    const [a, b, c] = await claim(store, "s", { count: 3 });
    await store.exchange(exchangeOf("s", {
      now: T0 + 1000,
      settlements: [settlement(a!.token), failure(b!.token), death(c!.token)],
    }));
  };
  let figures: unknown;
  await salvaged(make, "", async (store) => void (figures = await store.figures({ span: "total" })));
  for (
    const sql of [
      "UPDATE counts SET n = n + 5; DELETE FROM counts WHERE state = 'dead'",
      "UPDATE figures SET completed = 0 WHERE span = 'total'",
      "UPDATE figures SET wait_ms = NULL WHERE span = 'total'",
      "DELETE FROM figures WHERE span = 'total' AND queue = 'mail'",
      "DELETE FROM figures WHERE span = 'total' AND queue = 'mail'; DELETE FROM overall_figures WHERE span = 'total'",
      "DELETE FROM figures; DELETE FROM overall_figures; DELETE FROM counts",
    ]
  ) {
    await salvaged(make, sql, async (store) => {
      assert.deepEqual(await store.figures({ span: "total" }), figures, sql);
      const counts = Object.fromEntries((await store.queues()).map(({ name, counts }) => [name, counts]));
      const { completed, failed } = counts.default!;
      const { dead, pending } = counts.mail!;
      assert.deepEqual({ completed, failed, dead, pending }, {
        completed: 1,
        failed: 1,
        dead: 1,
        pending: 1,
      });
    });
  }
});

Deno.test("a lost total of one queue is counted anew, without those of others and of all, and not for jobs that were moved", async () => {
  const make = async (store: Store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, { queue: "mail" }, {}, {});
    for (const { token } of await claim(store, "s", { count: 2 })) {
      await store.exchange(exchangeOf("s", { settlements: [settlement(token)] }));
    }
    await store.delete(["j1"]); // which is in the totals
    await store.edit("j3", { queue: "moved" }, T0);
  };
  for (const sql of ["", "DELETE FROM figures WHERE span = 'total' AND queue = 'mail'"]) {
    await salvaged(make, sql, async (store) => {
      const [all] = await store.figures({ span: "total", queue: null });
      assert.deepEqual([all!.figures.enqueued, all!.figures.completed], [4, 2]);
      const ofQueues = (await store.figures({ span: "total" })).map(({ queue, figures }) => [
        queue,
        figures.enqueued,
        figures.completed,
      ]);
      assert.deepEqual(ofQueues, [["default", 3, 1], ["mail", 1, 1]], sql);
    });
  }
});

Deno.test("totals that are more than what is there are kept: jobs that were removed are in them", async () => {
  const make = async (store: Store) => {
    await store.register(newSupervisor("s"));
    await enqueue(store, {}, {});
    const { token } = await claimOne(store, "s");
    await store.exchange(exchangeOf("s", { settlements: [settlement(token)] }));
    await store.delete(["j1"]);
  };
  await salvaged(make, "", async (store) => {
    const [total] = await store.figures({ span: "total" });
    assert.deepEqual([total!.figures.enqueued, total!.figures.completed], [2, 1]);
  });
});

/** a ← b ← c, and d needs a and e. */
async function needingEachOther(store: Store): Promise<void> {
  await enqueue(store, { id: "a" }, { id: "e" }, { id: "b", after: ["a"] });
  await enqueue(store, { id: "c", afterFailed: ["b"] }, { id: "d", after: ["a", "e"] });
}

const heldOf = async (store: Store, id: string) => {
  const { state, held, skippedFor } = (await store.get(id))!;
  return [state, held, skippedFor];
};

Deno.test("needs are counted anew, and decided by what could be saved", async () => {
  const sql = `
    UPDATE needy SET open = 0, met = 7 WHERE job = (SELECT seq FROM jobs WHERE name = 'b');
    UPDATE jobs SET state = 'dead', finished_at = 5 WHERE name = 'e'; DELETE FROM ended`;
  await salvaged(needingEachOther, sql, async (store) => {
    while (await store.recover());
    assert.deepEqual(
      await heldOf(store, "b"),
      ["blocked", true, null],
      "it had more needs than could be read",
    );
    assert.deepEqual(await heldOf(store, "c"), ["blocked", false, null]);
    assert.deepEqual(await heldOf(store, "d"), ["skipped", false, "failed"]);
  });
});

Deno.test("what needs a job that could not be saved is skipped; of what a need is not known, a person has to decide", async () => {
  const sql = `
    DELETE FROM jobs WHERE name = 'a';
    DELETE FROM needs WHERE job = (SELECT seq FROM jobs WHERE name = 'd');
    DELETE FROM needy WHERE job = (SELECT seq FROM jobs WHERE name = 'c'); DELETE FROM ended`;
  await salvaged(needingEachOther, sql, async (store) => {
    while (await store.recover());
    assert.deepEqual(await heldOf(store, "b"), ["skipped", false, "called_off"]);
    assert.deepEqual(await heldOf(store, "c"), ["pending", true, null], "its needs are gone");
    assert.deepEqual(await heldOf(store, "d"), ["pending", true, null], "its needs are gone");
  });
});
