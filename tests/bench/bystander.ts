/**
 * @module
 * Somebody who has nothing to do with what others are at, as a process of its own: enqueues a job, claims it and settles it,
 * again and again, in a queue of its own, and notes how long it waited. Run as a program it is that process, for
 * `HOME ADDRESS`, where an empty address is the store of the home.
 */
import { fileURLToPath } from "node:url";
import type { Settlement, Store } from "../../src/store/contract.ts";
import { openPostgresStore } from "../../src/store/postgres/open.ts";
import { openStore } from "../../src/store/open.ts";
import { systemClock } from "../../src/system/clock.ts";
import { type Home, homeAt } from "../../src/system/home.ts";
import { newJob, newSupervisor, settlement } from "../helpers/jobs.ts";

/** Between two jobs. */
const PAUSE_MS = 5;

/** Opens the store of an address, or that of the home. */
export function open(home: Home, address: string): Promise<Store> {
  return address === "" ? openStore(home) : openPostgresStore(address, home, {});
}

/** The process, as seen by who asks it. */
export class Bystander implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;

  constructor(home: Home, address: string) {
    const path = fileURLToPath(import.meta.url);
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--quiet",
        "--no-check",
        "--no-lock",
        "--allow-all",
        path,
        home.dir,
        address,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#writer = this.#process.stdin.getWriter();
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The longest that one call took, in ms, since this was asked last. */
  async longestMs(): Promise<number> {
    await this.#writer.write(new Uint8Array(1));
    return Number((await this.#reader.read()).value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#process.stdout.cancel().catch(() => {});
    await this.#process.status;
  }
}

async function run(store: Store): Promise<void> {
  let longest = 0;
  const timed = async <T>(call: Promise<T>): Promise<T> => {
    const start = systemClock.monotonicMs();
    const result = await call;
    longest = Math.max(longest, systemClock.monotonicMs() - start);
    return result;
  };
  let isOver = false;
  const asked = (async () => {
    for await (const _ of Deno.stdin.readable) {
      console.log(longest);
      longest = 0;
    }
    isOver = true;
  })();
  const workers = [{ id: "bystander-worker", slots: 1, queues: ["bystander"] }];
  await store.register(newSupervisor("bystander", { leaseUntil: systemClock.now() + 3_600_000, workers }));
  let settlements: Settlement[] = [];
  while (!isOver) {
    const now = systemClock.now();
    await timed(store.enqueue([newJob({ queue: "bystander" })], { now, idFormat: "short" }));
    const wanted = { supervisor: "bystander", now, settlements, output: [], free: ["bystander-worker"] };
    const { claimed } = await timed(store.exchange({ ...wanted, queues: ["bystander"] }));
    settlements = claimed.map(({ token }) => settlement(token, { startedAt: now, finishedAt: now }));
    await systemClock.sleep(PAUSE_MS);
  }
  await asked;
}

if (import.meta.main) {
  const [dir, address] = Deno.args;
  const store = await open(homeAt(dir!), address!);
  await run(store);
  store.close();
}
