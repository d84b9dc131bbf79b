/**
 * @module
 * One line that says how far the work has come, kept up to date from `queuectl status --watch --json`.
 */
import type { State } from "../../src/domain/job.ts";
import { systemClock } from "../../src/system/clock.ts";
import { ON_TERMINAL, paint, type Stage } from "./stage.ts";

const BAR_WIDTH = 30;
/** Without a terminal a line is printed now and then instead. */
const LINE_EVERY_MS = 1000;

/** Shows the line until the returned function is called. */
export function showProgress(stage: Stage): () => Promise<void> {
  const watcher = stage.spawn("exec queuectl status --watch --json", "piped");
  const start = systemClock.monotonicMs();
  let printed = -Infinity;
  let text = "";
  const showing = (async () => {
    for await (const line of lines(watcher.stdout)) {
      const elapsed = systemClock.monotonicMs() - start;
      text = progress(JSON.parse(line).counts, elapsed);
      if (ON_TERMINAL) write(`\r${text}\x1b[K`);
      else if (elapsed - printed >= LINE_EVERY_MS) {
        write(`${text}\n`);
        printed = elapsed;
      }
    }
  })();
  return async () => {
    watcher.kill("SIGTERM");
    await Promise.all([watcher.status, showing]);
    write(ON_TERMINAL ? "\n" : `${text}\n`);
  };
}

function progress(counts: Record<State, number>, elapsedMs: number): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const ended = counts.completed + counts.dead + counts.cancelled + counts.skipped;
  const filled = Math.floor(BAR_WIDTH * ended / Math.max(1, total));
  const bar = paint("cyan", "█".repeat(filled)) + paint("grey", "░".repeat(BAR_WIDTH - filled));
  const parts = [
    `${counts.completed} completed`,
    `${counts.processing} running`,
    `${counts.pending} pending`,
    `${counts.scheduled} scheduled`,
    `${counts.failed} to retry`,
    `${counts.dead} dead`,
  ];
  return `${bar} ${(elapsedMs / 1000).toFixed(1).padStart(4)} s  ${parts.join(" · ")}`;
}

async function* lines(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
