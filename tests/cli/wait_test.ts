/**
 * @module
 * `queuectl wait`, as real processes.
 */
import assert from "node:assert/strict";
import { command } from "../../src/cli/commands/wait.ts";
import type { CommandDefinition } from "../../src/cli/line/command.ts";
import type { Context } from "../../src/cli/line/context.ts";
import type { Settlement, Store } from "../../src/store/contract.ts";
import { systemClock } from "../../src/system/clock.ts";
import { queuectl } from "../helpers/cli_within.ts";
import { DEAD, handWorker } from "../helpers/hand_worker.ts";
import { runWithin } from "../helpers/in_process.ts";
import { until } from "../helpers/until.ts";
import { testStore } from "../helpers/worker.ts";

Deno.test("wait ends when the jobs have, and says how", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("true");
  await test.enqueue("true");
  const waiting = queuectl(["wait", "j2", "j1"], { home: test.home });
  await (await worker.claim()).end();
  await (await worker.claim()).end();
  const { code, stdout } = await waiting;
  assert.deepEqual([code, stdout.trimEnd().split("\n").sort()], [0, ["j1 completed", "j2 completed"]]);
});

Deno.test("wait exits with 1 when a job ended other than completed", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("true");
  await test.enqueue("false");
  await (await worker.claim()).end();
  await (await worker.claim()).end(DEAD);
  const { code, stdout } = await queuectl(["wait", "j1", "j2", "--json"], { home: test.home });
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(stdout), {
    jobs: [{ id: "j1", state: "completed" }, { id: "j2", state: "dead" }],
  });
});

Deno.test("wait gives up after its timeout", async () => {
  using test = await testStore();
  await test.enqueue("true");
  const { code, stdout, stderr } = await queuectl(["wait", "j1", "--timeout", "0.1", "--quiet"], {
    home: test.home,
  });
  assert.deepEqual([code, stdout, stderr], [1, "", "Cannot wait any longer: 1 job not ended after 100ms\n"]);
});

Deno.test("wait for a queue, or for all, ends when nothing is left to run or retry", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("true", { queue: "mail" });
  const mail = queuectl(["wait", "--queue", "mail", "--json"], { home: test.home });
  const other = await queuectl(["wait", "--queue", "other"], { home: test.home });
  assert.deepEqual([other.code, other.stderr], [
    1,
    'Cannot wait for queue "other": no such queue; there is: mail\n',
  ]);
  await (await worker.claim()).end();
  assert.equal((await mail).code, 0);
  assert.equal((await queuectl(["wait", "--all"], { home: test.home })).code, 0);
});

Deno.test("wait for several queues ends when none of them has anything left, whichever is the last", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("true", { queue: "mail" });
  await test.enqueue("true", { queue: "images" });
  await test.enqueue("true", { queue: "other", runAt: systemClock.now() + 3_600_000 });
  const waiting = queuectl(["wait", "-q", "images", "-q", "mail", "--json"], { home: test.home });
  await (await worker.claim()).end();
  await (await worker.claim()).end(DEAD);
  const { code, stdout } = await waiting;
  const { completed, dead } = JSON.parse(stdout);
  assert.ok(code === Math.min(1, dead) && completed <= 1, stdout);
  const typo = await queuectl(["wait", "-q", "mail", "-q", "imges"], { home: test.home });
  assert.ok(
    typo.stderr.startsWith('Cannot wait for queue "imges": no such queue; there are: images'),
    typo.stderr,
  );
});

Deno.test("wait for a queue, or for all, exits with 1 when a job became dead or was cancelled meanwhile", async () => {
  const ends: [how: string, end: Partial<Settlement> | "cancel", code: number][] = [
    ["completed", {}, 0],
    ["dead", DEAD, 1],
    ["cancelled", "cancel", 1],
  ];
  for (const flags of [{ queue: ["mail"] }, { all: true }]) {
    for (const [how, end, code] of ends) {
      using test = await testStore();
      const worker = await handWorker(test.store);
      await test.enqueue("true", { queue: "mail" });
      await (await worker.claim()).end(DEAD); // before: it is nobody's concern
      const id = await test.enqueue("true", { queue: "mail" });
      await test.enqueue("true", { queue: "other" });
      const waiting = runWithin(test.store, command, { flags });
      assert.equal(await Promise.race([waiting.waits, waiting.ended]), "waits");
      if (end === "cancel") await test.store.cancel([id], Date.now());
      else await (await worker.claim()).end(end);
      // of another queue
      await (await worker.claim()).end(flags.all ? {} : DEAD);
      const ended = await waiting.ended;
      assert.equal(ended.code, code, `${JSON.stringify(flags)}: ${how}`);
      assert.equal(ended.json[how], flags.all && how === "completed" ? 2 : 1);
    }
  }
});

Deno.test("wait for a queue exits with 1 when a job of it was skipped meanwhile", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  const needed = await test.enqueue("true", { queue: "other" });
  await test.enqueue("true", { queue: "mail", after: [needed] });
  const waiting = runWithin(test.store, command, { flags: { queue: ["mail"] } });
  assert.equal(await Promise.race([waiting.waits, waiting.ended]), "waits");
  await (await worker.claim()).end(DEAD);
  const { code, json } = await waiting.ended;
  assert.deepEqual([code, json], [1, { completed: 0, dead: 0, cancelled: 0, skipped: 1 }]);
});

Deno.test("wait takes ids, a queue or all, and not two of them", async () => {
  using test = await testStore();
  for (const args of [[], ["j1", "--all"], ["--all", "--queue", "a"]]) {
    const { code, stderr } = await queuectl(["wait", ...args], { home: test.home });
    assert.deepEqual([code, stderr], [
      2,
      "Cannot tell what to wait for: give ids, or --queue QUEUE, or --group GROUP, or --all\n",
    ]);
  }
});

/** By what the store is looked at. */
const LOOKS: (keyof Store)[] = ["figures", "queue", "summary"];

Deno.test("wait for a queue, or for all, does not miss a job that was dead for a moment only", async () => {
  using test = await testStore();
  const worker = await handWorker(test.store);
  await test.enqueue("true", { queue: "mail" });
  await test.enqueue("true", { queue: "mail" });
  const over = Promise.withResolvers<void>();
  const both = [{ queue: ["mail"], all: false }, { queue: undefined, all: true }].map((flags) => {
    let looks = 0;
    const begun = () => looks >= 2;
    const store = new Proxy(test.store, {
      get(store, name: keyof Store) {
        const method = store[name] as ((...args: unknown[]) => unknown) | undefined;
        if (!LOOKS.includes(name)) return method?.bind(store);
        return async (...args: unknown[]) => {
          if (begun()) await over.promise; // it sees none of what comes and goes
          const found = await method!.apply(store, args);
          if (name === "figures") looks += 1;
          return found;
        };
      },
    });
    const results: unknown[] = [];
    const context = {
      clock: systemClock,
      store: () => Promise.resolve(store),
      print: { result: (value: unknown) => results.push(value) },
    } as unknown as Context;
    const { run } = command.definition as CommandDefinition;
    const ended = run(context, { ...flags, timeout: undefined }, []);
    return { ended, results, begun };
  });
  await until("both wait", () => both.every(({ begun }) => begun()));
  // at the end, nothing of it is to be seen in what is there
  await (await worker.claim()).end(DEAD);
  await test.store.delete(["j1"]);
  await (await worker.claim()).end(DEAD);
  await test.store.retry(["j2"], { now: Date.now() });
  await (await worker.claim()).end();
  over.resolve();
  for (const { ended, results } of both) {
    assert.equal(await ended, 1);
    assert.deepEqual(results, [{ completed: 1, dead: 2, cancelled: 0, skipped: 0 }]);
  }
});
