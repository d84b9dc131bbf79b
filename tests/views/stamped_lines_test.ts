/**
 * @module
 * Lines with the times at which their ends were seen.
 */
import assert from "node:assert/strict";
import type { Stream } from "../../src/domain/job.ts";
import { StampedLines } from "../../src/views/stamped_lines.ts";

const stamped = () => new StampedLines((seenAt) => seenAt === null ? "?" : String(seenAt));

function add(
  lines: StampedLines,
  stream: Stream,
  start: number,
  text: string,
  seenAt: number | null,
): string {
  const bytes = new TextEncoder().encode(text);
  return read(lines.add({ piece: 0, stream, start, bytes, seenAt }));
}

function read(chunks: readonly Uint8Array[]): string {
  const text = new TextDecoder();
  return chunks.map((chunk) => text.decode(chunk)).join("");
}

function rest(lines: StampedLines): string {
  return read(lines.rest().map(({ bytes }) => bytes));
}

Deno.test("each line has the time of its end, also an empty one, and one whose time nobody knows", () => {
  const lines = stamped();
  assert.equal(add(lines, "stdout", 0, "one\n\ntwo\nth", 1), "1 one\n1 \n1 two\n");
  assert.equal(add(lines, "stdout", 10, "r", 2), "");
  assert.equal(add(lines, "stdout", 11, "ee\n", 3), "3 three\n");
  assert.equal(add(lines, "stdout", 14, "old\n", null), "? old\n");
  assert.equal(rest(lines), "");
});

Deno.test("lines of the two streams do not get into each other, and what has no end comes last", () => {
  const lines = stamped();
  assert.equal(add(lines, "stdout", 0, "progress 1", 1), "");
  assert.equal(add(lines, "stderr", 0, "warning\nmo", 2), "2 warning\n");
  assert.equal(add(lines, "stdout", 10, "0%\n", 3), "3 progress 10%\n");
  assert.equal(rest(lines), "2 mo\n");
  assert.equal(rest(lines), "");
});

Deno.test("what was not kept is a line of its own, and ends the one before it", () => {
  const lines = stamped();
  add(lines, "stdout", 0, "begin", 1);
  assert.equal(
    add(lines, "stdout", 100, "end\n", 2),
    "1 begin\n2 [queuectl: 95 bytes of stdout were not kept]\n2 end\n",
  );
});
