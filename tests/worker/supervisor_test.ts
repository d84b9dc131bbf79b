/**
 * @module
 * A supervisor in this process, with threads that misbehave.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { StoreUnusable } from "../../src/domain/errors.ts";
import type { Store } from "../../src/store/contract.ts";
import { signalTree } from "../../src/worker/process/posix/tree.ts";
import type { Journal } from "../../src/worker/supervisor/journal.ts";
import type { Supervisor } from "../../src/worker/supervisor/supervisor.ts";
import { startSupervisor, storeWith, type Unusual } from "../helpers/supervisor.ts";
import { until } from "../helpers/until.ts";
import { type TestStore, testStore } from "../helpers/worker.ts";

/** Starts one worker in this process that runs what there is. */
function startBurst(test: TestStore, unusual: Unusual): Promise<Supervisor> {
  return startSupervisor(test, { ...unusual, burst: true });
}

/** The same store, but it cannot be reached as long as `isCut`. */
function cutOff(store: Store, isCut: () => boolean): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name !== "listen" && isCut()) return Promise.reject(new StoreUnusable("Cannot reach the store"));
        return value.apply(target, args);
      };
    },
  });
}

/** What a job has written to a file in its directory, once it has. */
function written(test: TestStore, name: string): Promise<string> {
  return until(`${name} is written`, () => {
    try {
      return Deno.readTextFileSync(test.dir.file(name)).trim();
    } catch {
      return "";
    }
  });
}

const CRASHING = new URL("../fixtures/crashing_thread.ts", import.meta.url);
const CRASHING_AT_ONCE = new URL("../fixtures/crashing_at_once.ts", import.meta.url);

Deno.test("a crashed thread is replaced, and its jobs go on", async () => {
  using test = await testStore();
  const command =
    "echo one; echo $QUEUECTL_RUN >>runs; until [ -e go ]; do sleep 0.1; done; echo two; exit 3";
  const id = await test.enqueue(command);
  const notes: string[] = [];
  const supervisor = await startBurst(test, { entry: CRASHING, notes });
  const ran = supervisor.run();
  await written(test, "runs");
  Deno.writeTextFileSync(test.dir.file("crash"), "");
  await until("it crashed", () => notes.length > 0);
  Deno.removeSync(test.dir.file("crash"));
  Deno.writeTextFileSync(test.dir.file("go"), "");
  assert.equal(await ran, "stopped");
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.attempts, job.exitCode], ["dead", 1, 3]);
  assert.equal((await written(test, "runs")).split("\n").length, 1, "it was started once");
  assert.equal(await test.output(id), "one\ntwo\n");
  assert.match(notes[0]!, /^thread crashed and is replaced: .*boom/);
});

Deno.test("a job whose thread crashes again and again is ended and lost", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo $QUEUECTL_RUN >>runs; : >crash; sleep 300");
  const notes: string[] = [];
  const supervisor = await startBurst(test, { entry: CRASHING, notes });
  assert.equal(await supervisor.run(), "stopped");
  const job = (await test.store.get(id))!;
  assert.equal(job.state, "dead");
  assert.match(job.error!, /^lost: its worker's thread crashed again and again: .*boom/);
  const token = await written(test, "runs");
  assert.deepEqual(await signalTree({ token, root: null }, "0", true), []);
  assert.equal(notes.filter((note) => note.startsWith("thread crashed")).length, 3);
});

Deno.test("a job whose thread crashes before it has begun is not begun anew for ever", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo >>runs");
  const notes: string[] = [];
  const supervisor = await startBurst(test, { entry: CRASHING_AT_ONCE, notes });
  assert.equal(await supervisor.run(), "stopped");
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.attempts, job.lastAttempt], ["dead", 1, 1]);
  assert.match(job.error!, /^lost: its worker's thread crashed again and again: .*boom/);
  assert.equal(notes.length, 3);
  assert.throws(() => Deno.statSync(test.dir.file("runs")), Deno.errors.NotFound);
});

Deno.test("what waits behind a long job is not claimed again and again while that runs", async () => {
  using test = await testStore();
  for (let i = 0; i < 40; i++) await test.enqueue("true");
  await test.enqueue("sleep 0.5");
  const behind = await test.enqueue("true");
  let claims = 0;
  const exchange: Store["exchange"] = async (wanted) => {
    const exchanged = await test.store.exchange(wanted);
    claims += exchanged.claimed.filter(({ id }) => id === behind).length;
    return exchanged;
  };
  const store = storeWith(test.store, { exchange });
  assert.equal(await (await startBurst(test, { store })).run(), "stopped");
  assert.equal((await test.store.get(behind))!.state, "completed");
  assert.ok(claims <= 2, `claimed ${claims} times`);
});

Deno.test("a store that cannot be used for a while is complained of once a second, not at every try", async () => {
  using test = await testStore();
  await test.set({ poll_interval: "0.01" });
  const id = await test.enqueue("true");
  let failures = 0;
  const exchange: Store["exchange"] = async (wanted) => {
    if (failures === 30) return await test.store.exchange(wanted);
    failures += 1;
    throw new StoreUnusable("Cannot write: the disk is full");
  };
  const store = storeWith(test.store, { exchange });
  const notes: string[] = [];
  assert.equal(await (await startBurst(test, { store, notes })).run(), "stopped");
  assert.equal((await test.store.get(id))!.state, "completed");
  assert.equal(notes[0], "Cannot write: the disk is full");
  assert.ok(notes.length < 10, `said ${notes.length} times`);
});

Deno.test("a supervisor that is cut off from the store ends its jobs before its lease has ended, and puts them back", async () => {
  using test = await testStore();
  await test.set({ lease: "2" });
  const id = await test.enqueue("echo $QUEUECTL_RUN >>runs; [ $QUEUECTL_ATTEMPT = 2 ] || sleep 300 & wait");
  let isCut = false;
  const notes: string[] = [];
  const supervisor = await startBurst(test, { store: cutOff(test.store, () => isCut), notes });
  const ran = supervisor.run();
  const token = await written(test, "runs");
  isCut = true;
  await until(
    "its processes are ended",
    async () => (await signalTree({ token, root: null }, "0", true)).length === 0,
  );
  isCut = false;
  assert.equal(await ran, "stopped");
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.attempts, job.lastAttempt], ["completed", 1, 2]);
  const [released] = await test.store.attempts(id);
  assert.equal(released!.outcome, "released");
  assert.ok(notes.includes("cut off from the store: ending all jobs before others may run them again"));
});

Deno.test("one job that cannot be settled or said ends no supervisor, and no other job", async () => {
  using test = await testStore();
  const [foul, hopeless, unsayable] = [
    await test.enqueue("echo printed; exit 3", { maxRetries: 5 }),
    await test.enqueue("echo printed"),
    await test.enqueue("exit 5"),
  ];
  const others = [await test.enqueue("true"), await test.enqueue("true"), await test.enqueue("true")];
  const ids = new Map<string, string>();
  let claimFails = true;
  const store = storeWith(test.store, {
    async exchange(wanted) {
      for (const { token, error } of wanted.settlements) {
        const id = ids.get(token);
        if (id === hopeless) throw new TypeError("hopeless");
        if (id === foul && !error?.includes("could not be settled")) {
          throw new RangeError("Invalid time value");
        }
      }
      const exchanged = await test.store.exchange(wanted);
      for (const { id, token } of exchanged.claimed) ids.set(token, id);
      return exchanged;
    },
  });
  const defective = new Proxy(store, {
    get(target, name) {
      if (name === "orders" && claimFails) {
        claimFails = false;
        return () => Promise.reject(new TypeError("a defect in the loop"));
      }
      return Reflect.get(target, name, target);
    },
  });
  const notes: string[] = [];
  const settled: Journal["settled"] = ({ id }) => {
    if (id === unsayable) throw new RangeError("no words for it");
  };
  assert.equal(await (await startBurst(test, { store: defective, notes, settled })).run(), "stopped");
  for (const id of others) assert.equal((await test.store.get(id))!.state, "completed");
  const dead = (await test.store.get(foul!))!;
  assert.deepEqual(
    [dead.state, dead.exitCode, dead.error],
    ["dead", 3, "exit code 3; could not be settled: Invalid time value"],
  );
  assert.equal((await test.store.get(hopeless!))!.state, "processing", "nobody can settle it");
  assert.equal((await test.store.get(unsayable!))!.state, "dead");
  const said = notes.join("\n");
  assert.match(said, /the end of j1 could not be stored: .*Invalid time value/);
  assert.match(said, /the end of j2 could not be stored: .*hopeless/);
  assert.match(said, /something of j3 could not be said: no words for it/);
  assert.match(said, /a defect in the loop/);
});

Deno.test("what one worker left is left to the next supervisor when the other one leaves, too, before it could adopt it", async () => {
  using test = await testStore();
  const id = await test.enqueue("echo $QUEUECTL_RUN >>runs; until [ -e go ]; do sleep 0.1; done; echo done");
  const notes: string[] = [];
  const store = storeWith(test.store, {
    async unregister(workers) {
      await test.store.unregister(workers);
      supervisor.leave();
    },
  });
  const supervisor = await startBurst(test, { store, notes, count: 2 });
  const ran = supervisor.run();
  await written(test, "runs");
  const { worker } = (await test.store.get(id))!;
  await test.store.requestStop({ worker: worker!, endAt: null, leave: true });
  assert.equal(await ran, "stopped");
  assert.ok(notes.includes(`left to the next worker, running: ${id}`), notes.join("\n"));
  Deno.writeTextFileSync(test.dir.file("go"), "");
  assert.equal(await (await startBurst(test, {})).run(), "stopped");
  const job = (await test.store.get(id))!;
  assert.deepEqual([job.state, job.attempts, job.error], ["completed", 1, null]);
  assert.equal(await test.output(id), "done\n");
});

/** Puts so many jobs into a store that were completed long ago. */
function addOldJobs(test: TestStore, count: number): void {
  const db = new DatabaseSync(test.dir.home.database);
  db.exec(`
    BEGIN IMMEDIATE;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO jobs (queue, command, state, priority, max_retries, timeout_ms, created_at, finished_at, held)
      SELECT 'old', 'true', 'completed', 0, 0, 0, 1, 1, 0 FROM n;
    INSERT INTO counts VALUES ('old', 'completed', ${count}, 0);
    COMMIT;`);
  db.close();
}

Deno.test("pruning gives way to timers and jobs, and a burst does it, too", async () => {
  using test = await testStore();
  addOldJobs(test, 20_000);
  const id = await test.enqueue("true");
  let turns = 0;
  const timer = setInterval(() => turns += 1, 0);
  const steps: number[] = [];
  let before = -1;
  let inOneTurn = 0;
  const store = new Proxy(test.store, {
    get(target, name) {
      if (name === "prune") {
        return async (...words: Parameters<Store["prune"]>) => {
          if (turns === before) inOneTurn += 1;
          const pruned = await target.prune(...words);
          if (pruned.pruned > 0) steps.push(pruned.pruned);
          before = turns;
          return pruned;
        };
      }
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  assert.equal(await (await startBurst(test, { store })).run(), "stopped");
  clearInterval(timer);
  assert.equal((await test.store.get(id))!.state, "completed");
  assert.ok(steps.length > 2, `${steps.length} steps`);
  assert.equal(inOneTurn, 0, "timers had their turn between any two steps");
  assert.equal(
    (await test.store.queues()).find(({ name }) => name === "old")?.counts.completed ?? 0,
    20_000 - steps.reduce((sum, step) => sum + step, 0),
  );
});
