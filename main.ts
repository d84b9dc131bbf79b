/**
 * @module
 * The entry: `queuectl` on the command line, or, started again as a Web Worker, one of its worker threads.
 */
// Not loaded on demand: that would cost every command 4 ms, to save a thread as much, once.
import { runCli } from "./src/cli/line/app.ts";

// Only worker threads have a `WorkerGlobalScope`; `import.meta.main` is true in both.
if ("WorkerGlobalScope" in globalThis) {
  await import("./src/worker/thread/entry.ts");
} else {
  // Everything is written and closed by now; winding down the runtime would only take time.
  Deno.exit(await runCli(Deno.args));
}
