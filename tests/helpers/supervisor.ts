/**
 * @module
 * A supervisor in the test's own process, with real threads, and stores that do not do what they should.
 */
import { newId } from "../../src/domain/worker_id.ts";
import type { Store } from "../../src/store/contract.ts";
import { type Clock, systemClock } from "../../src/system/clock.ts";
import { probeHost } from "../../src/worker/process/posix/host.ts";
import type { Journal } from "../../src/worker/supervisor/journal.ts";
import { Supervisor } from "../../src/worker/supervisor/supervisor.ts";
import { MAIN_URL } from "./cli.ts";
import type { TestStore } from "./worker.ts";

/** What is unusual about a supervisor. */
export interface Unusual {
  /** What it sees in place of the test's store. */
  store?: Store;
  /** What its threads are in place of the program's. */
  entry?: URL;
  /** Collects what it has to say. */
  notes?: string[];
  /** Is told of ends. */
  settled?: Journal["settled"];
  count?: number;
  slots?: number;
  clock?: Clock;
}

/** Starts one, with one worker unless more are asked for. */
export async function startSupervisor(
  test: TestStore,
  {
    store = test.store,
    entry = MAIN_URL,
    notes = [],
    settled = () => {},
    count = 1,
    slots = 1,
    clock = systemClock,
    burst = false,
  }:
    & Unusual
    & { burst?: boolean | "leave-scheduled" } = {},
): Promise<Supervisor> {
  const journal: Journal = { started() {}, adopted() {}, settled, note: (text) => notes.push(text) };
  return await Supervisor.start({
    id: newId("supervisor"),
    store,
    home: test.dir.home,
    host: await probeHost(),
    directory: test.dir.path,
    entry,
    count,
    slots,
    queues: null,
    has: new Map(),
    burst,
    journal,
    clock,
  });
}

/** One that runs, and is stopped with the scope. */
export async function runningSupervisor(test: TestStore, unusual: Unusual = {}): Promise<AsyncDisposable> {
  const supervisor = await startSupervisor(test, unusual);
  const ran = supervisor.run();
  return {
    async [Symbol.asyncDispose]() {
      supervisor.stop(0);
      await ran;
    },
  };
}

/** The same store, but for some of its methods. */
export function storeWith(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(name in changes ? changes : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
