/**
 * @module
 * What every store must do. Whatever is done to limits, queues and jobs that take of them: no limit ever lets more in than it
 * says, what is counted equals a recount, what is not claimed is told why, and in the end every job has run.
 */
import assert from "node:assert/strict";
import fc from "npm:fast-check@4.10.2";
import { addUnits, unitsOf } from "../../src/domain/units.ts";
import type { ClaimedJob, Store } from "../../src/store/contract.ts";
import { enqueue, exchangeOf, failure, newSupervisor, settle, settlement, T0 } from "../helpers/jobs.ts";
import type { Opened } from "./suite.ts";

const LIMITS = ["a", "b", "r"];
const QUEUES = ["p", "q"];
const takes = fc.constantFrom(null, null, "a=1", "b=2", "a=1,b=1", "r=1", "a=2,r=1", "b=3");

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("claim" as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("enqueue" as const),
      takes,
      queue: fc.constantFrom(...QUEUES),
      label: fc.constantFrom(null, "x", "y"),
      priority: fc.integer({ min: 0, max: 1 }),
      slots: fc.constantFrom(null, null, 2),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("end" as const),
      which: fc.nat(99),
      how: fc.constantFrom("completed" as const, "failed" as const, "unstarted" as const),
    }),
  },
  fc.record({
    do: fc.constantFrom("cancel" as const, "hold" as const, "release" as const, "delete" as const),
    which: fc.nat(99),
  }),
  fc.record({
    do: fc.constant("edit" as const),
    which: fc.nat(99),
    takes,
    queue: fc.constantFrom(...QUEUES),
    label: fc.constantFrom(null, "x", "y"),
    priority: fc.integer({ min: 0, max: 1 }),
  }),
  fc.record({ do: fc.constant("later" as const), ms: fc.integer({ min: 1, max: 900 }) }),
  fc.record({
    do: fc.constant("limit" as const),
    name: fc.constantFrom("a", "b"),
    atOnce: fc.integer({ min: 3, max: 6 }),
  }),
  fc.record({ do: fc.constant("take over" as const) }),
  fc.record({
    do: fc.constant("rules" as const),
    queue: fc.constantFrom(...QUEUES),
    change: fc.constantFrom<Parameters<Store["setQueue"]>[1]>(
      { perLabel: 2 },
      { perLabel: null },
      { fair: true },
      { fair: false },
      { takes: "a=1" },
      { takes: null },
      { concurrency: 2 },
      { concurrency: null },
      { paused: true },
      { paused: false },
      { rate: { count: 2, perMs: 1000, smooth: false } },
      { rate: null },
      { agingMs: 300 },
      { agingMs: null },
    ),
  }),
);

const RATE = { count: 3, perMs: 1000, smooth: false };

/** Runs the properties. `open` makes a new, empty store. */
export function limitingProperties(
  test: (sentence: string, run: () => Promise<void>) => void,
  open: () => Promise<Opened>,
  { runs, steps }: { runs: number; steps: number },
): void {
  test("whatever is done, limits let in what they say, and everything has its turn", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: steps, maxLength: steps, size: "max" }), async (steps) => {
        using opened = await open();
        const { store } = opened;
        let supervisor = "s0";
        let now = T0;
        let running: ClaimedJob[] = [];
        const ids: string[] = [];
        /** When units of the rated limit began. */
        let starts: { at: number; token: string; units: number }[] = [];
        const register = async (id: string) =>
          await store.register(
            newSupervisor(id, {
              workers: [{ id: `${id}-worker`, slots: 6, queues: null }],
              leaseUntil: T0 + 1e12,
            }),
          );
        const usedOf = async (name: string) => (await store.limit(name, now))!.used;
        const claim = async (count: number) => {
          const before = new Map<string, number>();
          for (const name of LIMITS) before.set(name, await usedOf(name));
          const free = Array.from({ length: count }, () => `${supervisor}-worker`);
          const { claimed, nextDueAt } = await store.exchange(exchangeOf(supervisor, { free, now }));
          for (const name of LIMITS) {
            const { used, atOnce } = (await store.limit(name, now))!;
            assert.ok(
              atOnce === null || used <= Math.max(atOnce, before.get(name)!),
              `${used} of ${atOnce} of "${name}" are in use`,
            );
          }
          for (const { token, takes } of claimed) {
            const units = unitsOf(takes).get("r");
            if (units) starts.push({ at: now, token, units });
          }
          const lately = starts.filter(({ at }) => at > now - RATE.perMs);
          assert.ok(lately.reduce((sum, { units }) => sum + units, 0) <= RATE.count, "within the rate");
          running.push(...claimed);
          const taken = claimed.reduce((sum, { slots }) => sum + (slots ?? 1), 0);
          if (taken < count && !(nextDueAt !== null && nextDueAt <= now)) await firstHasNoRoom(count - taken);
          return claimed;
        };
        /** What comes first of all that waits lacks something, where nothing is kept for who waits for several things. */
        const firstHasNoRoom = async (free: number) => {
          const rules = new Map<string, NonNullable<Awaited<ReturnType<Store["queue"]>>>>();
          for (const queue of QUEUES) rules.set(queue, (await store.queue(queue))!);
          const { jobs } = await store.list({ limit: 1000, state: "pending" });
          const wanted = jobs.filter(({ held, queue }) => !held && !rules.get(queue)!.paused)
            .sort((a, b) => a.priority - b.priority || ids.indexOf(a.id) - ids.indexOf(b.id))
            .map((job) => {
              const of = rules.get(job.queue)!;
              return { ...job, of, units: [...addUnits(unitsOf(job.takes), unitsOf(of.takes))] };
            });
          const first = wanted[0];
          // whose turn it is in a fair queue may come later, and need more places
          const lacksPlaces = ({ slots }: { slots: number | null }) => (slots ?? 1) > free;
          if (!first || lacksPlaces(first) || wanted.some((job) => job.of.fair && lacksPlaces(job))) return;
          if (wanted.some(({ of }) => of.agingMs !== null)) return;
          if (wanted.some(({ of, units }) => units.length > 1 || of.perLabel !== null || of.rate)) return;
          const { concurrency, counts } = first.of;
          if (concurrency !== null && counts.processing >= concurrency) return;
          for (const [name, units] of first.units) {
            if (name === "r") return;
            const { used, atOnce } = (await store.limit(name, now))!;
            if (used + units > atOnce!) return;
          }
          assert.fail(`${first.id} comes first, and has room`);
        };
        const end = async (job: ClaimedJob, how: "completed" | "failed" | "unstarted") => {
          running = running.filter(({ token }) => token !== job.token);
          if (how === "unstarted") starts = starts.filter(({ token }) => token !== job.token);
          const said = how === "completed"
            ? settlement(job.token)
            : how === "failed"
            ? failure(job.token, { runAt: now + 100 })
            : settlement(job.token, { outcome: "unstarted", state: "pending" });
          await settle(store, supervisor, said);
        };
        for (const name of ["a", "b"]) await store.setLimit(name, { atOnce: 3 });
        await store.setLimit("r", { rate: RATE });
        await register(supervisor);
        let takenOver = 0;
        for (const step of steps) {
          switch (step.do) {
            case "claim":
              await claim(step.count);
              break;
            case "enqueue": {
              const { takes, queue, label, priority, slots } = step;
              const alike = Array.from(
                { length: step.count },
                () => ({ takes, queue, label, priority, slots }),
              );
              ids.push(...await enqueue(store, ...alike));
              break;
            }
            case "end": {
              const job = running[step.which % Math.max(1, running.length)];
              if (job) await end(job, step.how);
              break;
            }
            case "later":
              now += step.ms;
              break;
            case "limit":
              await store.setLimit(step.name, { atOnce: step.atOnce });
              break;
            case "rules":
              await store.setQueue(step.queue, step.change);
              break;
            case "take over": {
              const next = `s${takenOver += 1}`;
              await register(next);
              await store.takeOver(supervisor, next);
              supervisor = next;
              break;
            }
            default: {
              const id = ids[step.which % Math.max(1, ids.length)];
              const job = id === undefined ? undefined : await store.get(id);
              if (!job || !["pending", "failed"].includes(job.state)) break;
              if (step.do === "cancel") await store.cancel([id!], now);
              else if (step.do === "delete") await store.delete([id!]);
              else if (step.do === "edit") {
                const { takes, queue, label, priority } = step;
                await store.edit(id!, { takes, queue, label, priority }, now);
              } else await store.hold([id!], step.do === "hold");
            }
          }
          assert.deepEqual(await store.recount(), []);
        }
        await everythingRuns();

        async function everythingRuns(): Promise<void> {
          for (const queue of QUEUES) await store.setQueue(queue, { paused: false });
          for (const id of ids) {
            if ((await store.get(id))?.held) await store.hold([id], false);
          }
          for (let rounds = 0;; rounds++) {
            for (const job of [...running]) await end(job, "completed");
            now += 350;
            const claimed = await claim(6);
            const left = await store.list({ limit: 1, state: "pending" });
            const failed = await store.list({ limit: 1, state: "failed" });
            if (claimed.length === 0 && left.jobs.length + failed.jobs.length === 0) break;
            assert.ok(rounds < 60 + 8 * ids.length, `${left.jobs[0]?.id} never starts`);
          }
        }
      }),
      { numRuns: runs },
    );
  });
}
