/**
 * @module
 * What ends a build before its time.
 */

/** Aborted by Ctrl-C and by whoever else tells the process to end, so that nothing half-built is left behind. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) Deno.addSignalListener(signal, () => controller.abort());
  return controller.signal;
}
