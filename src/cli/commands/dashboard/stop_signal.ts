/**
 * @module
 * Ctrl-C, and being asked to end, as a signal for what shall stop then.
 */
import { thisPlatform } from "../../../worker/process/this_platform.ts";

/** Listens until it is disposed of. */
export function stopSignal(): { signal: AbortSignal } & Disposable {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  for (const signal of thisPlatform.stopSignals) Deno.addSignalListener(signal, onSignal);
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      for (const signal of thisPlatform.stopSignals) Deno.removeSignalListener(signal, onSignal);
    },
  };
}
