/**
 * @module
 * The entry: `queuectl` on the command line, or, started again as a Web Worker, one of its worker threads.
 */

// Only worker threads have a `WorkerGlobalScope`; `import.meta.main` is true in both.
if ("WorkerGlobalScope" in globalThis) {
  const { serveThread } = await import("./src/worker/thread.ts");
  serveThread();
} else {
  const { runCli } = await import("./src/cli/app.ts");
  Deno.exitCode = await runCli(Deno.args);
}
