/**
 * @module
 * The worker thread: runs the attempts it is given and reports their output and their end. It knows nothing of
 * the store. It is the program's entry file, started again as a Web Worker.
 */
import type { FromThread, ToThread } from "./messages.ts";
import type { OutputPiece } from "../store/store.ts";
import { Run } from "./run.ts";

/** How often running commands are asked for new output: what people who follow a log do not notice. */
const LIVE_INTERVAL_MS = 50;

const scope = self as unknown as DedicatedWorkerGlobalScope;

/** Serves this thread's supervisor until it terminates the thread. */
export function serveThread(): void {
  const runs = new Map<string, Run>();
  let live: ReturnType<typeof setInterval> | undefined;

  const start = async (run: Run, token: string) => {
    runs.set(token, run);
    live ??= setInterval(reportOutput, LIVE_INTERVAL_MS);
    const ended = await run.finish();
    runs.delete(token);
    send({ type: "ended", ended }, ended.pieces);
  };

  const reportOutput = () => {
    for (const [token, run] of runs) {
      const pieces = run.live();
      if (pieces.length > 0) send({ type: "output", token, pieces }, pieces);
    }
    if (runs.size === 0) {
      clearInterval(live);
      live = undefined;
    }
  };

  scope.onmessage = ({ data }: MessageEvent<ToThread>) => {
    if (data.type === "run") start(new Run(data.request), data.request.token);
    else runs.get(data.token)?.end(data.reason, data.graceMs);
  };
  send({ type: "ready" });
}

/** Sends a message, handing over the memory of its output instead of copying it. */
function send(message: FromThread, pieces: readonly OutputPiece[] = []): void {
  scope.postMessage(message, pieces.map((piece) => piece.bytes.buffer));
}
