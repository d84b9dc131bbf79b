/**
 * @module
 * Output that cannot be stored for a long time.
 */
import assert from "node:assert/strict";
import type { OutputPiece } from "../../src/store/contract.ts";
import { PendingOutput } from "../../src/worker/supervisor/pending_output.ts";

function piece(start: number, length: number, drop?: { from: number; to: number }): OutputPiece {
  return { stream: "stdout", start, bytes: new Uint8Array(length), ...(drop && { drop }) };
}

/** Begin and end of all pieces of an attempt. */
function spans(pending: PendingOutput, token: string): [number, number][] {
  const outputs = pending.take();
  pending.giveBack(outputs);
  return outputs.filter((one) => one.token === token).flatMap(({ pieces }) =>
    pieces.map(({ start, bytes }): [number, number] => [start, start + bytes.length])
  );
}

Deno.test("the middle of a stream that goes on and on does not pile up while the store does not work", () => {
  const pending = new PendingOutput();
  pending.add("a", [piece(0, 50), piece(50, 50)]);
  pending.add("b", [piece(0, 100)]);
  for (let end = 200; end <= 10_000; end += 100) {
    pending.add("a", [piece(end - 50, 50, { from: 50, to: end - 50 })]);
    pending.giveBack(pending.take());
  }
  assert.deepEqual(spans(pending, "a"), [[0, 50], [9950, 10_000]]);
  assert.deepEqual(spans(pending, "b"), [[0, 100]]);
});

Deno.test("what was taken and given back comes before what was added meanwhile", () => {
  const pending = new PendingOutput();
  pending.add("a", [piece(0, 10)]);
  const taken = pending.take();
  pending.add("a", [piece(10, 10)]);
  pending.giveBack(taken);
  assert.deepEqual(spans(pending, "a"), [[0, 10], [10, 20]]);
});

Deno.test("some of it is taken at a time, in order, and what is left says whose it is", () => {
  const pending = new PendingOutput();
  pending.add("a", [piece(0, 10), piece(10, 10)]);
  pending.add("b", [piece(0, 500)]);
  const sizes = () =>
    pending.takeSome(15).map(({ token, pieces }) => [token, ...pieces.map(({ bytes }) => bytes.length)]);
  assert.deepEqual([sizes(), [...pending.tokens]], [[["a", 10, 10]], ["b"]]);
  pending.add("a", [piece(20, 10), piece(30, 10), piece(40, 10)]);
  assert.deepEqual([sizes(), [...pending.tokens]], [[["b", 500]], ["a"]]);
  assert.deepEqual([sizes(), [...pending.tokens]], [[["a", 10, 10]], ["a"]]);
  assert.deepEqual([sizes(), [...pending.tokens]], [[["a", 10]], []]);
  assert.deepEqual(sizes(), []);
});
