/**
 * @module
 * A worker moved by hand: it claims when told, and its jobs print and end as the test says, without any process.
 */
import type { Stream } from "../../src/domain/job.ts";
import type { ClaimedJob, Settlement, Store } from "../../src/store/contract.ts";
import { claimOne, exchangeOf, newSupervisor, settlement } from "./jobs.ts";

/** A worker that is registered with a store. */
export interface HandWorker {
  /** Claims the next job, which must be there. */
  claim(): Promise<HandAttempt>;
}

/** An attempt under way. */
export interface HandAttempt {
  job: ClaimedJob;
  /** Prints to a stream; `start` says where in it, to leave a hole. */
  print(stream: Stream, text: string | Uint8Array<ArrayBuffer>, start?: number): Promise<void>;
  /** Ends it: well, unless changed. */
  end(changes?: Partial<Settlement>): Promise<void>;
}

/** Registers a worker with one slot. */
export async function handWorker(store: Store, queues: string[] | null = null): Promise<HandWorker> {
  const workers = [{ id: "hand-worker", slots: 1, queues }];
  await store.register(newSupervisor("hand", { leaseUntil: Date.now() + 3_600_000, workers }));
  return {
    async claim() {
      const job = await claimOne(store, "hand", Date.now());
      const ends: Record<Stream, number> = { stdout: 0, stderr: 0 };
      const exchange = (changes: Parameters<typeof exchangeOf>[1]) =>
        store.exchange(exchangeOf("hand", { now: Date.now(), ...changes }));
      return {
        job,
        async print(stream, text, start = ends[stream]) {
          const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
          ends[stream] = start + bytes.length;
          await exchange({ output: [{ token: job.token, pieces: [{ stream, start, bytes }] }] });
        },
        async end(changes) {
          await exchange({ settlements: [settlement(job.token, { finishedAt: Date.now(), ...changes })] });
        },
      };
    },
  };
}

/** How an attempt ended after which its job is dead. */
export const DEAD: Partial<Settlement> = {
  outcome: "failed",
  exitCode: 7,
  error: "exit code 7",
  state: "dead",
};
