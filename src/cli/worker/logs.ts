/**
 * @module
 * `queuectl worker logs`: what a background worker wrote down.
 */
import { Refused } from "../../errors.ts";
import type { Home } from "../../home.ts";
import { permissionMissing } from "../../permissions.ts";
import { WORKER_ID_PATTERN } from "../../worker/ids.ts";
import { defineCommand, type Target } from "../command.ts";
import { count, toggle } from "../flags.ts";

const LOOK_MS = 100;
const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 10;

/** The command. */
export const command: Target = defineCommand({
  brief: "Show the log of a background worker",
  description:
    "Workers started with --detach write a line for every job that starts and ends. With --follow, new " +
    "lines show until the worker has stopped.",
  examples: [
    ["worker logs worker-abc123", "the last 100 lines"],
    ["worker logs worker-abc123 --lines 50 --follow", "the last 50 lines, and what comes"],
  ],
  flags: {
    lines: count({ min: 0, max: 1_000_000_000 }, "how many lines of the end (default: 100)"),
    follow: toggle("go on until the worker has stopped"),
  },
  words: { placeholder: "W", brief: "the worker", min: 1, max: 1 },
  async run(context, flags, [worker = ""]) {
    const { home, clock, print, json } = context;
    using file = openLog(home, worker);
    const tail = lastLines(file, flags.lines ?? 100);
    if (json) {
      const lines = new TextDecoder().decode(tail).split("\n").filter((line) => line !== "");
      return print.result({ worker, lines }, () => "");
    }
    print.bytes(tail);
    if (!flags.follow) return;
    const store = await context.store();
    let there = true;
    while (there) {
      const workers = await store.workers();
      there = workers.some(({ id, leaseUntil }) => id === worker && leaseUntil >= clock.now());
      for (let bytes = readOn(file); bytes.length > 0; bytes = readOn(file)) print.bytes(bytes);
      if (there) await clock.sleep(LOOK_MS);
    }
  },
});

function openLog({ dir, logs }: Home, worker: string): Deno.FsFile {
  try {
    if (WORKER_ID_PATTERN.test(worker)) return Deno.openSync(`${logs}/${worker}.log`);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw permissionMissing(`Cannot read the log of worker "${worker}"`, [{ name: "read", path: dir }]);
    }
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new Refused(
    `Cannot show the log of worker "${worker}": there is none; only workers started with --detach have one`,
  );
}

/** The last `wanted` lines; afterwards the file stands at its end. */
function lastLines(file: Deno.FsFile, wanted: number): Uint8Array {
  const size = file.seekSync(0, Deno.SeekMode.End);
  let start = size;
  let newlines = 0;
  let tail = new Uint8Array();
  while (start > 0) {
    const length = Math.min(BLOCK_BYTES, start);
    start -= length;
    file.seekSync(start, Deno.SeekMode.Start);
    const block = new Uint8Array(length);
    readFully(file, block);
    const grown = new Uint8Array(length + tail.length);
    grown.set(block);
    grown.set(tail, length);
    tail = grown;
    // The newline that ends the last line begins no further one.
    for (let i = length - 1; i >= 0; i--) {
      if (block[i] !== NEWLINE || start + i === size - 1) continue;
      newlines += 1;
      if (newlines === wanted) {
        file.seekSync(size, Deno.SeekMode.Start);
        return tail.subarray(i + 1);
      }
    }
  }
  file.seekSync(size, Deno.SeekMode.Start);
  return wanted === 0 ? new Uint8Array() : tail;
}

function readFully(file: Deno.FsFile, into: Uint8Array): void {
  for (let read = 0; read < into.length;) {
    const count = file.readSync(into.subarray(read));
    if (count === null) return;
    read += count;
  }
}

/** What came since the last read; empty when nothing did. */
function readOn(file: Deno.FsFile): Uint8Array {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return bytes.subarray(0, file.readSync(bytes) ?? 0);
}
