/**
 * @module
 * A job that prints what a test says, and the address of its page.
 */
import { startDashboard } from "./dashboard.ts";
import { type HandAttempt, handWorker } from "./hand_worker.ts";
import { testStore } from "./worker.ts";

/** A job under way, on a server with its page. */
export async function runningJob(id = "job", command = "make all") {
  const test = await testStore();
  await test.set({ output_limit: "64MiB" });
  await test.enqueue(command, { id, maxRetries: 3 });
  const attempt = await (await handWorker(test.store)).claim();
  const server = await startDashboard(test.home);
  return {
    ...{ test, attempt, server, url: `${server.url}jobs/${id}` },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      test[Symbol.dispose]();
    },
  };
}

/** Prints much at once, in pieces as a worker would. */
export async function printMuch(attempt: HandAttempt, text: string): Promise<void> {
  for (let from = 0; from < text.length; from += 256 * 1024) {
    await attempt.print("stdout", text.slice(from, from + 256 * 1024));
  }
}

/** A hundred thousand lines in colours, 5 MB. */
export const MANY = Array.from(
  { length: 100_000 },
  (_, n) => `\x1b[3${n % 7}mline ${n + 1}\x1b[0m of a hundred thousand, some text`,
)
  .join("\n") + "\n";
